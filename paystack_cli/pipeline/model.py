"""What a pipeline is made of: stages in order, some of them side by side."""

from collections.abc import Iterator
from dataclasses import dataclass

EVERY_ENGINE = frozenset({"compose", "local"})


@dataclass(frozen=True, slots=True)
class Stage:
    """One command. It is run without a shell, from the project's folder.

    `limit_min`: minutes until it is ended; `engines`: those with which it has something to do.
    """

    name: str
    command: str
    limit_min: int
    engines: frozenset[str] = EVERY_ENGINE


@dataclass(frozen=True, slots=True)
class Sequence:
    """Stages of which each waits for the one before."""

    name: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Parallel:
    """Branches that run side by side; it ends with the last of them."""

    name: str
    branches: tuple[Stage | Sequence, ...]


Node = Stage | Sequence | Parallel


def stages_of(*nodes: Node) -> Iterator[Stage]:
    """The stages within, in the order of the list."""
    for node in nodes:
        match node:
            case Stage():
                yield node
            case Sequence(stages=within):
                yield from within
            case Parallel(branches=branches):
                yield from stages_of(*branches)
