"""One file, folder, link or other thing of a context, as `lstat` shows it."""

import errno
import os
import stat
from enum import StrEnum


class Kind(StrEnum):
    """What an entry is."""

    FILE = "file"
    FOLDER = "directory"
    LINK = "symlink"
    PIPE = "fifo"
    SOCKET = "socket"
    DEVICE = "device"


_KINDS = {
    # what it is, whether it is a file, whether a folder: both are asked of each entry many times
    stat.S_IFREG: (Kind.FILE, True, False),
    stat.S_IFDIR: (Kind.FOLDER, False, True),
    stat.S_IFLNK: (Kind.LINK, False, False),
    stat.S_IFIFO: (Kind.PIPE, False, False),
    stat.S_IFSOCK: (Kind.SOCKET, False, False),
    stat.S_IFBLK: (Kind.DEVICE, False, False),
    stat.S_IFCHR: (Kind.DEVICE, False, False),
}


_NO_ATTRIBUTES = frozenset({errno.ENOTSUP, errno.ENODATA, errno.ENOENT, errno.EPERM})
"""A file system without extended attributes, an entry without this one, one that has vanished."""


class Entry:
    """`path`: relative to the context's root, with "/"; `place`: where it lies on this machine.

    `size`: bytes of content, 0 for all but files.
    """

    __slots__ = ("_attributes", "found", "is_file", "is_folder", "kind", "path", "place", "size")

    def __init__(self, path: str, place: str, found: os.stat_result) -> None:
        self.path = path
        self.place = place
        self.found = found
        self.kind, self.is_file, self.is_folder = _KINDS[stat.S_IFMT(found.st_mode)]
        self.size = found.st_size if self.is_file else 0
        self._attributes: dict[str, bytes] | None = None

    def attributes(self) -> dict[str, bytes]:
        """Extended attributes by name, read once."""
        if self._attributes is None:
            self._attributes = self._read_attributes()
        return self._attributes

    def _read_attributes(self) -> dict[str, bytes]:
        try:
            names = os.listxattr(self.place, follow_symlinks=False)
            if not names:
                return {}
            return {name: os.getxattr(self.place, name, follow_symlinks=False) for name in names}
        except OSError as error:
            if error.errno in _NO_ATTRIBUTES:
                return {}
            raise

    def link_target(self) -> bytes:
        """Where a symbolic link points to, as written; nothing for any other kind."""
        if self.kind is not Kind.LINK:
            return b""
        return os.fsencode(os.readlink(self.place))  # noqa: PTH115 - a Path would be cleaned


class HardLinks:
    """The names under which content was met first; each builder sends it once."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}

    def earlier_name(self, entry: Entry) -> str | None:
        """The path of an earlier entry with the same content, None for the first one."""
        if entry.found.st_nlink == 1 or entry.is_folder:
            return None
        first = self._names.setdefault(entry.found.st_ino, entry.path)
        return None if first == entry.path else first
