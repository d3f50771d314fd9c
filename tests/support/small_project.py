"""A small project with a compose.yaml of its own, driven by the `paystack` command."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.stack import StackUnderTest


@dataclass(frozen=True)
class SmallProject(StackUnderTest):
    """The command line of a project that stands in `folder`."""

    folder: Path

    def start(
        self, *arguments: str, prefix: Sequence[str] = (), **environment: str
    ) -> "subprocess.Popen[str]":
        return super().start(
            *("--project-dir", str(self.folder), *arguments), prefix=prefix, **environment
        )
