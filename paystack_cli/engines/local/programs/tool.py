"""Runs the tools that fetch: quiet, with a time limit, their last words kept for the error."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from paystack_cli.engines.command_log import log_command
from paystack_cli.engines.local.programs.model import FetchError

LAST_LINES = 3
LINE_LENGTH_MAX = 300
"""Of what a tool that failed has said, this much goes into the error."""


def run_tool(
    command: list[str],
    *,
    folder: Path,
    timeout_s: float,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run the command in `folder`, where its temporary files stay too, and return its output.

    `environment` is added to this process's own. Raises FetchError with what it said last.
    """
    tool = Path(command[0]).name
    log_command(command, os.environ | (environment or {}))
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C", "TMPDIR": str(folder), **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise FetchError(f"{tool} took longer than {timeout_s:.0f} s") from error
    except subprocess.CalledProcessError as error:
        lines = (error.stderr.strip() or error.stdout.strip()).splitlines()[-LAST_LINES:]
        said = "\n".join(line[:LINE_LENGTH_MAX] for line in lines)
        raise FetchError(f"{tool}: {said or f'exit code {error.returncode}'}") from error
    except OSError as error:
        raise FetchError(f"{tool} does not run: {error}") from error
    return done.stdout
