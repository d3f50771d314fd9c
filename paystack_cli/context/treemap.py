"""Lays out sizes as rectangles: squarified, so that none is a thin strip.

Source of the algorithm: Bruls, Huizing, van Wijk, Squarified Treemaps (2000).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """A named rectangle; all but the size in the unit of the area that is filled."""

    name: str
    size: int
    left: float
    top: float
    width: float
    height: float


def lay_out(sizes: Mapping[str, int], width: float, height: float) -> list[Box]:
    """A rectangle for each positive size, largest first; together they fill the area."""
    ordered = sorted(((size, name) for name, size in sizes.items() if size > 0), reverse=True)
    total = sum(size for size, _ in ordered)
    boxes: list[Box] = []
    left = top = 0.0
    while ordered:
        scale = width * height / total
        row = _row([size * scale for size, _ in ordered], min(width, height))
        taken, ordered = ordered[:row], ordered[row:]
        covered = sum(size for size, _ in taken)
        share = covered / total
        # The row lies along the shorter side; what is left is filled in the same way.
        if width >= height:
            boxes += _column(taken, left, top, width * share, height)
            left, width = left + width * share, width * (1 - share)
        else:
            boxes += _line(taken, left, top, width, height * share)
            top, height = top + height * share, height * (1 - share)
        total -= covered
    return boxes


def _row(areas: Sequence[float], side: float) -> int:
    """How many of the areas, laid along `side`, come closest to squares."""
    best = 1
    for count in range(2, len(areas) + 1):
        if _worst(areas[:count], side) > _worst(areas[: count - 1], side):
            break
        best = count
    return best


def _worst(areas: Sequence[float], side: float) -> float:
    """The ratio of the sides of the thinnest rectangle."""
    total, square = sum(areas), side * side
    return max(square * max(areas) / total**2, total**2 / (square * min(areas)))


def _column(
    taken: Sequence[tuple[int, str]], left: float, top: float, width: float, height: float
) -> Iterator[Box]:
    total = sum(size for size, _ in taken)
    for size, name in taken:
        part = height * size / total
        yield Box(name, size, left, top, width, part)
        top += part


def _line(
    taken: Sequence[tuple[int, str]], left: float, top: float, width: float, height: float
) -> Iterator[Box]:
    total = sum(size for size, _ in taken)
    for size, name in taken:
        part = width * size / total
        yield Box(name, size, left, top, part, height)
        left += part
