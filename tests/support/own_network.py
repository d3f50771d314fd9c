"""An engine whose "containers" are processes of this machine: real curl, real servers, no Docker.

`run` and `exec` start the command here, as a container engine starts it in the stack's network.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from paystack_cli.engines.base import Completed


class OwnNetwork:
    """The part of an engine that checks from inside use; `runs` are the services, in order.

    `environments` is what each service's container has; `scratch` stands for its /dev/shm.
    """

    name = "own-network"
    has_network = True

    def __init__(
        self, scratch: Path, environments: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        self.runs: list[str] = []
        self._scratch = scratch
        self._environments = environments or {}

    def run(
        self, service: str, command: Sequence[str], *, timeout_s: float | None = None
    ) -> Completed:
        self.runs.append(service)
        environment = {**os.environ, "TMPDIR": str(self._scratch), **self.environment(service)}
        done = subprocess.run(
            list(command),
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        return Completed(done.returncode, done.stdout, done.stderr)

    exec = run

    def environment(self, service: str) -> Mapping[str, str]:
        return self._environments.get(service, {})
