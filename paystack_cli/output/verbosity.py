"""How much a command tells on stderr besides its result and its errors."""

from enum import StrEnum


class Verbosity(StrEnum):
    """What `--quiet` and `--verbose` choose."""

    QUIET = "quiet"
    """Nothing but warnings and errors."""
    NORMAL = "normal"
    """What happens meanwhile: live on a terminal, plain lines elsewhere."""
    VERBOSE = "verbose"
    """Every attempt and every command that an engine runs, as plain lines."""
