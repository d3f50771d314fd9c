"""What BuildKit's client sends for a context, to the byte, as its own progress counts it.

Source: tonistiigi/fsutil, types/wire.proto, types/stat.proto and send.go. Per entry a STAT packet;
per regular file DATA packets and an empty one at its end; a FIN packet.
"""

import os
import stat
from functools import cache
from itertools import starmap

from paystack_cli.context.entry import Entry, HardLinks, Kind

CHUNK = 32 * 1024
"""Bytes of content in one DATA packet."""

FIN = 2
"""Bytes of the packet that ends the transfer."""

_GO_KINDS = {
    stat.S_IFREG: 0,
    stat.S_IFDIR: 1 << 31,
    stat.S_IFLNK: 1 << 27,
    stat.S_IFIFO: 1 << 25,
    stat.S_IFSOCK: 1 << 24,
    stat.S_IFBLK: 1 << 26,
    stat.S_IFCHR: 1 << 26 | 1 << 21,
}
_GO_BITS = ((stat.S_ISUID, 1 << 23), (stat.S_ISGID, 1 << 22), (stat.S_ISVTX, 1 << 20))
"""Go's os.FileMode has bits of its own for what Unix keeps in the mode."""


class WireSize:
    """Adds up a transfer, entry after entry; `total` is complete at any moment.

    `stats` is the part that a rerun without changes sends again, `largest` what the content of the
    largest file takes; `count` entries were added.
    """

    def __init__(self) -> None:
        self.total = FIN
        self.stats = FIN
        self.largest = 0
        self.count = 0
        self._seen = HardLinks()

    def add(self, entry: Entry, *, has_content: bool = True) -> None:
        """Count an entry; a file without `has_content` travels empty."""
        first = self._seen.earlier_name(entry)
        target = entry.link_target() if first is None else os.fsencode(first)
        # The packet's type STAT is zero and not sent.
        packet = _data(_stat_size(entry, target))
        self.stats += packet
        self.total += packet
        if entry.is_file and first is None:
            content = _content_size(entry.size if has_content else 0, self.count)
            self.total += content
            if content > self.largest:
                self.largest = content
        self.count += 1


def _content_size(size: int, number: int) -> int:
    """Bytes of the packets that carry a file's content; `number` is its place in the transfer."""
    head = 2 + _number(number)
    whole, rest = divmod(size, CHUNK)
    return (
        head
        + whole * (head + _WHOLE_CHUNK)
        + (head + 1 + _VARINT_BYTES[rest.bit_length()] + rest if rest else 0)
    )


def _stat_size(entry: Entry, target: bytes) -> int:
    """Bytes of the message Stat; owner and group are zero, and zero is not sent."""
    found = entry.found
    path = entry.path
    path_bytes = len(path) if path.isascii() else len(os.fsencode(path))
    size = _data(path_bytes) + _number(found.st_mtime_ns) + _number(_go_mode(found.st_mode))
    if not entry.is_folder:
        size += _number(found.st_size)
    if target:
        size += _data(len(target))
    if entry.kind is Kind.DEVICE:
        size += _number(os.major(found.st_rdev)) + _number(os.minor(found.st_rdev))
    attributes = entry.attributes()
    return size + sum(starmap(_attribute, attributes.items())) if attributes else size


@cache
def _go_mode(mode: int) -> int:
    bits = _GO_KINDS[stat.S_IFMT(mode)] | stat.S_IMODE(mode) & 0o777
    return bits | sum(go for unix, go in _GO_BITS if mode & unix)


def _attribute(name: str, value: bytes) -> int:
    # An entry of a map is a message of key and value, each sent even when empty.
    return _data(_data(len(os.fsencode(name))) + _data(len(value)))


def _data(size: int) -> int:
    """A field that holds so many bytes: a text, or another message."""
    return 1 + _VARINT_BYTES[size.bit_length()] + size


def _number(value: int) -> int:
    """A field that holds a number; zero is not sent, a negative one as 64 bits."""
    if value > 0:
        return 1 + _VARINT_BYTES[value.bit_length()]
    return 1 + _VARINT_BYTES[64] if value else 0


_VARINT_BYTES = tuple(max(1, (bits + 6) // 7) for bits in range(65))
"""Of a number with so many bits, in base 128."""

_WHOLE_CHUNK = _data(CHUNK)
