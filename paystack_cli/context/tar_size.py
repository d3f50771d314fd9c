"""The size of the tar that docker's classic builder sends, to the byte.

Source: moby/go-archive (TarWithOptions) and Go's archive/tar, whose headers are USTAR where that
can hold an entry, else PAX.
"""

import os

from paystack_cli.context.entry import Entry, HardLinks, Kind

BLOCK = 512
END_OF_ARCHIVE = 2 * BLOCK

NAME_MAX = 100
PREFIX_MAX = 155
"""Bytes of the two fields that hold a name in a USTAR header."""

OCTAL_MAX = 8**11 - 1
"""The largest number that the fields of size and time hold."""

CAPABILITY = "security.capability"


class TarSize:
    """Adds up an archive, entry after entry; `total` is complete at any moment."""

    def __init__(self) -> None:
        self.total = END_OF_ARCHIVE
        self._seen = HardLinks()

    def add(self, entry: Entry) -> bool:
        """Count an entry; False when the builder leaves out its kind."""
        if entry.kind is Kind.SOCKET:
            return False
        self.total += self._size(entry)
        return True

    def _size(self, entry: Entry) -> int:
        if _is_plain(entry):
            return BLOCK + padded(entry.size)
        name = os.fsencode(entry.path + ("/" if entry.is_folder else ""))
        size = entry.size
        target = entry.link_target()
        first = self._seen.earlier_name(entry)
        if first is not None:
            target, size = os.fsencode(first), 0
        # A name that USTAR's two fields could hold has a record when another thing needs one.
        fits = name.isascii() and (len(name) <= NAME_MAX or _splits(name))
        records = _numbers(entry, size) | _long_names(linkpath=target) | _capability(entry)
        if fits and not records:
            return BLOCK + padded(size)
        records |= _long_names(path=name)
        extended = sum(_record_size(key, value) for key, value in records.items())
        return BLOCK + padded(extended) + BLOCK + padded(size)


def _is_plain(entry: Entry) -> bool:
    """Whether one header surely holds all there is to say, which is so for nearly every file."""
    return (
        entry.is_file
        and entry.found.st_nlink == 1
        and len(entry.path) <= NAME_MAX
        and entry.path.isascii()
        and 0 <= entry.found.st_mtime < OCTAL_MAX
        and entry.size <= OCTAL_MAX
        and not entry.attributes()
    )


def padded(size: int) -> int:
    """Bytes that content of this size takes in an archive."""
    return -(-size // BLOCK) * BLOCK


def _long_names(**names: bytes) -> dict[str, bytes]:
    """The records of names that are too long for one field or not ASCII."""
    return {
        key: value for key, value in names.items() if len(value) > NAME_MAX or not value.isascii()
    }


def _numbers(entry: Entry, size: int) -> dict[str, bytes]:
    """The records of numbers that an octal field cannot hold."""
    seconds = entry.found.st_mtime_ns // 1_000_000_000
    records = {}
    if not 0 <= seconds <= OCTAL_MAX:
        records["mtime"] = str(seconds).encode()
    if size > OCTAL_MAX:
        records["size"] = str(size).encode()
    return records


def _splits(name: bytes) -> bool:
    """Whether USTAR's two fields can hold the name (`splitUSTARPath`)."""
    length = min(len(name), PREFIX_MAX + 1)
    if length == len(name) and name.endswith(b"/"):
        length -= 1
    slash = name[:length].rfind(b"/")
    return 0 < slash <= PREFIX_MAX and 0 < len(name) - slash - 1 <= NAME_MAX


def _record_size(key: str, value: bytes) -> int:
    """Bytes of `LENGTH KEY=VALUE\\n`, where LENGTH counts its own digits, too."""
    rest = len(key) + len(value) + 3
    size = rest + len(str(rest))
    return rest + len(str(size))


def _capability(entry: Entry) -> dict[str, bytes]:
    """The record of the one extended attribute that this builder sends."""
    value = entry.attributes().get(CAPABILITY) if entry.is_file else None
    return {} if value is None else {f"SCHILY.xattr.{CAPABILITY}": value}
