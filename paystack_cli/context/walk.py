"""Walks a folder as a builder does: in its order, entering what it enters."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from paystack_cli.context.builder import Filter
from paystack_cli.context.entry import Entry
from paystack_cli.context.errors import ContextRefused
from paystack_cli.context.matcher import NO_MATCH, Match

BATCH = 1000
"""Entries of one folder that are held in memory at a time, besides the names of the others."""

_EVERYONE_READS = 0o444


class Visit(NamedTuple):
    """An entry, what the rules say about it, and whether it is a folder that is not entered."""

    entry: Entry
    match: Match
    is_pruned: bool


def walk(root: Path, chosen: Filter) -> Iterator[Visit]:
    """Every entry below `root`, each folder before what it holds, names in order.

    What vanishes meanwhile is left out. Raises ContextRefused for what would be sent and cannot be
    read, IgnoreFileRefused for a rule that cannot be evaluated.
    """
    open_folders = [(_read(os.fspath(root), "", excluded=False), NO_MATCH)]
    while open_folders:
        entries, inherited = open_folders[-1]
        for entry in entries:
            decided = chosen.match(entry.path, inherited)
            if not entry.is_folder:
                if not decided.excluded:
                    check_readable(entry)
                yield Visit(entry, decided, is_pruned=False)
                continue
            is_pruned = decided.excluded and not chosen.enters(entry.path, decided)
            yield Visit(entry, decided, is_pruned)
            if not is_pruned:
                below = _read(entry.place, f"{entry.path}/", excluded=decided.excluded)
                open_folders.append((below, decided.inherited))
                break
        else:
            open_folders.pop()


def _read(place: str, above: str, *, excluded: bool) -> Iterator[Entry]:
    """What a folder holds, by name; `above` begins the paths. Nothing when it has vanished.

    Nobody minds an unreadable folder that is excluded; another one raises ContextRefused.
    """
    try:
        names = os.listdir(place)  # noqa: PTH208 - a Path each would take most of the time
        names.sort()
        for start in range(0, len(names), BATCH):
            yield from _examine(place, above, names[start : start + BATCH])
    except (FileNotFoundError, NotADirectoryError):
        return
    except PermissionError as error:
        if excluded:
            return
        raise _unreadable(place) from error


def _examine(place: str, above: str, names: Sequence[str]) -> list[Entry]:
    """The entries of these names, but for those that have vanished.

    Asked through the open folder the system need not look up its path for each of them.
    """
    entries = []
    folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in names:
            try:
                status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            except FileNotFoundError:
                continue
            entries.append(Entry(above + name, f"{place}/{name}", status))
    finally:
        os.close(folder)
    return entries


def check_readable(entry: Entry) -> None:
    """Raises ContextRefused when the entry is a file whose content this user cannot read."""
    mode = entry.found.st_mode
    if (
        entry.is_file
        and mode & _EVERYONE_READS != _EVERYONE_READS
        and not os.access(entry.place, os.R_OK)
    ):
        raise _unreadable(entry.place)


def _unreadable(place: str) -> ContextRefused:
    shown = place.encode("utf-8", "backslashreplace").decode()
    return ContextRefused(
        f"no permission to read from '{shown}'",
        hint="make it readable, or exclude it in .dockerignore",
    )
