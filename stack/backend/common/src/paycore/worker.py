"""The one loop of all workers: Kafka records in, effects in the database out, each exactly once.

    take records -> drop what the inbox has -> decide -> (ask the card network) -> apply -> commit

All that is ready is applied in one transaction: inbox rows, effects and outbox rows together. The
offset follows only then, so a crash repeats records and the inbox drops the repeats. Card-network
calls run side by side, outside any transaction and in a thread of their own (`calls`); what they
answer while one commit runs is applied by the next. All else is one thread, so nothing here needs a
lock.

What goes wrong with one record keeps nobody waiting but the later records of its own key:

    broken for good (bad JSON, schema breach, ...)      dead-letter topic at once
    transient (card network, deadlock, lock wait)       aside, with growing pauses; counted
    the database is away, the circuit breaker is open   all wait, nothing is counted
    the dead-letter topic does not confirm              no new records until it does
"""

import heapq
import itertools
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pymysql
from confluent_kafka import Message
from prometheus_client import Counter, Gauge
from pymysql.cursors import Cursor

from paycore.calls import Calls, StartCall
from paycore.catalog import resolve_topic_name
from paycore.chains import Chains
from paycore.database import RETRYABLE_ERRORS, Database, error_code, is_connection_lost
from paycore.dead_letter import DeadLetter, DeadLetterNotSent, DeadLetterSender
from paycore.events import Event, read_event
from paycore.handler import Call, Decided, Handler, KeptBack, TransientFailure
from paycore.inbox import AlreadyApplied, already_applied, mark_applied
from paycore.intake import Intake
from paycore.kafka import headers_of
from paycore.lifecycle import Stop
from paycore.logging import get_logger, log_context
from paycore.offsets import PartitionOffsets
from paycore.retry import growing_pause_s

POLL_RECORDS_MAX = 500
APPLY_RECORDS_MAX = 500
"""Events in one transaction."""
IN_HAND_RECORDS_MAX = 2_000
"""Taken and not yet done; beyond it the partitions are paused until half of them are done."""
CALLS_WAIT_S = 0.01
"""For the next answer of the card network; also how late new records are noticed meanwhile."""
DRAIN_MAX_S = 5.0
"""For calls under way when the worker stops; well below the 15 s of `stop_grace_period`."""
TRANSIENT_ATTEMPTS_MAX = 12
"""Failed attempts, outages not counted, until a record is dead-lettered: about two minutes."""
TRANSIENT_PAUSE_MAX_S = 30.0
AWAY_PAUSE_MAX_S = 2.0
"""Between attempts to reach a database or a dead-letter topic that is away."""
LOOK_INTERVAL_S = 1.0
"""Between looks at what the worker shows of itself; also the longest wait for Kafka, well below its
max.poll.interval."""

APPLIED = Counter("paystack_worker_applied", "Events applied.", ["consumer", "event_type"])
REPEATED = Counter("paystack_worker_repeated", "Events dropped by the inbox.", ["consumer"])
DEFERRED = Counter("paystack_worker_deferred", "Events set aside for a while.", ["consumer"])
DEAD = Counter("paystack_worker_dead_letters", "Records dead-lettered.", ["consumer"])
IN_HAND = Gauge("paystack_worker_in_hand", "Records taken and not yet done.", ["consumer"])
LAG = Gauge("paystack_worker_lag", "Records not yet committed.", ["consumer", "topic"])

Known = TypeVar("Known")
Outcome = TypeVar("Outcome")


class RetriesExhausted(Exception):
    """A transient failure that did not go away; the last one is its cause."""


class WrongTopic(Exception):
    """An event on a topic that the catalog does not give it."""


@dataclass(slots=True)
class WorkerStatus:
    """What the worker says of itself; written by its thread, read by others."""

    in_hand: int = 0
    aside: int = 0
    dead_letter_error: str | None = None


@dataclass(slots=True, eq=False)
class Work:
    """One event on its way."""

    message: Message
    event: Event
    offsets: PartitionOffsets
    attempts: int = 0
    outcome: Any = None

    @property
    def lane(self) -> tuple[PartitionOffsets, int]:
        """Events of one lane are applied in order."""
        return self.offsets, self.event.payment_id


@dataclass(frozen=True, slots=True)
class _Dead:
    """A dead letter to be sent; `work` is None when the record was no event at all."""

    letter: DeadLetter
    offsets: PartitionOffsets
    work: Work | None


class Away:
    """A party that does not answer: how long to leave it alone."""

    def __init__(self) -> None:
        self.strikes_in_a_row = 0
        self.until_s = 0.0
        """On the monotonic clock; in the past when it may be tried."""

    @property
    def waits(self) -> bool:
        return time.monotonic() < self.until_s

    def strikes(self) -> None:
        """Notes a failed attempt."""
        self.strikes_in_a_row += 1
        self.until_s = time.monotonic() + growing_pause_s(self.strikes_in_a_row, AWAY_PAUSE_MAX_S)

    def ends(self) -> None:
        """Notes that it answered."""
        self.strikes_in_a_row, self.until_s = 0, 0.0


class Worker(Generic[Known, Outcome]):
    """Applies the events of one consumer group member until it is stopped."""

    def __init__(
        self,
        consumer: str,
        intake: Intake,
        database: Database,
        dead_letters: DeadLetterSender,
        handler: Handler[Known, Outcome],
        calls: Calls[Work],
        on_applied: Callable[[], None] = lambda: None,
    ) -> None:
        """`calls` runs what the handler asks for; `on_applied` is called after each commit."""
        self.status = WorkerStatus()
        self._consumer = consumer
        self._intake = intake
        self._database = database
        self._dead_letters = dead_letters
        self._handler = handler
        self._calls = calls
        self._on_applied = on_applied
        self._lanes: Chains[tuple[PartitionOffsets, int], Work] = Chains()
        self._in_hand = 0
        self._fresh: deque[Work] = deque()
        """First of their lane, to be looked up and decided."""
        self._ready: deque[Work] = deque()
        """Decided, to be applied."""
        self._aside: list[tuple[float, int, Work]] = []
        """A heap by the time at which to try again."""
        self._order = itertools.count()
        self._dead: list[_Dead] = []
        self._database_away = Away()
        self._dead_letters_away = Away()
        self._next_look_s = 0.0

    def run(self, stop: Stop) -> None:
        """Works until `stop` is requested; then ends what is at the card network."""
        while not stop.requested:
            self._look_when_due()
            for message in self._intake.poll(POLL_RECORDS_MAX, self._idle_s()):
                self._take(message)
            self._wake_up()
            self._decide()
            self._collect()
            self._apply()
            self._bury()
            self._intake.commit()
            self._regulate()
        deadline_s = time.monotonic() + DRAIN_MAX_S
        while (self._calls.under_way or self._ready) and time.monotonic() < deadline_s:
            self._collect()
            self._apply()

    def _idle_s(self) -> float:
        """How long there is nothing to do but to wait for records."""
        if self._calls.under_way:
            return 0.0
        now_s = time.monotonic()
        due_s = [self._next_look_s]
        if self._aside:
            due_s.append(self._aside[0][0])
        if self._dead:
            due_s.append(self._dead_letters_away.until_s)
        if self._ready:
            due_s.append(self._database_away.until_s)
        if self._fresh:
            permitted_s = now_s + self._calls.retry_after_s()
            due_s.append(max(self._database_away.until_s, permitted_s))
        return max(0.0, min(due_s) - now_s)

    def _take(self, message: Message) -> None:
        offsets = self._intake.take(message)
        self._in_hand += 1
        try:
            event = read_event(message.key(), message.value(), headers_of(message))
            _check_topic(event, message)
        except Exception as error:
            self._dead.append(_Dead(DeadLetter(message, error), offsets, None))
            return
        work: Work = Work(message, event, offsets)
        if self._lanes.add(work.lane, work):
            self._fresh.append(work)

    def _wake_up(self) -> None:
        """Ends the pauses that are over."""
        now_s = time.monotonic()
        while self._aside and self._aside[0][0] <= now_s:
            self._fresh.append(heapq.heappop(self._aside)[2])

    def _decide(self) -> None:
        """Looks fresh events up, as many as may be at work, and decides or calls."""
        if self._database_away.waits:
            return
        batch = self._live(self._fresh, self._calls.permitted())
        if not batch:
            return
        events = [work.event for work in batch]
        try:
            applied, known = self._database.run(lambda cursor: self._read(cursor, events))
        except pymysql.err.MySQLError as error:
            self._fresh.extendleft(reversed(batch))
            self._database_lost(error)
            return
        calls: list[tuple[Work, StartCall]] = []
        for work in batch:
            if work.event.event_id in applied:
                REPEATED.labels(self._consumer).inc()
                self._finish(work)
                continue
            try:
                decided = self._handler.decide(work.event, known.get(work.event.event_id))
            except Exception as error:
                self._failed(work, error)
                continue
            if isinstance(decided, Call):
                calls.append((work, decided.start))
            else:
                work.outcome = decided
                self._ready.append(work)
        self._calls.start(calls)

    def _read(
        self, cursor: Cursor, events: Sequence[Event]
    ) -> tuple[set[int], Mapping[int, Known]]:
        applied = already_applied(cursor, self._consumer, [event.event_id for event in events])
        new = [event for event in events if event.event_id not in applied]
        return applied, self._handler.read(cursor, new)

    def _collect(self) -> None:
        """Takes what calls have brought; waits for the next unless there is something to apply."""
        if not self._calls.under_way:
            return
        may_apply = self._ready and not self._database_away.waits
        for work, outcome in self._calls.finished(0 if may_apply else CALLS_WAIT_S):
            if isinstance(outcome, Exception):
                self._failed(work, outcome)
            else:
                work.outcome = outcome
                self._ready.append(work)

    def _apply(self) -> None:
        while self._ready and not self._database_away.waits:
            self._apply_together(self._live(self._ready, APPLY_RECORDS_MAX))

    def _apply_together(self, batch: list[Work]) -> None:
        """Applies all in one transaction; each by itself when one of them fails."""
        if not batch:
            return
        if self._database_away.waits:
            self._ready.extend(batch)
            return
        try:
            self._database.run(lambda cursor: self._write(cursor, batch))
        except Exception as error:
            if isinstance(error, pymysql.err.MySQLError) and is_connection_lost(error):
                self._ready.extendleft(reversed(batch))
                self._database_lost(error)
            elif len(batch) > 1:
                for work in batch:
                    self._apply_together([work])
            elif isinstance(error, AlreadyApplied):
                REPEATED.labels(self._consumer).inc()
                self._finish(batch[0])
            else:
                self._failed(batch[0], error)
            return
        self._database_away.ends()
        self._on_applied()
        for work in batch:
            self._log_applied(work)
            self._finish(work)

    def _write(self, cursor: Cursor, batch: Sequence[Work]) -> None:
        mark_applied(cursor, self._consumer, [work.event.event_id for work in batch])
        decided = [Decided(work.event, work.outcome, work.attempts) for work in batch]
        self._handler.apply(cursor, decided)

    def _failed(self, work: Work, error: Exception) -> None:
        """Decides what becomes of an event that could not be applied."""
        if isinstance(error, KeptBack):
            self._fresh.append(work)
        elif not is_transient(error):
            self._give_up(work, error)
        elif self._calls.outage:
            self._defer(work, error)
        elif work.attempts + 1 < TRANSIENT_ATTEMPTS_MAX:
            work.attempts += 1
            self._defer(work, error)
        else:
            exhausted = RetriesExhausted(f"{TRANSIENT_ATTEMPTS_MAX} attempts failed: {error}")
            exhausted.__cause__ = error.__cause__ or error
            self._give_up(work, exhausted)

    def _defer(self, work: Work, error: Exception) -> None:
        pause_s = growing_pause_s(max(1, work.attempts), TRANSIENT_PAUSE_MAX_S)
        due_s = time.monotonic() + pause_s
        heapq.heappush(self._aside, (due_s, next(self._order), work))
        DEFERRED.labels(self._consumer).inc()
        with _context(work.event):
            get_logger().warning(
                "event_deferred", error=str(error), attempts=work.attempts, pause_s=pause_s
            )

    def _give_up(self, work: Work, error: Exception) -> None:
        self._dead.append(_Dead(DeadLetter(work.message, error), work.offsets, work))

    def _bury(self) -> None:
        """Sends what cannot be applied to the dead-letter topic; done only once it is confirmed."""
        if not self._dead or self._dead_letters_away.waits:
            return
        try:
            self._dead_letters.send([dead.letter for dead in self._dead])
            buried, self._dead = self._dead, []
            self._dead_letters_away.ends()
            self.status.dead_letter_error = None
        except DeadLetterNotSent as error:
            buried = [dead for dead in self._dead if dead.letter in error.confirmed]
            self._dead = [dead for dead in self._dead if dead.letter not in error.confirmed]
            self._dead_letters_away.strikes()
            self.status.dead_letter_error = str(error)
            get_logger().error("dead_letters_not_sent", error=str(error), letters=len(self._dead))
        for one in buried:
            self._log_dead(one)
            if one.work is not None:
                self._finish(one.work)
            else:
                one.offsets.finish(one.letter.message.offset() or 0)
                self._in_hand -= 1

    def _finish(self, work: Work) -> None:
        """Ends an event, and starts the next one of its lane."""
        work.offsets.finish(work.message.offset() or 0)
        self._in_hand -= 1
        following = self._lanes.advance(work.lane)
        if following is not None:
            self._fresh.append(following)

    def _live(self, queue: deque[Work], count_max: int) -> list[Work]:
        """Takes up to `count_max` events; those of revoked partitions fall out with their lane."""
        live: list[Work] = []
        while queue and len(live) < count_max:
            work = queue.popleft()
            if work.offsets.revoked:
                self._in_hand -= len(self._lanes.drop(work.lane))
            else:
                live.append(work)
        return live

    def _regulate(self) -> None:
        """Stops the flow of records while too many are in hand or dead letters cannot be sent."""
        if self._dead_letters_away.strikes_in_a_row or self._in_hand >= IN_HAND_RECORDS_MAX:
            self._intake.pause(True)
        elif self._in_hand <= IN_HAND_RECORDS_MAX // 2:
            self._intake.pause(False)

    def _database_lost(self, error: pymysql.err.MySQLError) -> None:
        self._database_away.strikes()
        get_logger().warning("database_lost", error=str(error))

    def _look_when_due(self) -> None:
        now_s = time.monotonic()
        if now_s < self._next_look_s:
            return
        self._next_look_s = now_s + LOOK_INTERVAL_S
        self.status.in_hand, self.status.aside = self._in_hand, len(self._aside)
        IN_HAND.labels(self._consumer).set(self._in_hand)
        for topic, records in self._intake.state.lag.items():
            LAG.labels(self._consumer, topic).set(records)

    def _log_applied(self, work: Work) -> None:
        APPLIED.labels(self._consumer, work.event.event_type).inc()
        with _context(work.event):
            get_logger().info("event_applied", outcome=str(work.outcome))

    def _log_dead(self, dead: _Dead) -> None:
        DEAD.labels(self._consumer).inc()
        message, error = dead.letter.message, dead.letter.error
        get_logger().error(
            "dead_letter_sent",
            topic=message.topic(),
            partition=message.partition(),
            offset=message.offset(),
            dead_letter_topic=self._dead_letters.topic,
            error=f"{type(error).__name__}: {error}",
        )


def is_transient(error: BaseException) -> bool:
    """Whether the same event may well be applied a little later."""
    if isinstance(error, pymysql.err.MySQLError):
        return error_code(error) in RETRYABLE_ERRORS
    return isinstance(error, TransientFailure)


def _check_topic(event: Event, message: Message) -> None:
    expected = resolve_topic_name(event.event_type)
    if message.topic() != expected:
        raise WrongTopic(f"{event.event_type} belongs on {expected}, not on {message.topic()}")


def _context(event: Event) -> AbstractContextManager[None]:
    """The request and trace of an event, for every log line about it."""
    return log_context(
        event.traceparent,
        event.request_id,
        payment_id=event.payment_id,
        event_id=event.event_id,
        event_type=event.event_type,
    )
