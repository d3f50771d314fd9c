"""The call log: what the simulated card network was asked and what it answered, once per key.

SQLite in WAL mode with `synchronous=NORMAL`: a commit survives SIGKILL of this process (not a power
cut, which the simulator need not survive).
"""

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from pg_simulator.behaviour import Operation

WAL_PAGES_MAX = 32_000
"""About 32 MiB between checkpoints, each of which costs an fsync."""
CALLS_SHOWN_MAX = 1_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS call (
  call_id         INTEGER PRIMARY KEY,
  operation       TEXT    NOT NULL,
  idempotency_key TEXT    NOT NULL,
  request         BLOB    NOT NULL,
  http_status     INTEGER NOT NULL,
  answer          BLOB    NOT NULL,
  payment_id      INTEGER,
  attempts        INTEGER NOT NULL DEFAULT 1,
  first_at        REAL    NOT NULL,
  last_at         REAL    NOT NULL,
  UNIQUE (idempotency_key, operation)
);
CREATE INDEX IF NOT EXISTS ix_call_payment ON call (payment_id) WHERE payment_id IS NOT NULL;
"""

_RECORD = """
INSERT INTO call
  (operation, idempotency_key, request, http_status, answer, payment_id, first_at, last_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)
ON CONFLICT (idempotency_key, operation) DO UPDATE SET attempts = attempts + 1, last_at = ?7
RETURNING request, http_status, answer
"""


@dataclass(frozen=True, slots=True)
class Call:
    """One request and the answer that it gets if its key is new."""

    operation: Operation
    idempotency_key: str
    request: bytes
    http_status: int
    answer: bytes
    payment_id: int | None


@dataclass(frozen=True, slots=True)
class Answered:
    """What the key was first answered, and whether that was for the same request."""

    same_request: bool
    http_status: int
    answer: bytes


class LoggedCall(msgspec.Struct, frozen=True, rename="camel"):
    """A row of the log as `GET /pg/calls` shows it.

    `request` and `answer` are the bodies as they were sent; times are seconds since 1970.
    """

    call_id: int
    operation: str
    idempotency_key: str
    http_status: int
    request: msgspec.Raw
    answer: msgspec.Raw
    payment_id: int | None
    attempts: int
    first_at: float
    last_at: float


class CallLog:
    """One connection for one thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA page_size = 1024")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES_MAX}")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        self._connection.close()

    def record(self, calls: Sequence[Call]) -> list[Answered]:
        """Writes all `calls` in one commit; a key that was there before keeps its answer."""
        now = time.time()
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            answers = [self._record_one(call, now) for call in calls]
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        return answers

    def _record_one(self, call: Call, now: float) -> Answered:
        parameters = (
            call.operation,
            call.idempotency_key,
            call.request,
            call.http_status,
            call.answer,
            call.payment_id,
            now,
        )
        request, status, answer = self._connection.execute(_RECORD, parameters).fetchall()[0]
        return Answered(request == call.request, status, answer)

    def find(
        self,
        operation: str | None,
        payment_id: int | None,
        key: str | None,
        before: int | None,
        limit: int,
    ) -> list[LoggedCall]:
        """The newest calls that match every filter given, at most `limit`, older than `before`."""
        rows = self._connection.execute(
            "SELECT call_id, operation, idempotency_key, http_status, request, answer, payment_id,"
            " attempts, first_at, last_at FROM call WHERE (?1 IS NULL OR operation = ?1)"
            " AND (?2 IS NULL OR payment_id = ?2) AND (?3 IS NULL OR idempotency_key = ?3)"
            " AND (?4 IS NULL OR call_id < ?4) ORDER BY call_id DESC LIMIT ?5",
            (operation, payment_id, key, before, min(limit, CALLS_SHOWN_MAX)),
        )
        return [_logged(row) for row in rows]

    def size(self) -> int:
        """How many rows the log has; rows are never deleted."""
        return int(
            self._connection.execute("SELECT ifnull(max(call_id), 0) FROM call").fetchone()[0]
        )

    def counts(self) -> dict[str, dict[str, int]]:
        """Per operation: keys approved and declined, and requests in all (repeats included)."""
        rows = self._connection.execute(
            "SELECT operation, sum(http_status = 200), sum(http_status = 402), sum(attempts)"
            " FROM call GROUP BY operation"
        )
        found = {
            row[0]: dict(zip(("approved", "declined", "requests"), row[1:], strict=True))
            for row in rows
        }
        nothing = {"approved": 0, "declined": 0, "requests": 0}
        return {operation: found.get(operation, nothing) for operation in Operation}


def _logged(row: tuple[Any, ...]) -> LoggedCall:
    call_id, operation, key, status, request, answer, payment_id, attempts, first_at, last_at = row
    return LoggedCall(
        call_id,
        operation,
        key,
        status,
        msgspec.Raw(request),
        msgspec.Raw(answer),
        payment_id,
        attempts,
        first_at,
        last_at,
    )
