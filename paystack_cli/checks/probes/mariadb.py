"""MariaDB: a committed write and its read, in a scratch table that holds nothing else."""

import time
import uuid

from pymysql.cursors import Cursor

from paystack_cli.checks.model import AttemptFailed, Evidence, Probe
from paystack_cli.checks.probes import Target
from paystack_cli.checks.translation import client_errors_as_attempts
from paystack_cli.clients.database import DatabaseEndpoint, connected

LEFTOVERS_MAX_AGE_S = 3600
"""Rows of probes that were killed between write and delete are swept after this."""

_TABLE_EXISTS = """
SELECT COUNT(*) FROM information_schema.tables
 WHERE table_schema = DATABASE() AND table_name = 'health_probe'
"""
# Before the migrations have run (`up --only mariadb`) the probe brings its own table.
_OWN_TABLE = """
CREATE TEMPORARY TABLE health_probe
  (probe VARCHAR(64) NOT NULL PRIMARY KEY, written_at DATETIME(6) NOT NULL) ENGINE = InnoDB
"""
_WRITE = "INSERT INTO health_probe (probe, written_at) VALUES (%s, UTC_TIMESTAMP(6))"
_READ = "SELECT probe FROM health_probe WHERE probe = %s"
_SWEEP = """
DELETE FROM health_probe
 WHERE probe = %s OR written_at < UTC_TIMESTAMP(6) - INTERVAL %s SECOND
"""


def mariadb_probe(target: Target) -> Probe:
    """Passes when what was committed is read back."""
    endpoint = target.endpoints.database()

    def probe(timeout_s: float) -> Evidence:
        begun_s = time.monotonic()
        with client_errors_as_attempts():
            migrated, version = _write_and_read(endpoint, timeout_s)
        round_trip_s = time.monotonic() - begun_s
        where = "" if migrated else " (in a temporary table: not migrated yet)"
        return Evidence(
            f"wrote and read a row in {round_trip_s * 1000:.0f} ms{where}",
            {"round_trip_s": round_trip_s, "version": version, "migrated": migrated},
        )

    return probe


def _write_and_read(endpoint: DatabaseEndpoint, timeout_s: float) -> tuple[bool, str]:
    token = uuid.uuid4().hex
    with connected(endpoint, timeout_s) as cursor:
        migrated = bool(_value(cursor, _TABLE_EXISTS))
        if not migrated:
            cursor.execute(_OWN_TABLE)
        cursor.execute(_WRITE, (token,))
        cursor.connection.commit()
        if _value(cursor, _READ, token) != token:
            raise AttemptFailed("a committed row could not be read back")
        cursor.execute(_SWEEP, (token, LEFTOVERS_MAX_AGE_S))
        return migrated, str(_value(cursor, "SELECT VERSION()"))


def _value(cursor: Cursor, query: str, *parameters: object) -> object:
    cursor.execute(query, parameters)
    row = cursor.fetchone()
    return row[0] if row else None
