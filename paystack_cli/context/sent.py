"""The exact list of what a builder sends of a folder, and how many bytes that takes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from paystack_cli.context.builder import BuildKitFilter, ClassicFilter, with_build_files
from paystack_cli.context.entry import Entry, Kind
from paystack_cli.context.ignore_file import Rule
from paystack_cli.context.includes import WantedFilter, follow_links
from paystack_cli.context.tar_size import TarSize
from paystack_cli.context.walk import Visit, walk
from paystack_cli.context.wire_size import WireSize


class Sent(NamedTuple):
    """What is sent: relative paths, sorted; how many of each kind; bytes.

    `bytes` is the whole transfer; `rerun_bytes` the next one, when the largest file has changed.
    Both are zero when the builder asks for no context.
    """

    paths: tuple[str, ...]
    kinds: Counter[Kind]
    bytes: int
    rerun_bytes: int


def sent_by_classic(root: Path, rules: Sequence[Rule], *, dockerfile: str) -> Sent:
    """The tar of the classic builder; `dockerfile` is relative to `root`.

    Raises IgnoreFileRefused and ContextRefused.
    """
    size = TarSize()
    visits = walk(root, ClassicFilter(with_build_files(rules, dockerfile)))
    paths, kinds = _listed(
        visit.entry for visit in visits if not visit.match.excluded and size.add(visit.entry)
    )
    return Sent(paths, kinds, size.total, rerun_bytes=size.total)


def sent_by_buildkit(root: Path, rules: Sequence[Rule], *, wanted: Iterable[str] = ("/",)) -> Sent:
    """The transfer of BuildKit's client: of the wanted paths, what is not excluded.

    `wanted` are sources as COPY names them, where "/" is the whole context; without any the
    builder asks for nothing. Raises IgnoreFileRefused and ContextRefused.
    """
    sources = tuple(wanted)
    if not sources:
        return Sent((), Counter(), bytes=0, rerun_bytes=0)
    transfer = Transfer(root, rules, sources)
    paths, kinds = _listed(transfer.entries())
    return Sent(paths, kinds, transfer.size.total, transfer.rerun_bytes)


class Transfer:
    """What BuildKit's client sends of the wanted paths; `size` adds up as `entries` are taken."""

    def __init__(self, root: Path, rules: Sequence[Rule], wanted: Iterable[str]) -> None:
        patterns = follow_links(root, wanted)
        self._root = root
        self._chosen = BuildKitFilter(rules) if patterns is None else WantedFilter(rules, patterns)
        self.size = WireSize()

    def entries(self) -> Iterator[Entry]:
        """The entries in the order in which they are sent."""
        for entry, match, _ in with_folders(walk(self._root, self._chosen)):
            self.size.add(entry, has_content=self._chosen.sends_content(entry.path, match))
            yield entry

    @property
    def rerun_bytes(self) -> int:
        """Of the next transfer, when the largest file has changed."""
        return self.size.stats + self.size.largest


def with_folders(visits: Iterable[Visit]) -> Iterator[Visit]:
    """What is not excluded, and the excluded folders on the way to it."""
    waiting: list[Visit] = []
    for visit in visits:
        while waiting and not visit.entry.path.startswith(f"{waiting[-1].entry.path}/"):
            waiting.pop()
        if not visit.match.excluded:
            yield from waiting
            waiting.clear()
            yield visit
        elif visit.entry.is_folder:
            waiting.append(visit)


def _listed(entries: Iterable[Entry]) -> tuple[tuple[str, ...], Counter[Kind]]:
    paths: list[str] = []
    kinds: Counter[Kind] = Counter()
    for entry in entries:
        paths.append(entry.path)
        kinds[entry.kind] += 1
    paths.sort()
    return tuple(paths), kinds
