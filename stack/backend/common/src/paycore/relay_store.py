"""All that the relay says to MariaDB, over the one connection that also holds its locks.

The advisory locks live and die with the connection. A relay that lost it has lost its slices at the
same instant and can mark nothing any more, so two relays never publish the same slice side by side.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pymysql
from pymysql.connections import Connection
from pymysql.cursors import Cursor

from paycore.database import RETRYABLE_ERRORS, connect, error_code, placeholders
from paycore.settings import DatabaseSettings

SLICES = 8
"""The modulus of the generated column outbox_event.slice."""
MEMBERS_MAX = SLICES
"""A further relay would find no slice to own."""
FROZEN_MAX_S = 10
"""A relay that is silent for so long (stopped, swapped out) loses its connection, so its slices."""
MARK_ROWS_MAX = 1_000
"""Rows in one UPDATE."""
MARK_ATTEMPTS_MAX = 5
LAST_ERROR_CHARS_MAX = 500
"""outbox_event.last_error."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An event that waits to be published."""

    event_id: int
    payment_id: int
    event_type: str
    payload: str
    source: str
    traceparent: str | None
    request_id: str | None
    created_at: datetime
    attempts: int

    @property
    def slice(self) -> int:
        return self.payment_id % SLICES


class RelayStore:
    """Locks and rows of one relay. Every method raises pymysql.err.MySQLError.

    Open it with `with`; leaving the block closes the connection and thereby frees every lock.
    """

    def __init__(self, settings: DatabaseSettings) -> None:
        self._settings = settings
        self._connection: Connection[Cursor]

    def __enter__(self) -> "RelayStore":
        self._connection = connect(self._settings, autocommit=True)
        self._execute("SET SESSION wait_timeout = %s", [FROZEN_MAX_S])
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection.open:
            self._connection.close()

    def lock_membership(self) -> int | None:
        """Takes the first free place among the relays; None when all are taken."""
        return next((n for n in range(MEMBERS_MAX) if self._lock(self._member(n))), None)

    def count_members(self) -> int:
        """How many relays live, this one included."""
        names = [self._member(number) for number in range(MEMBERS_MAX)]
        (held,) = self._execute(
            "SELECT " + ",".join(["IS_USED_LOCK(%s) IS NOT NULL"] * len(names)), names
        )
        return sum(map(int, held))

    def lock_slice(self, slice_: int) -> bool:
        """Takes a slice if no relay has it."""
        return self._lock(self._slice(slice_))

    def release_slice(self, slice_: int) -> None:
        self._execute("SELECT RELEASE_LOCK(%s)", [self._slice(slice_)])

    def waiting(self, rows_max: Mapping[int, int]) -> list[int]:
        """The oldest unpublished event ids of each slice, as many as `rows_max` says for it.

        Read from ix_outbox_hot alone: rows that are under way already cost next to nothing.
        """
        if not rows_max:
            return []
        one_slice = (
            "(SELECT event_id FROM outbox_event FORCE INDEX (ix_outbox_hot)"
            " WHERE published = 0 AND parked = 0 AND slice = %s ORDER BY event_id LIMIT %s)"
        )
        parameters = [number for entry in rows_max.items() for number in entry]
        found = self._execute(" UNION ALL ".join([one_slice] * len(rows_max)), parameters)
        return [event_id for (event_id,) in found]

    def rows(self, event_ids: Sequence[int]) -> list[OutboxRow]:
        """The rows of `event_ids`, oldest first."""
        if not event_ids:
            return []
        found = self._execute(
            "SELECT event_id, aggregate_id, event_type, payload, source, traceparent, request_id,"
            " created_at, attempts FROM outbox_event WHERE event_id IN "
            + placeholders(1, len(event_ids))
            + " ORDER BY event_id",
            event_ids,
        )
        return [OutboxRow(*row) for row in found]

    def mark_published(self, event_ids: Sequence[int]) -> None:
        """Marks rows whose delivery the broker has confirmed."""
        now = _now()
        for start in range(0, len(event_ids), MARK_ROWS_MAX):
            chunk = event_ids[start : start + MARK_ROWS_MAX]
            self._execute(
                "UPDATE outbox_event SET published = 1, published_at = %s WHERE event_id IN "
                + placeholders(1, len(chunk)),
                [now, *chunk],
            )

    def note_failure(self, event_id: int, error: str) -> None:
        """Counts one failed attempt."""
        self._execute(
            "UPDATE outbox_event SET attempts = attempts + 1, last_error = %s WHERE event_id = %s",
            [error[:LAST_ERROR_CHARS_MAX], event_id],
        )

    def park(self, row: OutboxRow, error: str) -> None:
        """Takes a row that cannot be published out of the hot path, and all that come after it.

        The later events of the payment wait behind it: overtaking would break the order of its
        events, and only who repairs the row can say whether they still make sense.
        """
        self._execute(
            "UPDATE outbox_event SET parked = 1, attempts = attempts + (event_id = %s),"
            " last_error = IF(event_id = %s, %s, %s)"
            " WHERE aggregate_id = %s AND event_id >= %s AND published = 0 AND parked = 0",
            [
                row.event_id,
                row.event_id,
                error[:LAST_ERROR_CHARS_MAX],
                f"waits behind parked event {row.event_id}",
                row.payment_id,
                row.event_id,
            ],
        )

    def has_parked(self, slices: Collection[int]) -> bool:
        """Whether any of `slices` holds a parked row."""
        if not slices:
            return False
        return bool(
            self._execute(
                "SELECT 1 FROM outbox_event WHERE published = 0 AND parked = 1 AND slice IN "
                + placeholders(1, len(slices))
                + " LIMIT 1",
                list(slices),
            )
        )

    def parked_payments(self, payment_ids: Iterable[int]) -> dict[int, int]:
        """Those of `payment_ids` that have a parked event, with the first such event."""
        asked = list(payment_ids)
        if not asked:
            return {}
        found = self._execute(
            "SELECT aggregate_id, MIN(event_id) FROM outbox_event"
            " WHERE published = 0 AND parked = 1 AND aggregate_id IN "
            + placeholders(1, len(asked))
            + " GROUP BY aggregate_id",
            asked,
        )
        return dict(found)

    def park_behind(self, event_ids: Sequence[int], parked: int) -> None:
        """Takes rows out of the hot path because event `parked` of their payment comes first."""
        self._execute(
            "UPDATE outbox_event SET parked = 1, last_error = %s WHERE event_id IN "
            + placeholders(1, len(event_ids)),
            [f"waits behind parked event {parked}", *event_ids],
        )

    def _member(self, number: int) -> str:
        return f"{self._settings.name}.paystack-relay-member-{number}"

    def _slice(self, number: int) -> str:
        return f"{self._settings.name}.paystack-relay-slice-{number}"

    def _lock(self, name: str) -> bool:
        """Takes an advisory lock without waiting; taking it again would only count it up."""
        ((taken,),) = self._execute("SELECT GET_LOCK(%s, 0)", [name])
        return bool(taken)

    def _execute(self, sql: str, parameters: Sequence[object]) -> tuple[tuple[Any, ...], ...]:
        """Runs one statement, which is a transaction of its own, again after a deadlock."""
        for attempt in range(1, MARK_ATTEMPTS_MAX + 1):
            try:
                with self._connection.cursor() as cursor:
                    cursor.execute(sql, parameters)
                    return cursor.fetchall()
            except pymysql.err.MySQLError as error:
                if error_code(error) not in RETRYABLE_ERRORS or attempt == MARK_ATTEMPTS_MAX:
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
