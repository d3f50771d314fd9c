"""The outbox table as an operator sees it: what waits, since when, what is parked and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from paystack_cli.clients.database import Database
from paystack_cli.clients.sanitize import sanitize

RATE_WINDOW_S = 60
PARKED_REASONS_MAX = 20
"""Most frequent reasons that are listed; `parked` counts all of them."""
NO_REASON = "no reason was recorded"
STATEMENT_MAX_S = 30
"""A count over a backlog that takes longer than this is given up by the server."""

_SNAPSHOT = (
    f"SET SESSION max_statement_time = {STATEMENT_MAX_S}",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
)
"""All figures of one status come from one moment and take no lock."""

# ix_outbox_hot (published, parked, …) bounds both to the rows they count, however large the table;
# left alone the optimizer reads the whole table once a backlog is a good part of it.
_WAITING = """
SELECT JSON_ARRAY(
         event_type,
         slice,
         COUNT(*),
         COALESCE(SUM(attempts > 0), 0),
         TIMESTAMPDIFF(MICROSECOND, MIN(created_at), UTC_TIMESTAMP(6)) / 1e6
       )
  FROM outbox_event FORCE INDEX (ix_outbox_hot)
 WHERE published = 0 AND parked = 0
 GROUP BY event_type, slice
 ORDER BY event_type, slice
"""

_PARKED = """
SELECT JSON_ARRAY(
         event_type, last_error, COUNT(*), MIN(created_at), MAX(created_at), MIN(event_id)
       )
  FROM outbox_event FORCE INDEX (ix_outbox_hot)
 WHERE published = 0 AND parked = 1
 GROUP BY event_type, last_error
 ORDER BY COUNT(*) DESC, event_type, last_error
"""

# ix_outbox_published_at
_PUBLISHED_LATELY = f"""
SELECT JSON_ARRAY(COUNT(*))
  FROM outbox_event
 WHERE published_at >= UTC_TIMESTAMP(6) - INTERVAL {RATE_WINDOW_S} SECOND
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Unpublished rows of one event type that the relay will send; `retrying` failed before."""

    event_type: str
    rows: int
    retrying: int
    oldest_age_s: float


@dataclass(frozen=True, slots=True)
class SliceWaiting:
    """The same by slice: payments whose id leaves one remainder, published by one relay."""

    slice: int
    rows: int
    oldest_age_s: float


@dataclass(frozen=True, slots=True)
class Parked:
    """Rows that failed too often for one reason; they wait for a decision, not for the relay."""

    event_type: str
    reason: str
    rows: int
    first_created_at: datetime
    last_created_at: datetime
    sample_event_id: int


@dataclass(frozen=True, slots=True)
class OutboxStatus:
    """The outbox at one moment."""

    waiting: tuple[Waiting, ...]
    parked: tuple[Parked, ...]
    parked_rows: int
    published_in_window: int
    slices: tuple[SliceWaiting, ...] = ()

    @property
    def pending(self) -> int:
        """Rows that the relay has yet to publish."""
        return sum(waiting.rows for waiting in self.waiting)

    @property
    def oldest_age_s(self) -> float | None:
        """Age of the oldest row that waits, None when none does."""
        return max((waiting.oldest_age_s for waiting in self.waiting), default=None)

    @property
    def publish_rate_per_s(self) -> float:
        """Rows published a second, over the last RATE_WINDOW_S."""
        return self.published_in_window / RATE_WINDOW_S

    @property
    def drain_s(self) -> float | None:
        """Time to publish what waits at that rate; None when nothing was published lately."""
        rate = self.publish_rate_per_s
        return self.pending / rate if rate else None


def read_status(database: Database, timeout_s: float) -> OutboxStatus:
    """Reads one snapshot. Raises ServerUnreachable, ServerRefused or ServerFailed."""
    script = (*_SNAPSHOT, _WAITING, _PARKED, _PUBLISHED_LATELY)
    *_, waiting, parked, ((published_in_window,),) = database.run(script, timeout_s)
    reasons = tuple(
        Parked(
            event_type,
            sanitize(reason or NO_REASON),
            rows,
            datetime.fromisoformat(first_at),
            datetime.fromisoformat(last_at),
            event_id,
        )
        for event_type, reason, rows, first_at, last_at, event_id in parked
    )
    types: dict[str, Waiting] = {}
    slices: dict[int, SliceWaiting] = {}
    for event_type, number, rows, retrying, age_s in waiting:
        before = types.get(event_type, Waiting(event_type, 0, 0, 0.0))
        types[event_type] = Waiting(
            event_type,
            before.rows + rows,
            before.retrying + int(retrying),
            max(before.oldest_age_s, age_s),
        )
        beside = slices.get(number, SliceWaiting(number, 0, 0.0))
        slices[number] = SliceWaiting(number, beside.rows + rows, max(beside.oldest_age_s, age_s))
    return OutboxStatus(
        waiting=tuple(types.values()),
        slices=tuple(slices[number] for number in sorted(slices)),
        parked=reasons[:PARKED_REASONS_MAX],
        parked_rows=sum(reason.rows for reason in reasons),
        published_in_window=published_in_window,
    )


def breaches(
    status: OutboxStatus, *, max_age_s: float | None, max_pending: int | None
) -> Iterator[str]:
    """What is beyond the limits that were given, one sentence each."""
    age_s = status.oldest_age_s
    if max_age_s is not None and age_s is not None and age_s > max_age_s:
        yield f"the oldest row waits for {age_s:.1f} s, more than {max_age_s:g} s"
    if max_pending is not None and status.pending > max_pending:
        yield f"{status.pending} rows wait, more than {max_pending}"
