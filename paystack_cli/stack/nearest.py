"""Names that a mistyped one may have been meant for."""

from collections.abc import Iterable

NEAREST_NAMES_MAX = 3
LIKENESS_MIN = 0.5
"""Of difflib's ratio, 0 to 1."""


def nearest(name: str, known: Iterable[str], *, likeness_min: float = LIKENESS_MIN) -> list[str]:
    """At most NEAREST_NAMES_MAX of the known names, the nearest first."""
    import difflib  # only for a mistake, and every command would pay for it

    return difflib.get_close_matches(name, list(known), n=NEAREST_NAMES_MAX, cutoff=likeness_min)
