"""The replay campaign: dead letters, a plan, SIGKILLs while it is applied, runs until one ends.

tests/chaos/replays                  20 rounds
tests/chaos/replays --rounds 200     the full length
tests/chaos/replays --seed 7         a schedule seen before
"""

import argparse
import json
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.dead_letters import (
    DEAD_LETTER_TOPIC,
    TARGET,
    Dead,
    bury,
    captured_payments,
    forget_letters,
)
from tests.support.inbox import wait_applied
from tests.support.stack import StackUnderTest, own_stack
from tests.support.topics import Record, read_topics
from tests.support.waiting import wait_for

CONSUMER = "consumer-worker"
SERVICES = f"mariadb,kafka,db-migrate,kafka-topics,{CONSUMER}"
LEDGER = "paystack.replay.ledger"
LETTERS_MIN, LETTERS_MAX = 10, 40
RATES_PER_S = (50, 100, 400)
"""Transactions of 5, 10 and 40 letters, so that a kill strikes between and within them; the first
where the broker is killed."""
BROKER_EVERY = 10
"""In every so manieth round the broker is killed instead of the tool: it is away for seconds."""
KILLS_MAX = 2
"""Of one application; the run after the last one is left alone."""
RUNS_MAX = 8
LIFE_MAX_S = 1.5
"""About what a whole run takes, start and end included."""
PAUSE_MIN_S, PAUSE_MAX_S = 0.085, 0.115
"""Around the begin of the next transaction: a tenth of a second after the one before."""
BACK_WITHIN_S = 60.0
RUN_MAX_S = 120.0


@dataclass(frozen=True, slots=True)
class Round:
    """One plan, the runs that it took, and what is wrong afterwards."""

    number: int
    letters: int
    killed: str
    runs: tuple[int, ...]
    """Exit codes; -9 was killed."""
    undone: int
    """Copies in the topic that no reader of committed records sees."""
    longest_s: float
    """Of the runs: the time for which a broker was away is in there."""
    wrong: tuple[str, ...]


def run_campaign(
    stack: StackUnderTest, folder: Path, *, seed: int, rounds: int, broker_every: int = BROKER_EVERY
) -> Iterator[Round]:
    """One round after the other, on a running stack with consumer-worker."""
    random_source = random.Random(seed)
    for number in range(1, rounds + 1):
        yield _Round(stack, folder, random_source, number, number % broker_every == 0).play()


class _Round:
    def __init__(
        self,
        stack: StackUnderTest,
        folder: Path,
        random_source: random.Random,
        number: int,
        kills_broker: bool,
    ) -> None:
        self._stack = stack
        self._random = random_source
        self._number = number
        self._kills_broker = kills_broker
        self._plan = folder / f"plan-{number}.json"

    def play(self) -> Round:
        """Letters, a plan, kills and resumed runs, then what the topics and the database hold."""
        forget_letters(self._stack)
        # Of a run that is soon over the broker's kill would strike the end only.
        least = LETTERS_MAX if self._kills_broker else LETTERS_MIN
        count = self._random.randint(least, LETTERS_MAX)
        dead = bury(self._stack, captured_payments(self._stack, count))
        self._stack.paystack("dlq", "replay", DEAD_LETTER_TOPIC, "--plan", str(self._plan))
        broker = self._stack.pid("kafka")
        runs, durations_s = zip(*self._runs(broker), strict=True)
        if self._kills_broker:
            _wait_back(self._stack, broker)
        wait_applied(self._stack, CONSUMER, [letter.event_id for letter in dead])
        return Round(
            number=self._number,
            letters=count,
            killed="kafka" if self._kills_broker else "paystack",
            runs=runs,
            undone=_undone(self._stack, dead),
            longest_s=max(durations_s),
            wrong=tuple(wrong(self._stack, dead)),
        )

    def _runs(self, broker: int) -> Iterator[tuple[int, float]]:
        """Exit codes and seconds until a code is 0."""
        kills_left = 1 if self._kills_broker else self._random.randint(1, KILLS_MAX)
        for _ in range(RUNS_MAX):
            begun_s = time.monotonic()
            code = self._apply(broker, kill=kills_left > 0)
            kills_left -= 1
            yield code, time.monotonic() - begun_s
            if code == 0:
                return
        raise AssertionError(f"round {self._number}: not applied after {RUNS_MAX} runs")

    def _apply(self, broker: int, *, kill: bool) -> int:
        rate = RATES_PER_S[0] if self._kills_broker else self._random.choice(RATES_PER_S)
        told = self._random.randint(0, 3)
        moment_s = self._random.uniform(*((PAUSE_MIN_S, PAUSE_MAX_S) if told else (0, LIFE_MAX_S)))
        with self._stack.start(
            "dlq", "apply", str(self._plan), "--yes", "--rate", str(rate)
        ) as process:
            if kill:
                self._wait_for_moment(process, told, moment_s)
                os.kill(broker if self._kills_broker else process.pid, signal.SIGKILL)
            process.communicate(timeout=RUN_MAX_S)
        return process.returncode

    def _wait_for_moment(
        self, process: "subprocess.Popen[str]", told: int, moment_s: float
    ) -> None:
        """Some time after the start; or after so many transactions were told of, or all."""
        assert process.stderr is not None
        while told > 0 and (line := process.stderr.readline()):
            told -= line.startswith("replayed")
        time.sleep(moment_s)


def _wait_back(stack: StackUnderTest, killed_pid: int) -> None:
    def look() -> bool:
        row = stack.status()["kafka"]
        return row["health"] == "healthy" and row["pid"] != killed_pid

    wait_for(look, "kafka back after its kill", BACK_WITHIN_S)


def _of(records: Sequence[Record], dead: Sequence[Dead]) -> dict[int, list[Record]]:
    """Of the records in the events' topic those of each letter's event."""
    found: dict[int, list[Record]] = {letter.event_id: [] for letter in dead}
    for record in records:
        event_id = int(record.header("ce_id") or b"0")
        if event_id in found:
            found[event_id].append(record)
    return found


def _undone(stack: StackUnderTest, dead: Sequence[Dead]) -> int:
    every = _of(read_topics(stack.bootstrap, [TARGET], isolation="read_uncommitted"), dead)
    seen = _of(read_topics(stack.bootstrap, [TARGET]), dead)
    return sum(map(len, every.values())) - sum(map(len, seen.values()))


def wrong(stack: StackUnderTest, dead: Sequence[Dead]) -> Iterator[str]:
    """What is not as it must be, one line each."""
    sent = _of(read_topics(stack.bootstrap, [TARGET]), dead)
    entered = Counter(record.key for record in read_topics(stack.bootstrap, [LEDGER]))
    booked = Counter(
        row["payment_id"]
        for row in stack.rows(
            "SELECT payment_id FROM ledger_entry WHERE payment_id IN"
            f" ({','.join(str(letter.payment_id) for letter in dead)})"
        )
    )
    for letter in dead:
        records = sent[letter.event_id]
        if len(records) != 1:
            yield f"event {letter.event_id} is {len(records)} times in {TARGET}"
        if any(record.partition != letter.target_partition for record in records):
            yield f"event {letter.event_id} is in another partition than before"
        if any(record.header("paystack-replay-count") != b"1" for record in records):
            yield f"event {letter.event_id} has another count than 1"
        key = f"/{DEAD_LETTER_TOPIC}/{letter.partition}/{letter.offset}".encode()
        entries = sum(count for name, count in entered.items() if name and name.endswith(key))
        if entries != 1:
            yield f"letter {letter.place} has {entries} entries in {LEDGER}"
        if booked[letter.payment_id] != 1:
            yield f"payment {letter.payment_id} is booked {booked[letter.payment_id]} times"


def line(one: Round) -> str:
    """One round as a line, with everything that is wrong below it."""
    head = (
        f"round {one.number:3}: {one.letters} letters, {one.killed} killed, runs"
        f" {' '.join(map(str, one.runs))}, longest {one.longest_s:.1f} s,"
        f" {one.undone} copies undone, {len(one.wrong)} wrong"
    )
    return "\n    ".join([head, *one.wrong])


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the campaign on a stack of its own; 0 when each record went once."""
    parser = argparse.ArgumentParser(
        prog="tests/chaos/replays", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", file=sys.stderr, flush=True)
    folder = Path(tempfile.mkdtemp(prefix=f"replays-{options.seed}-"))
    played = []
    with own_stack(f"replays-{options.seed}", folder / "state", "--only", SERVICES) as stack:
        for one in run_campaign(stack, folder, seed=options.seed, rounds=options.rounds):
            played.append(one)
            print(line(one), file=sys.stderr, flush=True)
    passed = not any(one.wrong for one in played)
    if passed:
        shutil.rmtree(folder)
    else:
        print(f"plans and logs: {folder}", file=sys.stderr)
    print(json.dumps(summary(options.seed, played)))
    return 0 if passed else 1


def summary(seed: int, played: Sequence[Round]) -> dict[str, object]:
    """The figures of a campaign."""
    return {
        "seed": seed,
        "rounds": len(played),
        "letters": sum(one.letters for one in played),
        "killed": dict(Counter(one.killed for one in played)),
        "runs": dict(Counter(str(code) for one in played for code in one.runs)),
        "undone_copies": sum(one.undone for one in played),
        "longest_s": {
            killed: round(max(one.longest_s for one in played if one.killed == killed), 1)
            for killed in {one.killed for one in played}
        },
        "rounds_with_undone_copies": sum(one.undone > 0 for one in played),
        "wrong": [text for one in played for text in one.wrong],
    }


if __name__ == "__main__":
    sys.exit(main())
