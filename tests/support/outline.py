"""A copy of the project's outline: the real scripts, and around them what a test plays."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.stack import PROJECT, Answer

TIMEOUT_S = 60


@dataclass(frozen=True)
class Outline:
    """A project folder that holds the real scripts and whatever a test puts beside them."""

    root: Path

    def put(self, path: str, text: str) -> Path:
        """Write an executable file."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)
        return file

    def start(self, script: str, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """One of the scripts under way, without a terminal, started from another folder."""
        return subprocess.Popen(
            ["bash", str(self.root / "scripts" / script), *arguments],
            cwd="/",
            env={"PATH": os.environ["PATH"], "HOME": str(self.root), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, script: str, *arguments: str, **environment: str) -> Answer:
        """One of the scripts to its end."""
        with self.start(script, *arguments, **environment) as process:
            stdout, stderr = process.communicate(timeout=TIMEOUT_S)
        return Answer(script, process.returncode, stdout, stderr)

    @property
    def calls(self) -> list[str]:
        """What the played programs were called with."""
        return (self.root / "calls").read_text().splitlines()


def project_outline(root: Path) -> Outline:
    """An outline at `root` that holds nothing but scripts/."""
    shutil.copytree(PROJECT / "scripts", root / "scripts")
    return Outline(root)
