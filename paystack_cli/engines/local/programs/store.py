"""The folder of fetched programs: each is complete or absent, whatever interrupted the fetch."""

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from paystack_cli.engines.local.programs.catalog import Executable, Packages, Spec, Wheel
from paystack_cli.engines.local.programs.machine import Unfit, inspect
from paystack_cli.engines.local.programs.model import (
    FetchError,
    Program,
    ProgramUnavailable,
    Progress,
    Source,
)

STAGING_PREFIX = ".fetching-"
DIGEST_LENGTH = 12

EXECUTABLE_FOLDERS = ("usr/sbin", "usr/bin", "usr/libexec/docker/cli-plugins")
LIBRARY_FOLDERS = ("usr/lib/*-linux-*", "lib/*-linux-*")
"""Of unpacked packages."""


@dataclass(frozen=True, slots=True)
class Store:
    """Fetched programs under `tools_dir`, as the lock files of `locks_dir` pin them."""

    tools_dir: Path
    locks_dir: Path

    def place(self, spec: Spec) -> Path:
        """Where the program is once it is fetched; a changed pin is another place."""
        match spec.origin:
            case Packages(alternatives):
                pin = repr(alternatives).encode()
            case pinned:
                pin = self.lock(pinned.lock).read_bytes()
        return self.tools_dir / f"{spec.name}-{hashlib.sha256(pin).hexdigest()[:DIGEST_LENGTH]}"

    def lock(self, name: str) -> Path:
        """A lock file by name."""
        return self.locks_dir / name

    def find(self, spec: Executable) -> Program | Unfit | None:
        """The fetched program; None when it was not fetched."""
        place = self.place(spec)
        return _inspect(spec, place) if place.exists() else None

    @contextmanager
    def staging(self, progress: Progress) -> Iterator[Path]:
        """A folder to fetch into, on the same file system as `place`, removed at the end.

        Only one process fetches at a time; what a killed one left behind is removed first.
        Raises ProgramUnavailable when `tools_dir` cannot be written.
        """
        with self._open_lock() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                progress(f"waiting for another paystack that fetches into {self.tools_dir}")
                fcntl.flock(lock, fcntl.LOCK_EX)
            for leftover in self.tools_dir.glob(f"{STAGING_PREFIX}*"):
                shutil.rmtree(leftover, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix=STAGING_PREFIX, dir=self.tools_dir) as folder:
                yield Path(folder)

    def _open_lock(self) -> TextIO:
        try:
            self.tools_dir.mkdir(parents=True, exist_ok=True)
            return (self.tools_dir / ".lock").open("w")
        except OSError as error:
            raise ProgramUnavailable(
                f"cannot write to {self.tools_dir}: {error.strerror}",
                hint=f"ls -ld '{self.tools_dir}', or choose another: PAYSTACK_TOOLS_DIR=FOLDER",
            ) from error

    def keep(self, fetched: Path, spec: Spec) -> None:
        """Move what was fetched to its place, all at once; raises FetchError when it is unfit."""
        if isinstance(spec, Executable):
            program = _inspect(spec, fetched)
            if isinstance(program, Unfit):
                raise FetchError(program.reason)
        place = self.place(spec)
        if place.exists():
            shutil.rmtree(place)  # it was found unfit: a library of the machine may have gone
        fetched.rename(place)


def _inspect(spec: Executable, folder: Path) -> Program | Unfit:
    if isinstance(spec.origin, Wheel):
        return inspect(spec, folder / spec.origin.path, Source.FETCHED, environment={})
    paths = [folder / parent / spec.executable for parent in EXECUTABLE_FOLDERS]
    path = next((candidate for candidate in paths if candidate.is_file()), paths[0])
    libraries = [str(found) for pattern in LIBRARY_FOLDERS for found in folder.glob(pattern)]
    environment = {"LD_LIBRARY_PATH": ":".join(libraries)} if libraries else {}
    if spec.data:
        variable, data = spec.data
        environment[variable] = str(folder / data)
    return inspect(spec, path, Source.FETCHED, environment)
