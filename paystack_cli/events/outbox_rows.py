"""Single outbox rows: found, shown, parked, sent again.

A row waits, is parked, or is published; only the relay publishes. Each change is one statement that
names the state it starts from, so a relay that runs at the same time is never overruled: what it
has published stays published. Where both want the same rows, the change is tried again.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from paystack_cli.clients.database import Database, Row
from paystack_cli.clients.errors import LockConflict
from paystack_cli.errors import UsageError

SLICES = 8
"""The modulus of the generated column outbox_event.slice."""
ROWS_MAX = 1_000
"""Of a list, and of one change: a longer one would hold its locks for too long."""
ANSWER_MAX_S = 15.0
LOCK_WAIT_MAX_S = 2
"""Of one try of a change; the server's own limit is longer than ANSWER_MAX_S."""
TRIES_MAX = 5
PAUSE_MAX_S = 0.5
"""Between two tries, at random."""
REASON_CHARS_MAX = 500
"""outbox_event.last_error."""

_COLUMNS = (
    "event_id, aggregate_id, event_type, source, traceparent, request_id, published, parked, slice,"
    " attempts, last_error, created_at, published_at"
)


class State(StrEnum):
    """Of a row; `published` wins over a parking that came too late."""

    WAITING = "waiting"
    PARKED = "parked"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One event; times in UTC. `payload` is there when one row is shown."""

    event_id: int
    payment_id: int
    event_type: str
    source: str
    traceparent: str | None
    request_id: str | None
    state: State
    slice: int
    attempts: int
    last_error: str | None
    created_at: datetime
    published_at: datetime | None
    payload: str | None = None


def find_rows(
    database: Database,
    *,
    state: State | None = None,
    payment_id: int | None = None,
    event_type: str | None = None,
    after: int = 0,
    limit: int = ROWS_MAX,
) -> list[OutboxRow]:
    """Rows by event id, oldest first, from the one after `after`.

    Without a payment only those that are not published; each slice is read from ix_outbox_hot, so
    that published rows cost nothing.
    """
    conditions = f" AND event_id > {int(after)}"
    if event_type is not None:
        conditions += f" AND event_type = {literal(event_type)}"
    end = f" ORDER BY event_id LIMIT {int(limit)}"
    if payment_id is not None:
        parts = [f"aggregate_id = {int(payment_id)}{_in_state(state)}{conditions}"]
        index = "ix_outbox_aggregate"
    else:
        index = "ix_outbox_hot"
        parked = [int(one is State.PARKED) for one in ([state] if state else _UNPUBLISHED)]
        parts = [
            f"published = 0 AND parked = {flag} AND slice = {number}{conditions}"
            for flag in parked
            for number in range(SLICES)
        ]
    selects = [
        f"(SELECT {_COLUMNS} FROM outbox_event FORCE INDEX ({index}) WHERE {part}{end})"
        for part in parts
    ]
    (found,) = database.run(
        [f"SELECT JSON_ARRAY({_COLUMNS}) FROM ({' UNION ALL '.join(selects)}) found{end}"],
        ANSWER_MAX_S,
    )
    return [_row(row) for row in found]


def find_row(database: Database, event_id: int) -> OutboxRow:
    """One row with its payload. Raises UsageError when there is none."""
    one = f"FROM outbox_event WHERE event_id = {event_id:d}"
    found, payloads = database.run(
        # The payload as text, exactly as it is; a JSON column would come as JSON.
        [f"SELECT JSON_ARRAY({_COLUMNS}) {one}", f"SELECT JSON_ARRAY(CONCAT(payload)) {one}"],
        ANSWER_MAX_S,
    )
    if not found or not payloads:
        raise UsageError(
            f"there is no outbox event {event_id}; published rows go after their retention",
            hint="paystack outbox list",
        )
    return replace(_row(found[0]), payload=payloads[0][0])


def applied_by(database: Database, event_id: int, consumers: Iterable[str]) -> list[str]:
    """The consumers that have an inbox row of the event."""
    names = ", ".join(map(literal, consumers)) or "NULL"
    statement = (
        "SELECT JSON_ARRAY(consumer) FROM inbox_event"
        f" WHERE consumer IN ({names}) AND event_id = {event_id:d} ORDER BY consumer"
    )
    (found,) = database.run([statement], ANSWER_MAX_S)
    return [str(name) for (name,) in found]


def parked_with_payments(
    database: Database, *, event_ids: Sequence[int] = (), reason: str | None = None
) -> list[OutboxRow]:
    """All parked rows of the payments of these events, or of all payments when none is named.

    A payment's later events wait behind a parked one, so they are sent again together. With
    `reason`, only payments with a parked row whose reason contains it. Raises UsageError for an
    event that is not parked.
    """
    chosen = [find_row(database, event_id) for event_id in event_ids]
    for row in chosen:
        if row.state is not State.PARKED:
            raise UsageError(
                f"outbox event {row.event_id} is {row.state}, not parked",
                hint=f"paystack outbox show {row.event_id}",
            )
    found = (
        find_rows(database, state=State.PARKED) if not chosen else _of_payments(database, chosen)
    )
    if reason is None:
        return found
    meant = {row.payment_id for row in found if reason in (row.last_error or "")}
    return [row for row in found if row.payment_id in meant]


def waiting_behind(database: Database, event_ids: Sequence[int]) -> list[OutboxRow]:
    """The waiting rows that parking these takes along: the payments' later ones too.

    Raises UsageError for an event that does not wait.
    """
    found: dict[int, OutboxRow] = {}
    for event_id in event_ids:
        row = find_row(database, event_id)
        if row.state is not State.WAITING:
            raise UsageError(
                f"outbox event {event_id} is {row.state}: only a waiting one can be parked",
                hint=f"paystack outbox show {event_id}",
            )
        behind = find_rows(
            database, state=State.WAITING, payment_id=row.payment_id, after=event_id - 1
        )
        found |= {each.event_id: each for each in behind}
    return [found[event_id] for event_id in sorted(found)]


def retry(database: Database, rows: Collection[OutboxRow]) -> int:
    """Parked -> waiting, with all attempts before it. Returns how many rows changed."""
    if not rows:
        return 0
    statement = (
        "UPDATE outbox_event SET parked = 0, attempts = 0, last_error = NULL"
        f" WHERE event_id IN ({_ids(rows)}) AND published = 0 AND parked = 1"
    )
    return _changed(database, statement)


def park(database: Database, event_ids: Sequence[int], reason: str) -> int:
    """Waiting -> parked, each with the payment's later rows. Returns how many rows changed."""
    return sum(_park(database, event_id, reason) for event_id in event_ids)


def _park(database: Database, event_id: int, reason: str) -> int:
    row = find_row(database, event_id)
    statement = (
        "UPDATE outbox_event SET parked = 1, last_error = IF(event_id = {0},"
        " {1}, 'waits behind parked event {0}')"
        " WHERE aggregate_id = {2} AND event_id >= {0} AND published = 0 AND parked = 0"
    )
    text = literal(reason[:REASON_CHARS_MAX])
    return _changed(database, statement.format(event_id, text, row.payment_id))


def literal(text: str) -> str:
    """`text` as SQL, whatever it holds."""
    return f"CONVERT(X'{text.encode('utf-8', 'replace').hex()}' USING utf8mb4)"


_UNPUBLISHED = (State.WAITING, State.PARKED)
_CONDITIONS = {
    State.WAITING: " AND published = 0 AND parked = 0",
    State.PARKED: " AND published = 0 AND parked = 1",
    State.PUBLISHED: " AND published = 1",
}


def _in_state(state: State | None) -> str:
    return "" if state is None else _CONDITIONS[state]


def _of_payments(database: Database, rows: Iterable[OutboxRow]) -> list[OutboxRow]:
    payments = sorted({row.payment_id for row in rows})
    return [
        row
        for payment_id in payments
        for row in find_rows(database, state=State.PARKED, payment_id=payment_id)
    ]


def _ids(rows: Iterable[OutboxRow]) -> str:
    return ", ".join(str(row.event_id) for row in rows)


def _changed(database: Database, statement: str) -> int:
    """Raises LockConflict when somebody else has had the rows for all tries."""
    script = [
        f"SET SESSION innodb_lock_wait_timeout = {LOCK_WAIT_MAX_S}",
        statement,
        "SELECT JSON_ARRAY(ROW_COUNT())",
    ]
    tries = Retrying(
        retry=retry_if_exception_type(LockConflict),
        stop=stop_after_attempt(TRIES_MAX),
        wait=wait_random_exponential(multiplier=0.05, max=PAUSE_MAX_S),
        reraise=True,
    )
    _, _, ((count,),) = tries(database.run, script, ANSWER_MAX_S)
    return int(count)


def _row(values: Row) -> OutboxRow:
    event_id, payment_id, event_type, source, traceparent, request_id, *rest = values
    published, parked, number, attempts, last_error, created_at, published_at = rest
    state = State.PUBLISHED if published else State.PARKED if parked else State.WAITING
    return OutboxRow(
        event_id=event_id,
        payment_id=payment_id,
        event_type=event_type,
        source=source,
        traceparent=traceparent,
        request_id=request_id,
        state=state,
        slice=number,
        attempts=attempts,
        last_error=last_error,
        created_at=_utc(created_at),
        published_at=None if published_at is None else _utc(published_at),
    )


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
