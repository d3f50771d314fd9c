"""Sizes as people write and read them: `26 MB`, `100kB`, `1.5 GiB`."""

import re

_UNITS = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
}
_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[a-z]*)", re.IGNORECASE)

KILO = 1000
"""Shown sizes are decimal, as docker shows them."""


def parse_size(text: str) -> int:
    """Bytes of a size. Raises ValueError for what is none."""
    found = _SIZE.fullmatch(text.strip())
    unit = found["unit"].lower() if found else None
    if found is None or unit not in _UNITS:
        raise ValueError(f"cannot read size {text!r}: write 26MB, 100 kB or 1.5 GiB")
    return int(float(found["number"]) * _UNITS[unit])


def format_size(size: int) -> str:
    """Three digits or so of a size, the sign included."""
    value = float(size)
    if abs(value) < KILO:
        return f"{size} B"
    for unit in ("kB", "MB", "GB"):
        value /= KILO
        if abs(value) < KILO or unit == "GB":
            break
    return f"{value:.1f} {unit}"
