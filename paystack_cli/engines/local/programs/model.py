"""What the rest of the local engine knows of a program."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from paystack_cli.errors import PreflightError

Progress = Callable[[str], None]
"""Told one line about each thing that takes time; may be called from several threads."""

COMPANION_FOLDERS = ("bin", "sbin", "scripts")


class ProgramUnavailable(PreflightError):
    """A program is not on this machine, or too old, and could not be fetched."""


class FetchError(Exception):
    """One way of fetching failed; the message is what the tool that fetches said."""


class Source(StrEnum):
    """Where a program comes from."""

    MACHINE = "machine"
    FETCHED = "fetched"


@dataclass(frozen=True, slots=True)
class Program:
    """A program that is there and new enough.

    `argv` starts its command line. `home` is its prefix: the folder that holds `bin` or `sbin`
    (MariaDB's basedir), for Kafka the folder of the jars. `environment` is set for its process.
    """

    name: str
    argv: tuple[str, ...]
    home: Path
    version: str
    source: Source
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where programs that ship with this one stand."""
        return tuple(self.home / folder for folder in COMPANION_FOLDERS)

    def companion(self, name: str) -> Path | None:
        """A program that ships with this one, such as mariadb-install-db; None when it does not."""
        return next((path for f in self.folders if (path := f / name).is_file()), None)
