"""What keeps an outbox from draining: its indexes, its head, transactions, clocks, relays."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from paystack_cli.checks.model import CheckResult, Facts, Outcome
from paystack_cli.clients.database import Database
from paystack_cli.clients.errors import ServerRefused
from paystack_cli.events.outbox_rows import SLICES

ANSWER_MAX_S = 15.0
INDEXES: Mapping[str, tuple[str, ...]] = {
    "the relay's poll": ("published", "parked", "slice", "event_id"),
    "the events of a payment": ("aggregate_id", "event_id"),
    "retention and the publish rate": ("published_at",),
}
"""What needs an index, and the columns that it must begin with, in this order."""
HEAD_ROWS = 100
"""The oldest waiting rows of each slice that are looked at."""
HEAD_AGE_MAX_S = 60.0
"""A relay that works publishes a row within a second; one that rests after a failure, within 30."""
TRANSACTION_AGE_MAX_S = 60.0
"""The stack's own transactions take milliseconds; a long one keeps old row versions alive."""
SKEW_MAX_S = 2.0
MEMBERS_MAX = 8
"""Relays that can share the outbox, one lock each."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one examination says: `trouble` and what to do about it, or that all is `well`."""

    well: str
    trouble: str | None = None
    hint: str = ""
    facts: Facts | None = None


Examination = Callable[[Database], Finding]


def examine(database: Database) -> list[CheckResult]:
    """Every examination of EXAMINATIONS. One that the account may not do is not run.

    Raises ServerUnreachable or ServerFailed; ServerRefused when even the table may not be read.
    """
    return [_result(name, examination, database) for name, examination in EXAMINATIONS.items()]


def _result(name: str, examination: Examination, database: Database) -> CheckResult:
    begun_s = time.monotonic()
    try:
        found = examination(database)
    except ServerRefused as refused:
        if examination is not _transactions:
            raise
        return CheckResult(name, Outcome.NOT_RUN, refused.message)
    return CheckResult(
        name,
        Outcome.FAILED if found.trouble else Outcome.PASSED,
        found.trouble or found.well,
        hint=found.hint if found.trouble else None,
        facts=found.facts or {},
        duration_s=time.monotonic() - begun_s,
    )


def _ask(database: Database, statement: str) -> list[list[object]]:
    (rows,) = database.run([statement], ANSWER_MAX_S)
    return rows


def _indexes(database: Database) -> Finding:
    rows = _ask(
        database,
        "SELECT JSON_ARRAY(INDEX_NAME, GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX))"
        " FROM information_schema.STATISTICS"
        " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'outbox_event' GROUP BY INDEX_NAME",
    )
    found = {str(name): tuple(str(columns).split(",")) for name, columns in rows}
    missing = [
        f"{purpose} ({', '.join(columns)})"
        for purpose, columns in INDEXES.items()
        if not any(held[: len(columns)] == columns for held in found.values())
    ]
    return Finding(
        well="every query has its index",
        trouble=f"no index serves {'; '.join(missing)}" if missing else None,
        hint="paystack up db-migrate",
        facts={"indexes": {name: list(columns) for name, columns in found.items()}},
    )


def _head(database: Database) -> Finding:
    """Rows that fail again and again stand before all that come after them."""
    heads = " UNION ALL ".join(
        "(SELECT event_id, attempts, created_at FROM outbox_event FORCE INDEX (ix_outbox_hot)"
        f" WHERE published = 0 AND parked = 0 AND slice = {number}"
        f" ORDER BY event_id LIMIT {HEAD_ROWS})"
        for number in range(SLICES)
    )
    ((looked, dead, first),) = _ask(
        database,
        "SELECT JSON_ARRAY(COUNT(*), COALESCE(SUM(is_dead), 0), MIN(IF(is_dead, event_id, NULL)))"
        " FROM (SELECT event_id, attempts > 0 AND created_at <"
        f" UTC_TIMESTAMP(6) - INTERVAL {HEAD_AGE_MAX_S:g} SECOND AS is_dead FROM ({heads}) head"
        ") judged",
    )
    return Finding(
        well="no row that keeps failing stands at the head",
        trouble=f"{dead} of the oldest {looked} waiting rows keep failing" if dead else None,
        hint=f"paystack outbox show {first}; then: paystack outbox park {first} --reason TEXT",
        facts={"looked_at_rows": looked, "failing_rows": dead},
    )


def _orphans(database: Database) -> Finding:
    """Rows that wait behind an event that is parked no more: nobody will send them again."""
    ((orphans, first),) = _ask(
        database,
        "SELECT JSON_ARRAY(COUNT(*), MIN(o.event_id))"
        " FROM outbox_event o FORCE INDEX (ix_outbox_hot)"
        " WHERE o.published = 0 AND o.parked = 1"
        " AND o.last_error LIKE 'waits behind parked event %' AND NOT EXISTS ("
        "SELECT 1 FROM outbox_event head WHERE head.aggregate_id = o.aggregate_id"
        " AND head.event_id < o.event_id AND head.published = 0 AND head.parked = 1)",
    )
    return Finding(
        well="every parked row has its reason still",
        trouble=f"{orphans} parked rows wait behind an event that is parked no more"
        if orphans
        else None,
        hint=f"paystack outbox retry {first}",
        facts={"orphaned_rows": orphans},
    )


def _transactions(database: Database) -> Finding:
    rows = _ask(
        database,
        "SELECT JSON_ARRAY(trx_mysql_thread_id,"
        " TIMESTAMPDIFF(SECOND, trx_started, CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', @@time_zone)))"
        " FROM information_schema.INNODB_TRX ORDER BY trx_started LIMIT 1",
    )
    thread, age_s = rows[0] if rows else (None, 0)
    old = isinstance(age_s, int) and age_s > TRANSACTION_AGE_MAX_S
    return Finding(
        well="no transaction stays open",
        trouble=f"a transaction of connection {thread} is open for {age_s} s" if old else None,
        hint=f"see what it does: SHOW PROCESSLIST; end it: KILL {thread}",
        facts={"oldest_s": age_s},
    )


def _clocks(database: Database) -> Finding:
    before = datetime.now(UTC)
    ((there, ahead_s),) = _ask(
        database,
        "SELECT JSON_ARRAY(UTC_TIMESTAMP(6), COALESCE(TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6),"
        " (SELECT created_at FROM outbox_event ORDER BY event_id DESC LIMIT 1)) / 1e6, 0))",
    )
    here = before + (datetime.now(UTC) - before) / 2
    skew_s = (datetime.fromisoformat(str(there)).replace(tzinfo=UTC) - here).total_seconds()
    told = []
    if abs(skew_s) > SKEW_MAX_S:
        told.append(f"the database's clock is {skew_s:+.1f} s off this machine's")
    if float(str(ahead_s)) > SKEW_MAX_S:
        told.append(f"the newest row was written {ahead_s} s in the database's future")
    return Finding(
        well=f"the database's clock is within {abs(skew_s):.1f} s of this machine's",
        trouble="; ".join(told) or None,
        hint="set the clocks (chrony, ntpd): ages and retention go by them",
        facts={"skew_s": skew_s},
    )


def _relays(database: Database) -> Finding:
    """Each relay holds a lock of membership and one of every slice that it owns."""
    members, slices = (
        [f"IS_USED_LOCK(CONCAT(DATABASE(), '.paystack-relay-{kind}-{n}'))" for n in range(count)]
        for kind, count in (("member", MEMBERS_MAX), ("slice", SLICES))
    )
    ((living, owners),) = _ask(
        database,
        f"SELECT JSON_ARRAY(JSON_ARRAY({', '.join(members)}), JSON_ARRAY({', '.join(slices)}))",
    )
    return judge_relays(_numbers(living), _numbers(owners))


def judge_relays(living: Sequence[int | None], owners: Sequence[int | None]) -> Finding:
    """From the connections that hold the locks of membership, and those of the slices."""
    relays = {holder for holder in living if holder is not None}
    unowned = [number for number, holder in enumerate(owners) if holder is None]
    idle = relays - set(owners)
    told = []
    if not relays:
        told.append("no relay is at work")
    elif unowned:
        told.append(f"no relay owns slice {', '.join(map(str, unowned))}")
    if idle:
        told.append(f"{len(idle)} of {len(relays)} relays own no slice")
    return Finding(
        well=f"{len(relays)} relay(s) own all {len(owners)} slices",
        trouble="; ".join(told) or None,
        hint="paystack logs outbox-relay --tail 50; start it: paystack up outbox-relay",
        facts={"relays": len(relays), "unowned_slices": unowned, "idle_relays": len(idle)},
    )


def _numbers(values: object) -> list[int | None]:
    assert isinstance(values, list)  # noqa: S101 - JSON_ARRAY of our own
    return values


EXAMINATIONS: Mapping[str, Examination] = {
    "indexes": _indexes,
    "head": _head,
    "parked": _orphans,
    "transactions": _transactions,
    "clocks": _clocks,
    "relays": _relays,
}
