"""A server's data folder is made wholly or not at all."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from paystack_cli.engines.command_log import log_command
from paystack_cli.engines.local.programs import Program
from paystack_cli.errors import StartFailed

MAKE_TIMEOUT_S = 120.0


class MakerFailed(StartFailed):
    """A server's own tool could not make its data folder; `said` is all that it wrote."""

    def __init__(self, program: Program, how: str, said: str) -> None:
        super().__init__(
            f"{program.name} could not make its data folder, {how}",
            hint="look for a full disk (df -h), then: paystack up",
        )
        self.how = how
        self.said = said


def create_whole(data: Path, make: Callable[[Path], None]) -> None:
    """Have `make` create the folder `data`; nothing happens when it exists.

    It is made elsewhere beside it and moved at the end, so that an interrupted one is never taken
    for a whole one; what an earlier interrupt left behind is removed.
    """
    if data.is_dir():
        return
    prefix = f".{data.name}-"
    for leftover in data.parent.glob(f"{prefix}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    staging = Path(tempfile.mkdtemp(prefix=prefix, dir=data.parent))
    try:
        make(staging / "data")
        (staging / "data").rename(data)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def run_maker(
    command: Sequence[str | Path],
    program: Program,
    *,
    environment: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> None:
    """Run a server's own tool that makes its data folder; `environment` is added to its own.

    Raises MakerFailed.
    """
    whole = {**os.environ, **program.environment, **(environment or {})}
    log_command(command, whole)
    try:
        done = subprocess.run(
            command,
            env=whole,
            pass_fds=pass_fds,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=MAKE_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MakerFailed(program, f"not done after {MAKE_TIMEOUT_S:.0f} s", "") from error
    if done.returncode != 0:
        raise MakerFailed(program, f"exit status {done.returncode}", done.stdout)
