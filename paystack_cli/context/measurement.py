"""One pass over a context: what it holds, what each rule keeps out of it, what is left."""

import heapq
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from paystack_cli.context.builder import BuildKitFilter, ClassicFilter
from paystack_cli.context.entry import Entry
from paystack_cli.context.ignore_file import Rule
from paystack_cli.context.secrets import is_secret_like
from paystack_cli.context.sent import with_folders
from paystack_cli.context.tar_size import TarSize
from paystack_cli.context.walk import Visit, walk
from paystack_cli.context.wire_size import WireSize

LARGEST_COUNT = 10
"""How many of the largest files a measurement names."""

SECRETS_MAX = 100
"""How many secret-like files a measurement names; memory stays bounded, and one is too many."""

FOLDER_DEPTH = 3
"""Folders of this depth hold the bytes of all that is below them."""


class Amount(NamedTuple):
    """A number of files (everything but folders), and the bytes of their content."""

    files: int
    bytes: int

    def plus(self, files: int, size: int) -> "Amount":
        """The amount with so much more."""
        return Amount(self.files + files, self.bytes + size)


NOTHING = Amount(0, 0)


class Kept(NamedTuple):
    """A file that the rules let through; bytes of content."""

    bytes: int
    path: str


class Measurement(NamedTuple):
    """What one pass over a context has found; content is counted under each of its names.

    `saved` has one amount for each rule; `wire_bytes` and `tar_bytes` are what BuildKit and the
    classic builder would transfer of all that the rules let through (`tar_bytes` without the
    files that the classic builder adds by itself), `rerun_bytes` what BuildKit transfers again
    when the largest file has changed. `folders` holds the bytes that are let through, by folder
    (`FOLDER_DEPTH`); `unread` counts excluded folders that this user may not read.
    """

    before: Amount
    after: Amount
    saved: tuple[Amount, ...]
    wire_bytes: int
    rerun_bytes: int
    tar_bytes: int
    largest: tuple[Kept, ...]
    secrets: tuple[str, ...]
    folders: dict[str, int]
    unread: int

    @property
    def cut_percent(self) -> float:
        """How much of the bytes the rules keep out."""
        before = self.before.bytes
        return 100 * (before - self.after.bytes) / before if before else 0.0


def measure(root: Path, rules: Sequence[Rule] = ()) -> Measurement:
    """Measure the folder with and without the rules, in one walk and in bounded memory.

    Raises IgnoreFileRefused for a rule that no builder takes, ContextRefused for a file that would
    be sent and cannot be read.
    """
    chosen = BuildKitFilter(rules)
    pass_ = _Pass(rules, chosen)
    for visit in with_folders(pass_.booked(walk(root, chosen))):
        pass_.keep(visit)
    return pass_.measurement()


class _Pass:
    """What adds up during the walk."""

    def __init__(self, rules: Sequence[Rule], chosen: BuildKitFilter) -> None:
        self._chosen = chosen
        self._saved_files = [0] * len(rules)
        self._saved_bytes = [0] * len(rules)
        self._after_files = 0
        self._after_bytes = 0
        self._wire = WireSize()
        self._tar = TarSize()
        self._classic = ClassicFilter(rules)
        self._closed = ""
        self._largest: list[Kept] = []
        self._secrets: list[str] = []
        self._folders: dict[str, int] = {}
        self._above = self._folder = ""
        self._unread = 0

    def booked(self, visits: Iterator[Visit]) -> Iterator[Visit]:
        """The same visits; each that is excluded is booked to the rule that decided."""
        for visit in visits:
            entry, match, is_pruned = visit
            if match.excluded and match.decided_by is not None:
                if is_pruned:
                    files, size, unread = _content_below(entry.place)
                    self._unread += unread
                else:
                    files, size = (not entry.is_folder), entry.size
                self._saved_files[match.decided_by] += files
                self._saved_bytes[match.decided_by] += size
            yield visit

    def keep(self, visit: Visit) -> None:
        """Count what BuildKit would send, and the classic builder where it comes there."""
        entry = visit.entry
        has_content = self._chosen.sends_content(entry.path, visit.match)
        self._wire.add(entry, has_content=has_content)
        if self._closed and not entry.path.startswith(self._closed):
            self._closed = ""
        if visit.match.excluded:  # a folder that is sent for what it holds
            if not self._closed and not self._classic.enters(entry.path, visit.match):
                self._closed = f"{entry.path}/"
            return
        if not self._closed:
            self._tar.add(entry)
        if not entry.is_folder:
            self._count(entry)

    def _count(self, entry: Entry) -> None:
        size = entry.size
        self._after_files += 1
        self._after_bytes += size
        if len(self._largest) < LARGEST_COUNT:
            heapq.heappush(self._largest, Kept(size, entry.path))
        elif size > self._largest[0].bytes:
            heapq.heapreplace(self._largest, Kept(size, entry.path))
        if is_secret_like(entry.path) and len(self._secrets) < SECRETS_MAX:
            self._secrets.append(entry.path)
        above = entry.path.rpartition("/")[0]
        if above != self._above:  # most files lie beside the one before
            self._above = above
            self._folder = "/".join(above.split("/", FOLDER_DEPTH)[:FOLDER_DEPTH])
        self._folders[self._folder] = self._folders.get(self._folder, 0) + size

    def measurement(self) -> Measurement:
        """All of it, once the walk is over."""
        after = Amount(self._after_files, self._after_bytes)
        return Measurement(
            before=after.plus(sum(self._saved_files), sum(self._saved_bytes)),
            after=after,
            saved=tuple(map(Amount, self._saved_files, self._saved_bytes)),
            wire_bytes=self._wire.total,
            rerun_bytes=self._wire.stats + self._wire.largest,
            tar_bytes=self._tar.total,
            largest=tuple(sorted(self._largest, key=lambda kept: (-kept.bytes, kept.path))),
            secrets=tuple(self._secrets),
            folders=self._folders,
            unread=self._unread,
        )


def _content_below(place: str) -> tuple[int, int, int]:
    """Files and bytes below a folder, and how many folders in it cannot be read.

    No rule has to be asked any more, so that this costs what a bare walk does. What vanishes
    meanwhile counts nothing.
    """
    files = size = unread = 0
    waiting = [place]
    while waiting:
        here = waiting.pop()
        try:
            folder = os.open(here, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except PermissionError:
            unread += 1
            continue
        except (FileNotFoundError, NotADirectoryError):
            continue
        try:
            # Asked through the open folder the system need not look up the path of each entry.
            with os.scandir(folder) as found:
                for entry in found:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(f"{here}/{entry.name}")
                        continue
                    try:
                        status = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    files += 1
                    if entry.is_file(follow_symlinks=False):
                        size += status.st_size
        finally:
            os.close(folder)
    return files, size, unread
