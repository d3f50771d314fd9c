"""The inbox: which events a consumer has applied, written in the transaction of their effect."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pymysql
from pymysql.cursors import Cursor

from paycore.database import DUPLICATE_KEY, error_code, flatten, placeholders


class AlreadyApplied(Exception):
    """The inbox has one of the events: another worker was first, or a commit's answer was lost."""


def already_applied(cursor: Cursor, consumer: str, event_ids: Sequence[int]) -> set[int]:
    """Those of `event_ids` that `consumer` has applied before."""
    if not event_ids:
        return set()
    cursor.execute(
        "SELECT event_id FROM inbox_event WHERE consumer = %s AND event_id IN "
        + placeholders(1, len(event_ids)),
        [consumer, *event_ids],
    )
    return {row[0] for row in cursor.fetchall()}


def mark_applied(cursor: Cursor, consumer: str, event_ids: Sequence[int]) -> None:
    """Writes one inbox row per event. Raises AlreadyApplied."""
    if not event_ids:
        return
    now = datetime.now(UTC).replace(tzinfo=None)
    rows = [(consumer, event_id, now) for event_id in event_ids]
    try:
        cursor.execute(
            "INSERT INTO inbox_event (consumer, event_id, received_at) VALUES "
            + placeholders(len(rows), 3),
            flatten(rows),
        )
    except pymysql.err.IntegrityError as error:
        if error_code(error) == DUPLICATE_KEY:
            raise AlreadyApplied(f"{consumer}: {error.args[1]}") from error
        raise
