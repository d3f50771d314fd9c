"""The run of `tests/bench/dlq`: fill, read in turn, memory, the last minute, the report."""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.bench.mixed_letters import CAUSES, fill
from tests.support.kafka import own_topic
from tests.support.stack import PROJECT, StackUnderTest, own_stack

PARTITIONS = 6
RATIO_MIN = 0.60
PEAK_MAX_MIB = 300
GROWTH_MAX = 1.25
"""Of the peak, from a tenth of the letters to all of them."""
SINCE_MAX_S = 2.0
LOOK_PAUSE_S = 0.02
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading; `peak_mib` is the memory of all its processes together (PSS)."""

    count: int
    seconds: float
    peak_mib: float

    @property
    def per_s(self) -> float:
        return self.count / self.seconds


def main(arguments: Sequence[str], description: str) -> int:
    parser = argparse.ArgumentParser(
        prog="tests/bench/dlq",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--full", action="store_true", help="1,000,000 letters, and it is judged")
    parser.add_argument("--letters", type=int, help="in the large topic (slice 50,000)")
    parser.add_argument("--rounds", type=int, default=3, help="of reading in turn")
    options = parser.parse_args(arguments)
    letters = options.letters or (1_000_000 if options.full else 50_000)
    with (
        tempfile.TemporaryDirectory(prefix="paystack-bench-") as folder,
        own_stack("bench", Path(folder) / "state", "--only", "kafka") as stack,
        own_topic(stack.bootstrap, partitions=PARTITIONS) as small,
        own_topic(stack.bootstrap, partitions=PARTITIONS) as large,
    ):
        fill(stack.bootstrap, small, letters // 10)
        fill(stack.bootstrap, large, letters)
        faults, misses = _measure(stack, small, large, letters, options.rounds)
    for fault in faults:
        print(f"WRONG: {fault}")
    for miss in misses:
        print(f"MISSED: {miss}")
    return 1 if faults or (options.full and misses) else 0


def _measure(
    stack: StackUnderTest, small: str, large: str, letters: int, rounds: int
) -> tuple[list[str], list[str]]:
    """What is wrong, and which goals were missed."""
    turns = [
        (_read("bare", stack.bootstrap, large), _read("group", stack.bootstrap, large))
        for _ in range(rounds)
    ]
    ratio = statistics.median(group.per_s / bare.per_s for bare, group in turns)
    per_s, bare_per_s = (statistics.median(turn[which].per_s for turn in turns) for which in (1, 0))
    print(f"rate: {per_s:.0f} letters/s grouped, bare {bare_per_s:.0f}/s: ratio {ratio:.2f}")
    few = _read("group", stack.bootstrap, small)
    peak_mib = max(group.peak_mib for _, group in turns)
    print(
        f"memory: peak {few.peak_mib:.0f} MiB for {few.count} letters,"
        f" {peak_mib:.0f} MiB for {letters}"
    )
    begun_s = time.perf_counter()
    lately = stack.paystack(
        *("dlq", "inspect", large, "--since", "1m", "--output", "json"), timeout_s=600
    ).document
    since_s = time.perf_counter() - begun_s
    print(f"since: the last minute ({lately['dead']} letters) in {since_s:.2f} s")
    whole = stack.paystack("dlq", "inspect", large, "--output", "json", "--timeout", "600").document
    counted = {*(r.count for turn in turns for r in turn), whole["dead"]}
    faults = []
    if counted != {letters} or few.count != letters // 10:
        faults.append(f"{letters} letters were counted as {sorted(counted)}")
    if len(whole["groups"]) != CAUSES:
        faults.append(f"{CAUSES} causes were grouped as {len(whole['groups'])}")
    goals = {
        f"a ratio of {ratio:.2f}, below {RATIO_MIN}": ratio >= RATIO_MIN,
        f"a peak of {peak_mib:.0f} MiB": peak_mib < PEAK_MAX_MIB,
        f"a peak that grows from {few.peak_mib:.0f} to {peak_mib:.0f} MiB": peak_mib
        < few.peak_mib * GROWTH_MAX,
        f"{since_s:.2f} s for the last minute": since_s < SINCE_MAX_S,
    }
    return faults, [goal for goal, is_kept in goals.items() if not is_kept]


def _read(how: str, bootstrap: str, topic: str) -> Reading:
    command = [sys.executable, "-m", "tests.bench.dlq_reader", how, bootstrap, topic]
    peak = 0
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            peak = max(peak, _memory(process.pid))
            time.sleep(LOOK_PAUSE_S)
        assert process.stdout is not None
        answer = json.loads(process.stdout.read())
    return Reading(answer["count"], answer["seconds"], peak / MIB)


def _memory(pid: int) -> int:
    """Bytes of a process and its children, what they share counted once."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += process.memory_full_info().pss
    return total
