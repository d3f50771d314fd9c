"""The transactional outbox: an event exists only as a row of the transaction that made it true."""

import select
import socket
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from pymysql.cursors import Cursor

from paycore.catalog import check_value
from paycore.database import Statement, flatten, placeholders

ADDRESS_AGE_MAX_S = 5.0
"""How long a relay's address is used before its name is resolved again."""
WAKE_BYTES_MAX = 16
"""Of a datagram; what it says does not matter."""

_encode = msgspec.json.Encoder().encode


class NewEvent(msgspec.Struct, frozen=True):
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
    if events:
        cursor.execute(*events_statement(source, events))


def events_statement(source: str, events: Sequence[NewEvent]) -> Statement:
    """The statement of `append_events`, for a caller that sends several together."""
    rows: list[tuple[Any, ...]] = []
    for event in events:
        check_value(event.event_type, event.value)
        payload = _encode(event.value).decode()
        rows.append(
            (event.payment_id, event.event_type, payload, event.traceparent, event.request_id)
        )
    now = datetime.now(UTC).replace(tzinfo=None)
    return (
        "INSERT INTO outbox_event (aggregate_id, event_type, payload, traceparent, request_id,"
        f" source, created_at) VALUES {placeholders(len(rows), 5, source, now)}",
        flatten(rows),
    )


class RelayWaker:
    """Tells every relay, after a commit, that new rows wait: a datagram that may get lost.

    The relay's own interval is the safety net, so nothing here can fail a payment.
    """

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._found: set[tuple[str, int]] = set()
        self._found_until_s = 0.0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def wake(self) -> None:
        for address in self._relays():
            try:
                self._socket.sendto(b"w", address)
            except OSError:
                continue

    def _relays(self) -> Iterable[tuple[str, int]]:
        """Where the relays are; asked anew every ADDRESS_AGE_MAX_S, since relays come and go."""
        now_s = time.monotonic()
        if now_s >= self._found_until_s:
            self._found_until_s = now_s + ADDRESS_AGE_MAX_S
            host, port = self._address
            try:
                found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_DGRAM)
            except OSError:
                found = []
            self._found = {(str(entry[4][0]), port) for entry in found}
        return self._found


class WakeListener:
    """The relay's end of `RelayWaker`. Several relays of one host may share the port.

    Raises OSError when the address cannot be bound.
    """

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._socket.setblocking(False)
        try:
            self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise

    def close(self) -> None:
        self._socket.close()

    def interrupt(self) -> None:
        """Ends a `wait` of another thread now."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
            caller.sendto(b"w", self._socket.getsockname())

    def wait(self, timeout_s: float) -> bool:
        """Whether somebody called since the last `wait`; waits for a call up to `timeout_s`."""
        ready, _, _ = select.select([self._socket], [], [], max(0.0, timeout_s))
        if not ready:
            return False
        while True:
            try:
                self._socket.recv(WAKE_BYTES_MAX)
            except BlockingIOError:
                return True
