"""The state folder of one stack: what the local engine keeps, and where."""

import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from paystack_cli.engines.state import EXCLUDED, LOCK, PRIVATE, StackFolder
from paystack_cli.engines.timing_history import history_file

PID_FILE = "supervisord.pid"
"""There from the start of the supervisor until it has shut down, even when it was killed."""

_ENTRIES = (
    *("volumes", "logs", "services", EXCLUDED, history_file("local")),
    *("supervisord.conf", PID_FILE, "supervisor.sock", LOCK),
)
"""All that the engine keeps in the folder."""


@dataclass(frozen=True, slots=True)
class StateFolder(StackFolder):
    """Paths below the state folder of a stack."""

    @property
    def has_begun(self) -> bool:
        """Whether the stack was brought up here and not taken down since."""
        return (self.root / PID_FILE).exists()

    @property
    def volumes(self) -> Path:
        """One folder per named volume; survives `down`."""
        return self.root / "volumes"

    @property
    def logs(self) -> Path:
        """One log file per service, and supervisor's own."""
        return self.root / "logs"

    def service(self, name: str) -> Path:
        """A service's working folder: start script and generated configuration."""
        return self.root / "services" / name

    def log(self, service: str) -> Path:
        """A service's current log file."""
        return self.logs / f"{service}.log"

    def create(self) -> None:
        """Make the folder with its parts, private to the user."""
        StackFolder.create(self)  # slots: super() would not find the class
        for part in (self.volumes, self.logs, self.root / "services"):
            part.mkdir(mode=PRIVATE, exist_ok=True)

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
