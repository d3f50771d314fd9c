"""MariaDB: a committed write and its read, in a scratch table that holds nothing else."""

import time
import uuid

from paystack_cli.checks.model import AttemptFailed, Evidence, Probe
from paystack_cli.checks.probes import Target
from paystack_cli.checks.translation import client_errors_as_attempts

LEFTOVERS_MAX_AGE_S = 3600
"""Rows of probes that were killed between write and delete are swept after this."""

# Before the migrations have run (`up --only mariadb`) the probe brings its own table.
_FIND_TABLE = (
    """
SET @migrated = (SELECT COUNT(*) FROM information_schema.tables
                  WHERE table_schema = DATABASE() AND table_name = 'health_probe')
""",
    """
EXECUTE IMMEDIATE IF(@migrated, 'DO 0', '
CREATE TEMPORARY TABLE health_probe
  (probe VARCHAR(64) NOT NULL PRIMARY KEY, written_at DATETIME(6) NOT NULL) ENGINE = InnoDB
')
""",
)
_WRITE = "INSERT INTO health_probe (probe, written_at) VALUES ('{token}', UTC_TIMESTAMP(6))"
_READ = "SELECT JSON_ARRAY(@migrated > 0, VERSION()) FROM health_probe WHERE probe = '{token}'"
_SWEEP = f"""
DELETE FROM health_probe
 WHERE probe = '{{token}}' OR written_at < UTC_TIMESTAMP(6) - INTERVAL {LEFTOVERS_MAX_AGE_S} SECOND
"""


def mariadb_probe(target: Target) -> Probe:
    """Passes when what was committed is read back."""
    database = target.reach.database()

    def probe(timeout_s: float) -> Evidence:
        begun_s = time.monotonic()
        with client_errors_as_attempts():
            results = database.run(_script(uuid.uuid4().hex), timeout_s)
        round_trip_s = time.monotonic() - begun_s
        read = [row for rows in results for row in rows]
        if not read:
            raise AttemptFailed("a committed row could not be read back")
        ((migrated, version),) = read
        where = "" if migrated else " (in a temporary table: not migrated yet)"
        return Evidence(
            f"wrote and read a row in {round_trip_s * 1000:.0f} ms{where}",
            {"round_trip_s": round_trip_s, "version": version, "migrated": bool(migrated)},
        )

    return probe


def _script(token: str) -> list[str]:
    """The statements of one attempt; only _READ gives rows. The token is safe within quotes."""
    write, read, sweep = (text.format(token=token) for text in (_WRITE, _READ, _SWEEP))
    return [*_FIND_TABLE, "START TRANSACTION", write, "COMMIT", read, sweep]
