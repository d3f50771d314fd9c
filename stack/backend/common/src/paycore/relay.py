"""The relay: moves outbox rows to Kafka, in order per payment, and marks what the broker confirmed.

One thread, one turn after the other:

    look at the slices -> mark what was delivered -> fetch what waits -> send -> wait for the broker

Sending does not wait for marking: while an UPDATE commits, later rows are on their way, so each
takes whatever piled up meanwhile. Of a payment one event is in flight at a time; the delivery
callback of one sends the next.
"""

import time
from dataclasses import dataclass, field

import pymysql
from confluent_kafka import KafkaError
from prometheus_client import Counter, Gauge

from paycore.breaker import BreakerState, CallNotPermitted
from paycore.in_hand import RowsInHand
from paycore.kafka import OUTAGE_ERRORS, RECORD_ERRORS
from paycore.lifecycle import Stop
from paycore.logging import get_logger, log_context
from paycore.outbox import WakeListener
from paycore.publisher import NotPublishable, Publisher
from paycore.relay_store import OutboxRow, RelayStore
from paycore.retry import growing_pause_s
from paycore.settings import DatabaseSettings
from paycore.slices import SliceOwnership

IN_HAND_ROWS_MAX = 1_000
"""Fetched and not yet marked: the bound of the relay's memory and of what a crash repeats."""
LOOK_INTERVAL_S = 1.0
"""Between looks at slices and rows when nothing wakes the relay: the safety net."""
MARK_INTERVAL_S = 0.05
"""Between two UPDATEs of delivered rows: a commit delays the rows that wait to be sent."""
MARK_ROWS = 500
"""Delivered rows that are marked at once."""
DELIVERY_WAIT_S = 0.01
"""For the broker's next answer; also how late a wake-up is noticed while rows are in flight."""
RELAY_ATTEMPTS_MAX = 10
"""Failed attempts, outages not counted, until a row is parked."""
DRAIN_MAX_S = 8.0
"""For what is in flight when the relay stops; well below the 15 s of `stop_grace_period`."""
REST_MAX_S = 30.0
"""The longest pause of a payment whose event failed."""
RECONNECT_PAUSE_MAX_S = 2.0

PUBLISHED = Counter("paystack_outbox_published", "Outbox rows that the broker confirmed.")
FAILED = Counter("paystack_outbox_failed_attempts", "Failed attempts, outages not counted.")
PARKED = Counter("paystack_outbox_parked", "Outbox rows that were parked.")
IN_HAND = Gauge("paystack_outbox_in_hand", "Outbox rows fetched and not yet marked.")
OWNED_SLICES = Gauge("paystack_outbox_slices", "Slices of the outbox that this relay owns.")


@dataclass(slots=True)
class RelayStatus:
    """What the relay says of itself; written by its thread, read by others."""

    error: str | None = "not connected to paydb yet"
    slices: list[int] = field(default_factory=list)
    in_hand: int = 0
    published: int = 0


class Relay:
    """Publishes the rows of its slices until it is stopped."""

    def __init__(
        self, settings: DatabaseSettings, publisher: Publisher, wake: WakeListener
    ) -> None:
        self.status = RelayStatus()
        self._settings = settings
        self._publisher = publisher
        self._wake = wake

    def run(self, stop: Stop) -> None:
        """Works until `stop` is requested, through any loss of the database."""
        failures = 0
        while not stop.requested:
            try:
                with RelayStore(self._settings) as store:
                    self.status.error = None
                    failures = 0
                    _Session(store, self._publisher, self._wake, self.status).run(stop)
            except pymysql.err.MySQLError as error:
                failures += 1
                self.status.error = str(error)
                get_logger().warning("database_lost", error=str(error), failures=failures)
                stop.wait(growing_pause_s(failures, RECONNECT_PAUSE_MAX_S))
            finally:
                self._publisher.close()


class _Session:
    """What the relay knows while its locks hold: all of it ends with the connection."""

    def __init__(
        self, store: RelayStore, publisher: Publisher, wake: WakeListener, status: RelayStatus
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._wake = wake
        self._status = status
        self._slices = SliceOwnership(store)
        self._in_hand = RowsInHand()
        self._delivered: list[OutboxRow] = []
        self._failed: list[tuple[OutboxRow, KafkaError]] = []
        self._unpublishable: list[tuple[OutboxRow, str]] = []
        self._resting_until_s: dict[int, float] = {}
        """When to try a payment again whose event failed."""
        self._next_look_s = 0.0
        self._next_mark_s = 0.0
        self._may_have_more = True
        self._refused = False
        """The breaker kept a row back: no new rows until it closes, or the next look."""
        self._any_parked = False
        self._sending = True

    def run(self, stop: Stop) -> None:
        try:
            while not stop.requested:
                self._look_when_due()
                self._settle_when_due()
                self._fetch_and_send()
                self._wait()
            self._drain()
        finally:
            self._sending = False

    def _look_when_due(self) -> None:
        """Once an interval: who owns what, and rows that nobody announced."""
        now_s = time.monotonic()
        if now_s < self._next_look_s:
            return
        self._next_look_s = now_s + LOOK_INTERVAL_S
        self._slices.rebalance(lambda slice_: self._in_hand.of_slice(slice_) > 0)
        self._any_parked = self._store.has_parked(self._slices.active)
        self._may_have_more, self._refused = True, False
        self._status.slices = sorted(self._slices.active)
        OWNED_SLICES.set(len(self._status.slices))

    def _settle_when_due(self) -> None:
        now_s = time.monotonic()
        trouble = self._failed or self._unpublishable
        if trouble or now_s >= self._next_mark_s or len(self._delivered) >= MARK_ROWS:
            self._next_mark_s = now_s + MARK_INTERVAL_S
            self._settle()

    def _settle(self) -> None:
        """Writes down what became of rows since the last time."""
        delivered, self._delivered = self._delivered, []
        if delivered:
            event_ids = [row.event_id for row in delivered]
            self._store.mark_published(event_ids)
            self._in_hand.settle(event_ids)
            self._status.published += len(delivered)
            PUBLISHED.inc(len(delivered))
        failed, self._failed = self._failed, []
        for row, error in failed:
            self._note_failure(row, error)
        unpublishable, self._unpublishable = self._unpublishable, []
        for row, reason in unpublishable:
            self._park(row, reason)

    def _note_failure(self, row: OutboxRow, error: KafkaError) -> None:
        """An outage is nobody's failed attempt; a refused record is parked at once."""
        if error.code() in OUTAGE_ERRORS:
            return
        attempts = row.attempts + 1
        if error.code() in RECORD_ERRORS or attempts >= RELAY_ATTEMPTS_MAX:
            self._park(row, str(error))
            return
        FAILED.inc()
        self._store.note_failure(row.event_id, str(error))
        pause_s = growing_pause_s(attempts, REST_MAX_S)
        self._resting_until_s[row.payment_id] = time.monotonic() + pause_s
        with log_context(row.traceparent, row.request_id, payment_id=row.payment_id):
            get_logger().warning("publish_failed", event_id=row.event_id, error=str(error))

    def _park(self, row: OutboxRow, reason: str) -> None:
        PARKED.inc()
        self._any_parked = True
        self._store.park(row, reason)
        with log_context(row.traceparent, row.request_id, payment_id=row.payment_id):
            get_logger().error("event_parked", event_id=row.event_id, reason=reason)

    def _fetch_and_send(self) -> None:
        if self._refused and self._publisher.breaker.state is BreakerState.CLOSED:
            self._refused, self._may_have_more = False, True
        if self._refused or not self._may_have_more:
            return
        for row in self._fetch(IN_HAND_ROWS_MAX - len(self._in_hand)):
            if self._refused:
                return
            if self._in_hand.add(row):
                self._send(row)

    def _fetch(self, rows_max: int) -> list[OutboxRow]:
        """Up to `rows_max` rows that are not in hand, each slice getting an equal part."""
        slices = self._slices.active
        part = rows_max // max(1, len(slices))
        if part == 0:
            return []
        resting = self._resting()
        skipped = {s: self._in_hand.of_slice(s) + len(resting) for s in slices}
        waiting = self._store.waiting({s: part + skipped[s] for s in slices})
        new = [event_id for event_id in waiting if event_id not in self._in_hand]
        rows = [row for row in self._store.rows(new) if row.payment_id not in resting]
        self._may_have_more = len(rows) >= part
        return self._without_held(rows) if self._any_parked else rows

    def _resting(self) -> set[int]:
        """The payments that rest after a failure."""
        now_s = time.monotonic()
        self._resting_until_s = {p: due for p, due in self._resting_until_s.items() if due > now_s}
        return set(self._resting_until_s)

    def _without_held(self, rows: list[OutboxRow]) -> list[OutboxRow]:
        """Parks the rows whose payment has a parked event, and returns the others."""
        parked = self._store.parked_payments({row.payment_id for row in rows})
        for payment_id, parked_event_id in parked.items():
            behind = [row.event_id for row in rows if row.payment_id == payment_id]
            self._store.park_behind(behind, parked_event_id)
        return [row for row in rows if row.payment_id not in parked]

    def _send(self, row: OutboxRow) -> None:
        try:
            self._publisher.publish(row, self._on_result)
        except NotPublishable as error:
            self._unpublishable.append((row, str(error)))
            self._in_hand.give_up(row.payment_id)
        except (CallNotPermitted, BufferError):
            self._refused = True
            self._in_hand.give_up(row.payment_id)

    def _on_result(self, row: OutboxRow, error: KafkaError | None) -> None:
        if error is not None:
            self._failed.append((row, error))
            self._in_hand.give_up(row.payment_id)
            return
        self._delivered.append(row)
        following = self._in_hand.delivered(row)
        if following is None:
            return
        if self._sending:
            self._send(following)
        else:
            self._in_hand.give_up(row.payment_id)

    def _wait(self) -> None:
        """Until the broker answers, or somebody announces new rows, or the next look is due."""
        self._status.in_hand = len(self._in_hand)
        IN_HAND.set(len(self._in_hand))
        if self._unpublishable:
            return
        in_flight = self._in_hand.in_flight > 0
        self._publisher.poll(DELIVERY_WAIT_S if in_flight else 0)
        due_s = self._next_mark_s if self._delivered else self._next_look_s
        busy = in_flight or (self._may_have_more and not self._refused)
        if self._wake.wait(0 if busy else due_s - time.monotonic()):
            self._may_have_more = True

    def _drain(self) -> None:
        """Waits for what is in flight, sending nothing more, and marks it."""
        self._sending = False
        deadline_s = time.monotonic() + DRAIN_MAX_S
        while self._in_hand.in_flight and time.monotonic() < deadline_s:
            self._publisher.poll(DELIVERY_WAIT_S)
            self._settle()
        self._settle()
