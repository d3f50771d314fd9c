"""What it takes to run one service as a process: command, environment, files, data folder."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


def _nothing_to_prepare() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Launch:
    """One service, ready to be handed to the supervisor.

    `files` are written before each start and `prepare` makes data folders (on a machine where that
    is done it returns at once).
    """

    service: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    files: Mapping[Path, str] = field(default_factory=dict)
    prepare: Callable[[], None] = _nothing_to_prepare

    @property
    def digest(self) -> str:
        """Changes when the command, the environment or a generated file does."""
        parts = [
            list(self.argv),
            sorted(self.environment.items()),
            sorted((str(path), text) for path, text in self.files.items()),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
