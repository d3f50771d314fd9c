"""What is kept of a pipeline's run: what every command says of the stack afterwards.

Each is one file in `reports/evidence`. What cannot be asked any more is kept as the error that it
gave, and nothing here fails the pipeline.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import click

from paystack_cli.errors import ExitCode

FOLDER = Path("reports/evidence")

LOG_LINES = 2000
"""Of each service."""
TRACES_MAX = 10
"""Payments of which something is missing; the first ones tell what happened."""
COMMAND_LIMIT_S = 60.0
AT_ONCE = 3
"""Commands side by side: each is a process that computes as much as it waits."""

COMMANDS = {
    "status.json": "status --output json",
    "health.json": "health --timeout 5 --output json",
    "breakers.json": "breaker status --output json",
    "outbox.json": "outbox status --output json",
    "outbox-rows.json": "outbox list --output json",
    "dead-letters.json": "dlq inspect --last 50 --output json",
    "verify.json": "verify --settle 5 --output json",
    "doctor.json": "doctor --output json",
    "logs.txt": f"logs --tail {LOG_LINES}",
}
"""What each file holds."""


@dataclass(frozen=True, slots=True)
class Collected:
    """One command's output; `exit_code` is None when it took too long."""

    file: Path
    exit_code: int | None


def collect(paystack: Path, folder: Path) -> Iterator[Collected]:
    """Run the commands, then trace the payments that they find fault with."""
    folder.mkdir(parents=True, exist_ok=True)

    def keep(name: str, arguments: str) -> Collected:
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        return Collected(file, _run([str(paystack), *arguments.split()], file))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(keep, COMMANDS, COMMANDS.values())
        faulty = islice(_faulty_payments(folder), TRACES_MAX)
        traces = {f"traces/{payment}.json": f"trace {payment} --output json" for payment in faulty}
        yield from pool.map(keep, traces, traces.values())


def _run(command: list[str], file: Path) -> int | None:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=COMMAND_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        return None
    # A command that fails before it has a result says why on stderr.
    file.write_text(done.stdout or done.stderr, "utf-8")
    return done.returncode


def _faulty_payments(folder: Path) -> Iterator[int]:
    """Those of violated invariants, then those whose events wait, each once."""
    checks = _document(folder / "verify.json").get("checks", [])
    violating = (id_ for check in checks for id_ in check["facts"].get("payments", ()))
    waiting = (row["payment_id"] for row in _document(folder / "outbox-rows.json").get("rows", []))
    yield from dict.fromkeys((*violating, *waiting))


def _document(file: Path) -> dict[str, Any]:
    try:
        parsed = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def main() -> int:
    """Entry point of scripts/evidence."""
    for collected in collect(Path(sys.executable).with_name("paystack"), FOLDER):
        code = "took too long" if collected.exit_code is None else f"exit {collected.exit_code}"
        click.echo(f"evidence: {collected.file} ({code})", err=True)
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
