"""The commands that engines run, for whoever listens (`--verbose`); no secret is among their words.

They go to the logger NAME at level DEBUG, one message a command.
"""

import logging
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from paystack_cli.stack.known_settings import is_secret

NAME = "paystack.commands"
MASK = "***"
SECRET_CHARACTERS_MIN = 4
"""A shorter value is part of too many ordinary words to be hidden in them."""

_LOGGER = logging.getLogger(NAME)


def log_command(argv: Sequence[str | Path], environment: Mapping[str, str]) -> None:
    """Tell of a command that is about to run; secrets are values of `environment`."""
    if _LOGGER.isEnabledFor(logging.DEBUG):
        _LOGGER.debug("%s", masked(shlex.join(map(str, argv)), environment))


def masked(text: str, environment: Mapping[str, str]) -> str:
    """`text` without the values of variables that hold a secret."""
    secrets = {
        value
        for name, value in environment.items()
        if is_secret(name) and len(value) >= SECRET_CHARACTERS_MIN
    }
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text
