"""The state folder of one stack, as far as every engine keeps it: the lock, what `up` left out."""

import contextlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from paystack_cli.engines.lock import exclusive
from paystack_cli.errors import PreflightError

PRIVATE = 0o700
"""The folder may hold passwords (start scripts) and the database: for its owner only."""

EXCLUDED, LOCK = "excluded.json", "lock"


@dataclass(frozen=True, slots=True)
class StackFolder:
    """What engines share, below the state folder of a stack."""

    root: Path

    @contextlib.contextmanager
    def changing(self, command: str) -> Iterator[None]:
        """Within it no other command changes the stack, whichever engine runs it.

        Raises PreflightError when one is at work, and for what the file system refuses.
        """
        with self.told():
            self.create()
            with exclusive(self.root / LOCK, command):
                yield

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
        """Make the folder and its parents, private to the user."""
        self.root.mkdir(mode=PRIVATE, parents=True, exist_ok=True)

    def excluded(self) -> frozenset[str]:
        """What the last `up` was told to leave out."""
        try:
            return frozenset(json.loads((self.root / EXCLUDED).read_text("utf-8")))
        except FileNotFoundError:
            return frozenset()

    def remember_left_out(self, excluded: Collection[str], started: Collection[str]) -> None:
        """Keep what an `up` leaves out, beside what earlier ones did, but for what it starts."""
        left_out = self.excluded().union(excluded).difference(started)
        (self.root / EXCLUDED).write_text(json.dumps(sorted(left_out)), "utf-8")

    def forget_left_out(self) -> None:
        """Nothing is left out any more."""
        (self.root / EXCLUDED).unlink(missing_ok=True)
