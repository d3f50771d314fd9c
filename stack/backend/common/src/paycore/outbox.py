"""The transactional outbox: an event exists only as a row of the transaction that made it true."""

import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from pymysql.cursors import Cursor

from paycore.catalog import check_value
from paycore.database import flatten, placeholders

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be written; `value` keeps the JSON Schema of `event_type`."""

    event_type: str
    payment_id: int
    value: dict[str, Any]
    traceparent: str | None
    request_id: str | None


def append_events(cursor: Cursor, source: str, events: Sequence[NewEvent]) -> None:
    """Writes `events` in the caller's transaction, as one statement, in their order.

    `source` is the service's name. Raises UnknownEventType or SchemaBreach before anything is sent.
    """
    if not events:
        return
    now = datetime.now(UTC).replace(tzinfo=None)
    rows: list[tuple[Any, ...]] = []
    for event in events:
        check_value(event.event_type, event.value)
        rows.append(
            (
                event.payment_id,
                event.event_type,
                _encode(event.value).decode(),
                source,
                event.traceparent,
                event.request_id,
                now,
            )
        )
    cursor.execute(
        "INSERT INTO outbox_event (aggregate_id, event_type, payload, source, traceparent,"
        f" request_id, created_at) VALUES {placeholders(len(rows), 7)}",
        flatten(rows),
    )


class RelayWaker:
    """Tells every relay, after a commit, that new rows wait: a datagram that may get lost.

    The relay's own interval is the safety net, so nothing here can fail a payment.
    """

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def wake(self) -> None:
        for address in self._relays():
            try:
                self._socket.sendto(b"w", address)
            except OSError:
                continue

    def _relays(self) -> Iterable[tuple[str, int]]:
        host, port = self._address
        try:
            found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_DGRAM)
        except OSError:
            return []
        return {(str(entry[4][0]), port) for entry in found}
