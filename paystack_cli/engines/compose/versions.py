"""Which Docker is new enough: version numbers compared as numbers."""

import re

from paystack_cli.engines.compose.errors import NEXT_ENGINE, EngineMissing

Version = tuple[int, ...]

ENGINE_MIN: Version = (20, 10)
"""The first engine with API 1.41 (one-shot statistics) and BuildKit as it is used here."""

COMPOSE_MIN: Version = (2, 20)
"""The oldest Compose whose reading of compose.yaml is known."""

_NUMBER = re.compile(r"v?(\d+(?:\.\d+)*)")


def parse_version(text: str) -> Version:
    """The numbers that a version begins with: `v2.26.1-4` is (2, 26, 1). Raises ValueError."""
    found = _NUMBER.match(text.strip())
    if found is None:
        raise ValueError(f"no version: {text!r}")
    return tuple(int(part) for part in found[1].split("."))


def require(program: str, found: str, minimum: Version) -> None:
    """Raises EngineMissing when the version `found` is older than `minimum`, or is none."""
    try:
        new_enough = parse_version(found) >= minimum
    except ValueError:
        new_enough = False
    if not new_enough:
        raise EngineMissing(
            f"{program} is {found.strip() or 'of no version'},"
            f" at least {'.'.join(map(str, minimum))} is needed",
            hint=NEXT_ENGINE,
        )
