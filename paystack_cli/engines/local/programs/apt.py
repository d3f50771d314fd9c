"""Fetches Debian and Ubuntu packages as an ordinary user and unpacks them into a folder.

apt works on lists and a cache of its own under a given folder; the machine's stay as they are.
"""

import contextlib
import os
import platform
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from paystack_cli.engines.local.programs.catalog import Packages
from paystack_cli.engines.local.programs.model import FetchError
from paystack_cli.engines.local.programs.tool import run_tool

SOURCE_LIST = Path("/etc/apt/sources.list")
SOURCE_PARTS = Path("/etc/apt/sources.list.d")
DISTRIBUTION_SOURCES = ("debian.sources", "ubuntu.sources")
"""The distribution's own files there. They are tried before the machine's other sources, which may
be broken, slow or in want of a password."""

NEXT_RELEASE = {"bookworm": "trixie"}
"""Of a machine's release, the one after it; both come from the same mirror."""

TOOL_TIMEOUT_S = 300
"""For one command, so that a dead mirror ends in an error."""

CONNECT_TIMEOUT_S = 15
RETRIES = 2

_PLANNED = re.compile(r"^Inst ([^\s:]+)", re.MULTILINE)


class Apt:
    """Fetches the packages of one program after the other; may be called from several threads."""

    def __init__(self, folder: Path) -> None:
        own_parts = folder / "sources"
        own_parts.mkdir(parents=True)
        for source in distribution_sources():
            shutil.copy(source, own_parts)
        preferred = _Lists(folder / "own", own_parts)
        self._lists = (preferred, _Lists(folder / "all", SOURCE_PARTS))
        self._newer_lists = _lists_of_next_release(folder / "next") or preferred
        self._lock = Lock()

    def fetch(self, packages: Packages, folder: Path) -> None:
        """Unpack the packages, and what they need and this machine lacks, into `folder`.

        Raises FetchError when this machine has no apt or no source has the packages.
        """
        preferred, every = self._lists
        with self._lock:
            if packages.from_next_release:
                self._newer_lists.fetch(packages, folder)
                return
            try:
                preferred.fetch(packages, folder)
            except FetchError as first:
                try:
                    every.fetch(packages, folder)
                except FetchError as second:
                    reasons = dict.fromkeys((str(first), str(second)))
                    raise FetchError("\n".join(reasons)) from second


def distribution_sources() -> list[Path]:
    """The files of the machine that name where its distribution comes from."""
    paths = (SOURCE_PARTS / name for name in DISTRIBUTION_SOURCES)
    return [path for path in paths if path.is_file()]


def _lists_of_next_release(folder: Path) -> "_Lists | None":
    """Lists of their own, so that no package of this machine's release is ever replaced."""
    release = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    if release not in NEXT_RELEASE:
        return None
    parts = folder / "sources"
    parts.mkdir(parents=True)
    older = [*distribution_sources(), *([SOURCE_LIST] if SOURCE_LIST.is_file() else [])]
    for source in older:
        text = source.read_text(encoding="utf-8").replace(release, NEXT_RELEASE[release])
        (parts / source.name).write_text(text, encoding="utf-8")
    return _Lists(folder, parts, source_list=Path(os.devnull))


class _Lists:
    """The package lists of some sources, read when they are first needed."""

    def __init__(self, folder: Path, source_parts: Path, source_list: Path = SOURCE_LIST) -> None:
        self._folder = folder
        self._source_parts = source_parts
        self._source_list = source_list
        self._are_read = False
        self._unread: FetchError | None = None

    def fetch(self, packages: Packages, folder: Path) -> None:
        self._read()
        try:
            archives = self._download(self._resolve(packages), folder)
        except FetchError:
            if self._unread:
                raise self._unread from None  # the cause of the other
            raise
        for archive in archives.glob("*.deb"):
            dpkg = ["dpkg", "--extract", str(archive), str(folder)]
            run_tool(dpkg, folder=archives, timeout_s=TOOL_TIMEOUT_S)

    def _download(self, names: Iterable[str], folder: Path) -> Path:
        archives = folder.with_name(f"{folder.name}-packages")
        archives.mkdir(exist_ok=True)
        self._apt("download", *names, folder=archives)
        return archives

    def _read(self) -> None:
        if self._are_read:
            return
        for name in ("lists/partial", "cache/archives/partial"):
            (self._folder / name).mkdir(parents=True)
        try:
            self._apt("update", "-o=APT::Update::Error-Mode=any")
        except FetchError as error:
            self._unread = error  # one broken source must not hide the others
        self._are_read = True

    def _resolve(self, packages: Packages) -> list[str]:
        """The first alternative that the lists know, with what it needs and this machine lacks."""
        *others, last = packages.alternatives
        for names in others:
            with contextlib.suppress(FetchError):
                return self._with_needs(names)
        return self._with_needs(last)

    def _with_needs(self, names: Iterable[str]) -> list[str]:
        plan = self._apt("install", "--simulate", "--no-install-recommends", *names)
        return sorted({*names, *_PLANNED.findall(plan)})

    def _apt(self, *arguments: str, folder: Path | None = None) -> str:
        # As options they win over the machine's configuration, which may redirect any of these.
        options = (
            f"Dir::State::lists={self._folder / 'lists'}",
            f"Dir::Cache={self._folder / 'cache'}",
            f"Dir::Etc::sourcelist={self._source_list}",
            f"Dir::Etc::sourceparts={self._source_parts}",
            "APT::Sandbox::User=root",  # else root's apt becomes a user who may not write here
            f"Acquire::Retries={RETRIES}",
            f"Acquire::http::Timeout={CONNECT_TIMEOUT_S}",
            f"Acquire::https::Timeout={CONNECT_TIMEOUT_S}",
        )
        command = ["apt-get", "-q", *(f"-o={option}" for option in options), *arguments]
        return run_tool(command, folder=folder or self._folder, timeout_s=TOOL_TIMEOUT_S)
