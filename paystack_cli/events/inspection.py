"""Counts and groups the letters of dead-letter topics; large topics in several processes."""

import gc
import multiprocessing
import os
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from confluent_kafka import Message

from paystack_cli.clients.kafka import KafkaEndpoint
from paystack_cli.errors import TimedOut
from paystack_cli.events.fate import State
from paystack_cli.events.grouping import Cause, Grouping, Tally
from paystack_cli.events.selection import Selection
from paystack_cli.events.topic_reader import Span, Spans, kept, read

RECORDS_A_PROCESS_MIN = 40_000
"""A process of its own takes a third of a second to start; so many letters are worth it."""
PROCESSES_MAX = 3
"""Each costs some 60 MB, and at most one a core is of use."""
GRACE_S = 10.0
"""Over the time for reading: for the start of processes and the way of their answers."""


class Fates(Protocol):
    """Knows what has become of letters; goes with a part of them to another process."""

    def by_state(self, messages: Sequence[Message]) -> Iterable[tuple[State, Sequence[Message]]]:
        """The letters among `messages` of each state."""


@dataclass(frozen=True)
class Inspection:
    """What the topics held; `tallies` has the largest groups first."""

    topics: tuple[str, ...]
    tallies: tuple[tuple[Cause, Tally], ...]
    now_ms: int

    def total(self, topic: str, state: State | None = None) -> Tally:
        """All letters of one topic, or those of one state."""
        total = Tally()
        for cause, tally in self.tallies:
            if cause.topic == topic and state in (None, cause.state):
                total.merge(tally)
        return total


def inspect(
    endpoint: KafkaEndpoint,
    topics: Sequence[str],
    selection: Selection,
    fates: Fates,
    timeout_s: float,
) -> Inspection:
    """What `topics` hold now of what is selected.

    Raises ServerUnreachable, ServerRefused (no such topic), ServerFailed, or TimedOut when the
    topics could not be read within `timeout_s`.
    """
    now_ms = round(time.time() * 1000)
    spans = kept(endpoint, topics, since_ms=selection.since_ms)
    parts = _parts(spans)
    jobs = [(endpoint, part, selection, fates, now_ms, timeout_s) for part in parts]
    found = Grouping(now_ms)
    for grouping in [_group(*jobs[0])] if len(jobs) == 1 else _in_processes(jobs, timeout_s):
        found.merge(grouping)
    ordered = sorted(found.tallies.items(), key=lambda item: (-item[1].count, item[0].topic))
    return Inspection(tuple(topics), tuple(ordered), now_ms)


def _parts(spans: Spans) -> list[Spans]:
    """Equal shares of every partition, one for each process that pays."""
    total = sum(span.size for span in spans.values())
    count = min(PROCESSES_MAX, os.cpu_count() or 1, total // RECORDS_A_PROCESS_MIN)
    if count <= 1:
        return [spans]
    return [
        {partition: _share(span, number, count) for partition, span in spans.items()}
        for number in range(count)
    ]


def _share(span: Span, number: int, count: int) -> Span:
    return Span(
        span.begin + span.size * number // count, span.begin + span.size * (number + 1) // count
    )


Job = tuple[KafkaEndpoint, Spans, Selection, Fates, int, float]


def _group(
    endpoint: KafkaEndpoint,
    spans: Spans,
    selection: Selection,
    fates: Fates,
    now_ms: int,
    timeout_s: float,
) -> Grouping:
    grouping = Grouping(now_ms)
    with _no_garbage_collection():
        for batch in read(endpoint, spans, timeout_s):
            for state, letters in fates.by_state(selection.select(batch)):
                grouping.add(letters, state)
    return grouping


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Records make no cycles, and are so many that looking for some costs a quarter of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _in_processes(jobs: Sequence[Job], timeout_s: float) -> Iterator[Grouping]:
    """The first job here, the others in processes that leaving the block ends.

    They are started anew, not forked: Kafka's client has threads.
    """
    with multiprocessing.get_context("spawn").Pool(len(jobs) - 1, _begin) as pool:
        others = pool.starmap_async(_group, jobs[1:])
        yield _group(*jobs[0])
        try:
            yield from others.get(timeout_s + GRACE_S)
        except multiprocessing.TimeoutError:
            raise TimedOut(
                f"the letters were not counted within {timeout_s:g} s",
                hint="give it more time: paystack dlq inspect --timeout SECONDS",
            ) from None


def _begin() -> None:
    """An interrupt is for the process that the user has started; it ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
