"""The run of `tests/bench/startup`: what commands cost beside the least that they could."""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paystack_cli.errors import ExitCode
from tests.bench.hyperfine import Measured, time_in_turn
from tests.support.container_stack import ContainerStack, own_container_stack
from tests.support.docker import engine_selected, what_is_missing
from tests.support.stack import COMPOSE_FILE, PAYSTACK, own_stack

BARE_APP = Path(__file__).with_name("bare_typer_app.py")
BARE = "bare Typer app"

ROUNDS, RUNS = 6, 3
ROUNDS_FULL, RUNS_FULL = 20, 5

Taken = Mapping[str, Measured]


@dataclass(frozen=True, slots=True)
class Goal:
    """At most `ratio_max` times the other command, or at most `extra_max_s` seconds more."""

    command: str
    beside: str
    ratio_max: float | None = None
    extra_max_s: float | None = None

    def verdict(self, mine: float, other: float) -> tuple[bool, str]:
        """Whether it is kept with these seconds of the two, and by how much."""
        if self.ratio_max is not None:
            kept = mine <= self.ratio_max * other
            told = f"{mine / other:.2f} x {self.beside} (goal at most {self.ratio_max}"
        else:
            assert self.extra_max_s is not None
            kept = mine - other <= self.extra_max_s
            told = f"{mine - other:.3f} s more than {self.beside} (goal at most {self.extra_max_s}"
        return kept, f"{self.command}: {told}: {'kept' if kept else 'MISSED'})"


@dataclass(frozen=True, slots=True)
class Case:
    """Commands that are timed in turn, and what must hold between them."""

    measure: Callable[[int, int], Taken]
    goals: tuple[Goal, ...]


def main(arguments: Sequence[str], description: str) -> int:
    parser = argparse.ArgumentParser(
        prog="tests/bench/startup",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--full", action="store_true", help="more runs of each command")
    parser.add_argument("--case", choices=CASES, help="this one only")
    options = parser.parse_args(arguments)
    rounds, runs = (ROUNDS_FULL, RUNS_FULL) if options.full else (ROUNDS, RUNS)
    kept = True
    with engine_selected():
        reason = what_is_missing()
        if reason and options.case == "compose":
            print(f"tests/bench/startup: {reason}", file=sys.stderr)
            return ExitCode.PREFLIGHT
        for name in [options.case] if options.case else CASES:
            if name == "compose" and reason:
                print(f"{name}: left out, because {reason}")
                continue
            taken = CASES[name].measure(rounds, runs)
            kept = report(taken, CASES[name].goals) and kept
    return ExitCode.OK if kept else ExitCode.CHECK_FAILED


def report(taken: Taken, goals: Sequence[Goal]) -> bool:
    """Print what was measured and how far each goal is kept; whether all of them are."""
    for line in _figures(taken):
        print(line)
    verdicts = [
        goal.verdict(_judged(taken[goal.command]), _judged(taken[goal.beside])) for goal in goals
    ]
    for _, line in verdicts:
        print(line)
    return all(kept for kept, _ in verdicts)


def _judged(measured: Measured) -> float:
    """The seconds that a goal is held against: those of the fastest run.

    What else the machine does only ever adds to a run, so the fastest is nearest to what the
    command itself costs. Rounds are short, so that a quiet moment is one for all commands.
    Processor time would be steadier, but leaves out what a server does for its caller.
    """
    return min(measured.elapsed_s)


def _figures(taken: Taken) -> Iterator[str]:
    for name, one in taken.items():
        yield (
            f"{name}: median {statistics.median(one.elapsed_s):.3f} s,"
            f" fastest {min(one.elapsed_s):.3f} s of {len(one.elapsed_s)},"
            f" processor {min(one.processor_s):.3f} s"
        )


def _start(rounds: int, runs: int) -> Taken:
    commands = {
        BARE: (sys.executable, BARE_APP),
        "paystack --version": (PAYSTACK, "--version"),
        "paystack --help": (PAYSTACK, "--help"),
    }
    return time_in_turn(commands, {}, rounds=rounds, runs=runs)


def _local(rounds: int, runs: int) -> Taken:
    with (
        tempfile.TemporaryDirectory(prefix="paystack-bench-") as folder,
        own_stack("bench-startup", Path(folder) / "state") as stack,
    ):
        commands = {BARE: (sys.executable, BARE_APP), STATUS: (PAYSTACK, "status", *AS_JSON)}
        return time_in_turn(commands, stack.environment, rounds=rounds, runs=runs)


def _compose(rounds: int, runs: int) -> Taken:
    with (
        tempfile.TemporaryDirectory(prefix="paystack-bench-") as folder,
        own_container_stack("bench", Path(folder) / "state") as stack,
    ):
        return time_status_in_containers(stack, rounds, runs)


def time_status_in_containers(stack: ContainerStack, rounds: int, runs: int) -> Taken:
    """By `auto`, as a user has it: what `--engine` would spare is part of the bill."""
    compose = ("docker", "compose", "--file", COMPOSE_FILE, "ps", "--format", "json")
    commands = {COMPOSE_PS: compose, STATUS: (PAYSTACK, "status", *AS_JSON)}
    environment = {**stack.environment, "PAYSTACK_ENGINE": "auto"}
    return time_in_turn(commands, environment, rounds=rounds, runs=runs)


AS_JSON = ("--output", "json")
STATUS, COMPOSE_PS = "paystack status", "docker compose ps --format json"

CASES: Mapping[str, Case] = {
    "start": Case(
        _start,
        (
            Goal("paystack --version", BARE, ratio_max=1.3),
            Goal("paystack --help", BARE, ratio_max=1.6),
        ),
    ),
    "local": Case(_local, (Goal(STATUS, BARE, extra_max_s=0.4),)),
    "compose": Case(_compose, (Goal(STATUS, COMPOSE_PS, ratio_max=1.5),)),
}
