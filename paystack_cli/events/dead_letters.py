"""Reads dead-letter topics from end to end without joining a group or committing an offset.

Memory does not grow with the number of letters.
"""

import heapq
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from paystack_cli.clients.kafka import (
    KafkaEndpoint,
    admin_client,
    kafka_error,
    partitions_of,
    reader,
    typed_errors,
    watermarks,
)
from paystack_cli.clients.sanitize import sanitize
from paystack_cli.errors import TimedOut, UsageError
from paystack_cli.events.dead_letter_headers import (
    Header,
    Origin,
    exception_class,
    read_origin,
)
from paystack_cli.stack.catalog import Catalog

BATCH_RECORDS_MAX = 1000
POLL_MAX_S = 0.5
BROKER_ANSWER_MAX_S = 5.0
"""A broker that is there answers a question about its topics far sooner."""
KEY_BYTES_MAX = 256
REASONS_MAX = 100
"""Distinct exception classes that are counted apart; beyond it they count as OTHER_REASON."""
OTHER_REASON = b"(other)"
NO_REASON = b"(no exception header)"
LAST_MOMENT_MS = 253_402_300_799_000
"""End of the year 9999, the last that Python and ISO 8601 know; producers may write any number."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One dead letter: where it lies, when it was written, its key, and its origin."""

    partition: int
    offset: int
    at: datetime | None
    key: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class TopicSummary:
    """What one dead-letter topic holds: letters by exception class, the newest ones first."""

    topic: str
    count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    reasons: Counter[str] = field(default_factory=Counter)
    latest: tuple[DeadLetter, ...] = ()


def choose_topics(catalog: Catalog, names: Sequence[str]) -> tuple[str, ...]:
    """The named dead-letter topics, all when none is. Raises UsageError for any other name."""
    known = catalog.dead_letter_topics
    for name in names:
        if name not in known:
            raise UsageError(
                f"{name!r} is no dead-letter topic of the catalog",
                hint=f"one of: {', '.join(known)}",
            )
    return tuple(dict.fromkeys(names)) or known


def read_summaries(
    endpoint: KafkaEndpoint, topics: Sequence[str], *, latest_max: int, timeout_s: float
) -> list[TopicSummary]:
    """Summaries in the order of `topics`, of what they held when the reading began.

    Raises ServerUnreachable, ServerRefused (no such topic), ServerFailed, or TimedOut when the
    topics could not be read within `timeout_s`.
    """
    deadline_s = time.monotonic() + timeout_s
    admin = admin_client(endpoint)
    answer_s = min(timeout_s, BROKER_ANSWER_MAX_S)
    ends = watermarks(admin, endpoint, partitions_of(admin, endpoint, topics, answer_s), answer_s)
    open_ends = {key: marks.high for key, marks in ends.items() if marks.high > marks.low}
    summaries = {topic: _Gathering(topic, latest_max) for topic in topics}
    starts = [TopicPartition(*key, ends[key].low) for key in open_ends]
    with typed_errors(endpoint, "dead letters"), reader(endpoint, starts) as consumer:
        while open_ends:
            if time.monotonic() > deadline_s:
                raise TimedOut(
                    f"{len(open_ends)} partitions of {', '.join(topics)} were not read to their"
                    f" end within {timeout_s:g} s",
                    hint="give it more time: paystack dlq inspect --timeout SECONDS",
                )
            batch = consumer.consume(BATCH_RECORDS_MAX, timeout=POLL_MAX_S)
            for message in batch:
                _take(message, open_ends, summaries, endpoint)
            _drop_finished(consumer, open_ends)
    return [summaries[topic].finish() for topic in topics]


def _take(
    message: Message,
    open_ends: dict[tuple[str, int], int],
    summaries: "dict[str, _Gathering]",
    endpoint: KafkaEndpoint,
) -> None:
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    error = message.error()
    if topic is None or partition is None or (error and error.code() != KafkaError._PARTITION_EOF):
        assert error is not None  # noqa: S101 - a record always has a topic
        raise kafka_error(error, endpoint, topic or "dead letters")
    if error:
        open_ends.pop((topic, partition), None)
        return
    # Letters that arrived after the reading began belong to the next one.
    if offset is not None and offset < open_ends.get((topic, partition), -1):
        summaries[topic].add(message)


def _drop_finished(consumer: Consumer, open_ends: dict[tuple[str, int], int]) -> None:
    """Compaction and transaction markers leave gaps: the position tells the end, not the count."""
    for position in consumer.position([TopicPartition(*key) for key in open_ends]):
        key = (position.topic, position.partition)
        if position.offset >= open_ends[key]:
            del open_ends[key]


class _Gathering:
    """Builds one TopicSummary from letters in any order; decodes only what is shown."""

    def __init__(self, topic: str, latest_max: int) -> None:
        self._topic = topic
        self._latest_max = latest_max
        self._count = 0
        self._first_ms: int | None = None
        self._last_ms: int | None = None
        self._reasons: Counter[bytes] = Counter()
        self._newest: list[_RawLetter] = []

    def add(self, message: Message) -> None:
        headers = _headers(message)
        self._count += 1
        reason = exception_class(headers) or NO_REASON
        known = reason in self._reasons or len(self._reasons) < REASONS_MAX
        self._reasons[reason if known else OTHER_REASON] += 1
        at_ms = _timestamp_ms(message)
        if at_ms is not None:
            self._first_ms = at_ms if self._first_ms is None else min(self._first_ms, at_ms)
            self._last_ms = at_ms if self._last_ms is None else max(self._last_ms, at_ms)
        key = message.key()
        self._keep(
            _RawLetter(
                at_ms or 0,
                message.offset() or 0,
                message.partition() or 0,
                key if key is None else key[:KEY_BYTES_MAX],
                headers,
            )
        )

    def _keep(self, letter: "_RawLetter") -> None:
        if len(self._newest) < self._latest_max:
            heapq.heappush(self._newest, letter)
        elif self._newest:
            heapq.heappushpop(self._newest, letter)

    def finish(self) -> TopicSummary:
        reasons = Counter({_text(reason): count for reason, count in self._reasons.items()})
        return TopicSummary(
            topic=self._topic,
            count=self._count,
            first_at=_moment(self._first_ms),
            last_at=_moment(self._last_ms),
            reasons=reasons,
            latest=tuple(letter.decoded() for letter in sorted(self._newest, reverse=True)),
        )


class _RawLetter(NamedTuple):
    """A letter as it lies in the topic, without its value; sorts by age, then place."""

    at_ms: int
    offset: int
    partition: int
    key: bytes | None
    headers: tuple[Header, ...]

    def decoded(self) -> DeadLetter:
        return DeadLetter(
            partition=self.partition,
            offset=self.offset,
            at=_moment(self.at_ms or None),
            key=None if self.key is None else _text(self.key),
            origin=read_origin(self.headers),
        )


def _headers(message: Message) -> tuple[Header, ...]:
    headers = message.headers() or ()
    return tuple(headers.items() if isinstance(headers, dict) else headers)


def _text(raw: bytes) -> str:
    return sanitize(raw.decode("utf-8", "replace"))


def _timestamp_ms(message: Message) -> int | None:
    """The record's timestamp, None for none and for one that no calendar holds."""
    _kind, milliseconds = message.timestamp()
    return milliseconds if 0 < milliseconds <= LAST_MOMENT_MS else None


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


def breaches(summaries: Iterable[TopicSummary], *, max_dead: int | None) -> Iterator[str]:
    """The topics that hold more letters than `max_dead`, one sentence each."""
    for summary in summaries:
        if max_dead is not None and summary.count > max_dead:
            yield f"{summary.topic} holds {summary.count} dead letter(s), more than {max_dead}"
