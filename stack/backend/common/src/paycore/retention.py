"""Retention: published outbox rows and old inbox rows are deleted when nobody can need them.

    outbox_event    published longer ago than OUTBOX_RETENTION_HOURS
    inbox_event     applied longer ago than INBOX_RETENTION_HOURS, and gone from the outbox

An inbox row keeps a repeated event from being applied again, so it must outlive every copy of the
event: the outbox row, which can be published again, and the record, which Kafka can deliver again.
The statement looks for the one, Kafka is asked about the other before each round.

Rows go a few at a time, on a connection and in a thread of their own, so that publishing waits for
none of it; of several relays one purges at a time. An event id is never given out again: InnoDB
keeps its counter when the rows are gone.
"""

import math
from contextlib import closing
from dataclasses import dataclass, field

import pymysql
from confluent_kafka import KafkaException
from prometheus_client import Counter

from paycore.breaker import BreakerState, CircuitBreaker
from paycore.database import Database
from paycore.lifecycle import CannotStart, Stop
from paycore.logging import get_logger
from paycore.settings import DatabaseSettings, Environment
from paycore.topic_retention import topics_keep_h

OUTBOX_HOURS = 168
INBOX_HOURS = 720
PURGE_ROWS_MAX = 500
"""Rows in one transaction."""
PURGE_PAUSE_S = 0.05
"""Between two transactions. 500 rows take about 10 ms, so they have a sixth of the time at most,
and 8,000 rows go in a second: more than a day's average can bring."""
ROUND_INTERVAL_S = 600.0

PURGED = Counter("paystack_retention_purged", "Rows deleted after their retention.", ["table"])

DELETES = {
    "outbox_event": "DELETE FROM outbox_event"
    " WHERE published = 1 AND published_at < UTC_TIMESTAMP(6) - INTERVAL %s HOUR"
    " ORDER BY published_at LIMIT %s",
    "inbox_event": "DELETE FROM inbox_event"
    " WHERE received_at < UTC_TIMESTAMP(6) - INTERVAL %s HOUR AND NOT EXISTS"
    " (SELECT 1 FROM outbox_event WHERE outbox_event.event_id = inbox_event.event_id)"
    " ORDER BY received_at LIMIT %s",
}
"""By table; each follows the index of its time."""


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """How long rows stay, in hours; infinity, which is 0 in the environment, is for ever."""

    outbox_h: float = OUTBOX_HOURS
    inbox_h: float = INBOX_HOURS

    @classmethod
    def read(cls, environment: Environment) -> "RetentionSettings":
        """Raises CannotStart when inbox rows would go before those of the outbox."""
        settings = cls(
            _hours("OUTBOX", environment.number("OUTBOX_RETENTION_HOURS", OUTBOX_HOURS)),
            _hours("INBOX", environment.number("INBOX_RETENTION_HOURS", INBOX_HOURS)),
        )
        if conflict := settings.conflict("outbox rows", settings.outbox_h):
            raise CannotStart(conflict)
        return settings

    def conflict(self, copies: str, kept_h: float) -> str | None:
        """Why inbox rows must not be deleted while `copies` of events stay for `kept_h`."""
        if self.inbox_h > kept_h or self.inbox_h == math.inf:
            return None
        return (
            f"INBOX_RETENTION_HOURS is {self.inbox_h:g}, but {copies} stay for {_said(kept_h)}"
            " and their events would be applied again: set it higher, or to 0 (for ever)"
        )


def _hours(table: str, hours: int) -> float:
    if hours < 0:
        raise CannotStart(f"{table}_RETENTION_HOURS is negative: {hours}")
    return hours or math.inf


def _said(hours: float) -> str:
    return "ever" if hours == math.inf else f"up to {hours:g} hours"


@dataclass(slots=True)
class RetentionStatus:
    """What retention says of itself; written by its thread, read by others."""

    conflict: str | None = None
    """Why inbox rows are not deleted at all."""
    purged: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DELETES, 0))


class Retention:
    """Deletes what is past its time, round after round."""

    def __init__(
        self,
        settings: RetentionSettings,
        database: DatabaseSettings,
        bootstrap: str,
        breaker: CircuitBreaker,
    ) -> None:
        """`breaker` is that of the broker, which is left alone while it is not CLOSED."""
        self.status = RetentionStatus()
        self._settings = settings
        self._database = database
        self._bootstrap = bootstrap
        self._breaker = breaker

    def run(self, stop: Stop) -> None:
        """Works until `stop` is requested; what fails is left to the next round."""
        while not stop.requested:
            try:
                self.round(stop)
            except (pymysql.err.MySQLError, KafkaException) as error:
                get_logger().warning("retention_put_off", error=str(error))
            stop.wait(ROUND_INTERVAL_S)

    def round(self, stop: Stop) -> None:
        """Deletes all that is past its time. Raises MySQLError and KafkaException."""
        with closing(Database(self._database, autocommit=True)) as database:
            if not _lock(database):
                return
            self._purge(database, "outbox_event", self._settings.outbox_h, stop)
            if self._inbox_may_forget():
                self._purge(database, "inbox_event", self._settings.inbox_h, stop)

    def _inbox_may_forget(self) -> bool:
        """Whether inbox rows outlive the records; not as long as Kafka cannot be asked."""
        if self._settings.inbox_h == math.inf or self._breaker.state is not BreakerState.CLOSED:
            return False
        self.status.conflict = self._settings.conflict("records", topics_keep_h(self._bootstrap))
        if self.status.conflict is not None:
            get_logger().error("inbox_retention_too_short", error=self.status.conflict)
        return self.status.conflict is None

    def _purge(self, database: Database, table: str, kept_h: float, stop: Stop) -> None:
        if kept_h == math.inf:
            return
        delete, bounds = DELETES[table], [kept_h, PURGE_ROWS_MAX]
        rows = 0
        while not stop.requested:
            deleted = database.run(lambda cursor: cursor.execute(delete, bounds))
            rows += deleted
            self.status.purged[table] += deleted
            PURGED.labels(table).inc(deleted)
            if deleted < PURGE_ROWS_MAX:
                break
            stop.wait(PURGE_PAUSE_S)
        if rows:
            get_logger().info("rows_purged", table=table, rows=rows, older_than_h=kept_h)


def _lock(database: Database) -> bool:
    """Whether this is the one that purges now; the lock ends with the connection."""
    name = f"{database.settings.name}.paystack-retention"
    with database.transaction() as cursor:
        cursor.execute("SELECT GET_LOCK(%s, 0)", [name])
        row = cursor.fetchone()
    return row == (1,)
