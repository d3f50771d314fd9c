"""What a server's client can run into; commands let these reach `main()`, checks translate them."""

from paystack_cli.errors import PreflightError


class ServerUnreachable(PreflightError):
    """Nothing answered: refused, unknown host, or silent until the time was over."""


class ServerRefused(PreflightError):
    """The server refused for good: wrong password, no such database, table or topic."""


class ServerFailed(PreflightError):
    """The server answered with an error that may pass: overload, a lock, a lost connection."""


class LockConflict(ServerFailed):
    """Another transaction has the rows; all of this one was undone, and it may be tried again."""
