"""Who reads our output: a person at a terminal, or a file, a pipe, a build server.

NO_COLOR (no-color.org) and FORCE_COLOR or CLICOLOR_FORCE are honoured; NO_COLOR wins. A terminal
that calls itself "dumb" understands no escape sequence.
"""

import os
from typing import TextIO

_OFF = {"", "0"}


def is_screen(stream: TextIO) -> bool:
    """Whether the stream is a terminal that understands escape sequences."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def has_colour(stream: TextIO) -> bool:
    """Whether what is written to the stream may be coloured."""
    return not _is_on("NO_COLOR") and (is_screen(stream) or _colour_is_forced())


def is_live(*streams: TextIO) -> bool:
    """Whether somebody looks at these streams, so that a display may be drawn over again.

    NO_COLOR asks for plain lines: what sets it is more often a recorder than a person.
    """
    return not _is_on("NO_COLOR") and all(map(is_screen, streams))


def _colour_is_forced() -> bool:
    return any(os.environ.get(name, "") not in _OFF for name in ("FORCE_COLOR", "CLICOLOR_FORCE"))


def _is_on(variable: str) -> bool:
    return bool(os.environ.get(variable))
