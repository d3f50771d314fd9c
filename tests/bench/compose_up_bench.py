"""The run of `tests/bench/compose_up`: the same stack brought up in two ways, in turn."""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from paystack_cli.errors import ExitCode
from tests.support.container_stack import UP_TIMEOUT_S, ContainerStack, built_container_stack
from tests.support.docker import engine_selected, what_is_missing
from tests.support.stack import COMPOSE_FILE

RATIO_MAX = 1.1
"""What `paystack up` may take, of Compose's own time."""
ROUNDS, ROUNDS_FULL = 1, 3


def main(arguments: Sequence[str], description: str) -> int:
    parser = argparse.ArgumentParser(
        prog="tests/bench/compose_up",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--full", action="store_true", help="more rounds, and the ratio is judged")
    parser.add_argument("--rounds", type=int, help=f"of each (slice {ROUNDS}, full {ROUNDS_FULL})")
    options = parser.parse_args(arguments)
    rounds = options.rounds or (ROUNDS_FULL if options.full else ROUNDS)
    with engine_selected():
        if reason := what_is_missing():
            print(f"tests/bench/compose_up: {reason}", file=sys.stderr)
            return ExitCode.PREFLIGHT
        medians_s = {name: statistics.median(times) for name, times in _run(rounds).items()}
    ratio = medians_s[PAYSTACK] / medians_s[COMPOSE]
    kept = ratio <= RATIO_MAX
    for name, median_s in medians_s.items():
        print(f"{name}: {median_s:.1f} s until healthy, median of {rounds}")
    print(f"ratio {ratio:.2f} (goal at most {RATIO_MAX}: {'kept' if kept else 'MISSED'})")
    return ExitCode.OK if kept or not options.full else ExitCode.CHECK_FAILED


def _run(rounds: int) -> Mapping[str, Sequence[float]]:
    """Seconds of every round, by way."""
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    with (
        tempfile.TemporaryDirectory(prefix="paystack-bench-") as folder,
        built_container_stack("bench", Path(folder) / "state") as stack,
    ):
        for number in range(rounds):
            # Neither way is always the one that finds the files in memory.
            for name in sorted(WAYS, reverse=bool(number % 2)):
                times[name].append(_time(WAYS[name], stack))
    return times


def _time(up: Callable[[ContainerStack], None], stack: ContainerStack) -> float:
    """Seconds from nothing, volumes included, until the stack is healthy."""
    started = time.monotonic()
    up(stack)
    elapsed_s = time.monotonic() - started
    stack.remove_all()
    return elapsed_s


def _by_paystack(stack: ContainerStack) -> None:
    stack.paystack("up", "--timeout", str(UP_TIMEOUT_S))


def _by_compose(stack: ContainerStack) -> None:
    """Compose 2.26 takes a one-shot that others need and that ended well for done."""
    command = ["docker", "compose", "--file", str(COMPOSE_FILE), "up", "--detach", "--wait"]
    subprocess.run(
        [*command, "--no-build"],
        env=dict(stack.environment),
        capture_output=True,
        check=True,
        timeout=UP_TIMEOUT_S,
    )


PAYSTACK, COMPOSE = "paystack up", "docker compose up --detach --wait"
WAYS: Mapping[str, Callable[[ContainerStack], None]] = {
    PAYSTACK: _by_paystack,
    COMPOSE: _by_compose,
}
