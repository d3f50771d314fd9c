"""Who changes something, for the record."""

import getpass
import socket


def operator() -> str:
    """The account and the machine, `user@host`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        user = "unknown"
    return f"{user}@{socket.gethostname()}"
