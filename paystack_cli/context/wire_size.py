"""What BuildKit's client sends for a context, to the byte, as its own progress counts it.

Source: tonistiigi/fsutil, types/wire.proto, types/stat.proto and send.go. Per entry a STAT packet;
per regular file DATA packets and an empty one at its end; a FIN packet.
"""

import os
import stat
from itertools import starmap

from paystack_cli.context.entry import Entry, HardLinks, Kind

CHUNK = 32 * 1024
"""Bytes of content in one DATA packet."""

FIN = 2
"""Bytes of the packet that ends the transfer."""

_GO_MODES = {
    Kind.FILE: 0,
    Kind.FOLDER: 1 << 31,
    Kind.LINK: 1 << 27,
    Kind.PIPE: 1 << 25,
    Kind.SOCKET: 1 << 24,
    Kind.DEVICE: 1 << 26,
}
_GO_CHARACTER_DEVICE = 1 << 21
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
        packet = _message(_stat_size(entry, target))
        self.stats += packet
        self.total += packet
        if entry.kind is Kind.FILE and first is None:
            content = _content_size(entry.size if has_content else 0, self.count)
            self.total += content
            self.largest = max(self.largest, content)
        self.count += 1


def _content_size(size: int, number: int) -> int:
    """Bytes of the packets that carry a file's content; `number` is its place in the transfer."""
    head = 2 + (1 + _varint(number) if number else 0)
    whole, rest = divmod(size, CHUNK)
    return (
        head
        + whole * (head + 1 + _varint(CHUNK) + CHUNK)
        + (head + 1 + _varint(rest) + rest if rest else 0)
    )


def _stat_size(entry: Entry, target: bytes) -> int:
    """Bytes of the message Stat; owner and group are zero, and zero is not sent."""
    found = entry.found
    path = entry.path
    path_bytes = len(path) if path.isascii() else len(os.fsencode(path))
    size = 1 + _varint(path_bytes) + path_bytes + _number(_go_mode(entry)) + _text(target)
    if entry.kind is not Kind.FOLDER:
        size += _number(found.st_size)
    size += _number(found.st_mtime_ns)
    if entry.kind is Kind.DEVICE:
        size += _number(os.major(found.st_rdev)) + _number(os.minor(found.st_rdev))
    attributes = entry.attributes()
    return size + sum(starmap(_attribute, attributes.items())) if attributes else size


def _go_mode(entry: Entry) -> int:
    mode = entry.found.st_mode
    bits = _GO_MODES[entry.kind] | stat.S_IMODE(mode) & 0o777
    if stat.S_ISCHR(mode):
        bits |= _GO_CHARACTER_DEVICE
    return bits | sum(go for unix, go in _GO_BITS if mode & unix)


def _attribute(name: str, value: bytes) -> int:
    # An entry of a map is a message of key and value, each sent even when empty.
    name_bytes = len(os.fsencode(name))
    inside = 1 + _varint(name_bytes) + name_bytes + 1 + _varint(len(value)) + len(value)
    return _message(inside)


def _message(size: int) -> int:
    """A field that holds a message of this size; the packet's type STAT is zero and not sent."""
    return 1 + _varint(size) + size


def _text(value: bytes) -> int:
    return 1 + _varint(len(value)) + len(value) if value else 0


def _number(value: int) -> int:
    return 1 + _varint(value) if value else 0


_VARINT_BYTES = tuple(max(1, (bits + 6) // 7) for bits in range(65))
"""Of a number with so many bits, in base 128."""


def _varint(value: int) -> int:
    """Bytes of a number; a negative one is sent as 64 bits."""
    return _VARINT_BYTES[value.bit_length()] if value >= 0 else _VARINT_BYTES[64]
