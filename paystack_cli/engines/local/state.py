"""The state folder of one stack: what the local engine keeps, and where."""

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paystack_cli.errors import PreflightError

PRIVATE = 0o700
"""The folder holds passwords (start scripts) and the database: for its owner only."""

_ENTRIES = (
    *("volumes", "logs", "services", "excluded.json"),
    *("supervisord.conf", "supervisord.pid", "supervisor.sock", "lock"),
)
"""All that the engine keeps in the folder."""


@dataclass(frozen=True, slots=True)
class StateFolder:
    """Paths below the state folder of a stack."""

    root: Path

    @property
    def volumes(self) -> Path:
        """One folder per named volume; survives `down`."""
        return self.root / "volumes"

    @property
    def logs(self) -> Path:
        """One log file per service, and supervisor's own."""
        return self.root / "logs"

    @property
    def lock(self) -> Path:
        """Held by the command that changes the stack."""
        return self.root / "lock"

    def service(self, name: str) -> Path:
        """A service's working folder: start script and generated configuration."""
        return self.root / "services" / name

    def log(self, service: str) -> Path:
        """A service's current log file."""
        return self.logs / f"{service}.log"

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Within it, what the file system refuses is a PreflightError with the next command."""
        try:
            yield
        except OSError as error:
            raise PreflightError(
                f"{error.filename or self.root}: {error.strerror or error}",
                hint=f"look for a full disk or foreign files: df -h '{self.root}', ls -la",
            ) from error

    def create(self) -> None:
        """Make the folder and its parts, private to the user."""
        self.root.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        for part in (self.volumes, self.logs, self.root / "services"):
            part.mkdir(mode=PRIVATE, exist_ok=True)

    def excluded(self) -> frozenset[str]:
        """What the last `up` was told to leave out."""
        try:
            return frozenset(json.loads((self.root / "excluded.json").read_text("utf-8")))
        except FileNotFoundError:
            return frozenset()

    def remember_excluded(self, names: frozenset[str]) -> None:
        """Keep what `up` leaves out, for the commands that come after it."""
        (self.root / "excluded.json").write_text(json.dumps(sorted(names)), "utf-8")

    def remove(self) -> None:
        """Delete all that the engine keeps; a foreign file stays, and so does the folder."""
        for name in _ENTRIES:
            path = self.root / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.root.rmdir()
