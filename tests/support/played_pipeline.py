"""The pipeline of a project whose scripts are played, run from the Jenkinsfile or without Jenkins.

Each played script tells when it begins and how it ended, and does what the test asks of it.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.jenkins import JenkinsBuild, build
from tests.support.stack import DATABASE_PASSWORD, PROJECT, ROOT_PASSWORD

REAL = ("scripts/pipeline", "scripts/skip-ci", "Jenkinsfile", "stack/compose.yaml")
PLAYED = (
    "scripts/prepare",
    "scripts/frontend",
    "scripts/artefacts",
    "scripts/test",
    "scripts/contexts",
    "scripts/test-circuit-breaker.sh",
    "scripts/evidence",
    ".venv/bin/paystack",
)
PLAYER = Path(__file__).with_name("played_script.sh")
TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Played:
    """What happened; `ok` is the player's own verdict, `story` what the scripts told."""

    ok: bool
    story: tuple[str, ...]
    log: str
    reports: Path
    """Where what was kept is."""
    build: JenkinsBuild | None = None
    exit_code: int | None = None

    @property
    def begun(self) -> list[str]:
        """The commands in the order in which they began."""
        return self._told("begin")

    @property
    def ended(self) -> list[str]:
        """Those that were ended from outside."""
        return self._told("stopped")

    def _told(self, what: str) -> list[str]:
        return [line.partition(" ")[2] for line in self.story if line.startswith(f"{what} ")]


@dataclass
class Player(ABC):
    """Something that runs the pipeline of a repository; all that it leaves is in `folder`."""

    repository: Path
    folder: Path
    engine: str = "local"
    clean_up: bool = False
    asks: dict[str, str] = field(default_factory=dict)
    """What the played scripts are asked to do (played_script.sh)."""

    @abstractmethod
    def play(self) -> Played:
        """Run it to its end."""

    @property
    def environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PAYSTACK_", "MARIADB_"))
        }
        return {**kept, "STORY": str(self.folder / "story"), **self.asks}

    @property
    def story(self) -> tuple[str, ...]:
        file = self.folder / "story"
        return tuple(file.read_text().splitlines()) if file.exists() else ()


class Jenkins(Player):
    """The Jenkinsfile."""

    def play(self) -> Played:
        done = build(
            self.repository / "Jenkinsfile",
            self.repository,
            self.folder,
            parameters={"ENGINE": self.engine, "CLEAN_UP": self.clean_up},
            environment=self.environment,
        )
        reports = done.archive / "reports"
        return Played(done.result == "SUCCESS", self.story, done.log, reports, build=done)


class WithoutJenkins(Player):
    """scripts/pipeline."""

    def play(self, *options: str, interrupt_at: str | None = None) -> Played:
        workspace = self.folder / "workspace"
        subprocess.run(["git", "clone", "--quiet", self.repository, workspace], check=True)
        secrets = {"MARIADB_PASSWORD": DATABASE_PASSWORD, "MARIADB_ROOT_PASSWORD": ROOT_PASSWORD}
        asked = ["--engine", self.engine, *(["--clean-up"] if self.clean_up else []), *options]
        with subprocess.Popen(
            ["bash", "scripts/pipeline", *asked],
            cwd=workspace,
            env={**self.environment, **secrets},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout is not None
            log = []
            for line in process.stdout:
                log.append(line)
                if interrupt_at is not None and interrupt_at in line:
                    process.send_signal(signal.SIGINT)
            code = process.wait(TIMEOUT_S)
        return Played(code == 0, self.story, "".join(log), workspace / "reports", exit_code=code)


def played_project(folder: Path, *, message: str = "A change") -> Path:
    """A git repository of the real pipeline and played scripts; its commit has this message."""
    for path in REAL:
        _copy(PROJECT / path, folder / path)
    shutil.copytree(PROJECT / "stack" / "schemas", folder / "stack" / "schemas")
    for path in PLAYED:
        _copy(PLAYER, folder / path)
    python = folder / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    commit_all(folder, message)
    return folder


def commit_all(folder: Path, message: str) -> None:
    """Make a commit of all that is in the folder, and a repository where there is none."""
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost"]
    for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", message]):
        subprocess.run([*git, *arguments], cwd=folder, check=True)


def pipeline_document(played: Played) -> dict[str, Any]:
    """What scripts/pipeline wrote of its run."""
    document: dict[str, Any] = json.loads((played.reports / "pipeline.json").read_text())
    return document


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
    target.chmod(0o755)
