"""Kills one process of a stack and watches it come back, with no command given."""

import random
import time
from contextlib import suppress
from dataclasses import dataclass

from tests.support.stack import StackUnderTest
from tests.support.waiting import wait_for

STORING = "ingest-service/storing"
"""The process with which ingest-service stores authorizations: a child of the service's own."""

KILLED = (
    "gateway",
    "ingest-service",
    STORING,
    "outbox-relay",
    "settlement-worker",
    "refund-worker",
    "consumer-worker",
    "pg-simulator",
    "kafka",
    "mariadb",
)
"""Every process that stays: the one-shots are done before load begins."""

RECOVER_WITHIN_S = 60.0
"""From the kill to every service healthy; an open circuit breaker waits 30 s of it."""
DRAIN_WITHIN_S = 60.0
LEAD_MIN_S, LEAD_MAX_S = 0.5, 1.5
"""Load before the kill; drawn, so that it strikes at any point of the work."""


@dataclass(frozen=True, slots=True)
class Kill:
    """A process that died, and how long until all services were healthy again.

    `unwell` says what still was not when the time for that was over.
    """

    service: str
    healthy_after_s: float
    unwell: str | None


def kill_and_watch(stack: StackUnderTest, service: str, random_source: random.Random) -> Kill:
    """SIGKILLs the service's process after a drawn lead, and gives no further command."""
    time.sleep(random_source.uniform(LEAD_MIN_S, LEAD_MAX_S))
    name, _, child = service.partition("/")
    pid = stack.kill_child(name) if child else stack.kill(name)
    killed_s = time.monotonic()
    unwell = None
    try:
        stack.wait_back(name, pid, RECOVER_WITHIN_S)
    except TimeoutError as error:
        unwell = str(error)
    return Kill(service, time.monotonic() - killed_s, unwell)


BACKLOG = """
SELECT (SELECT COUNT(*) FROM outbox_event WHERE published = 0 AND parked = 0)
     + (SELECT COUNT(*) FROM payment WHERE status IN ('CAPTURE_REQUESTED', 'REFUND_REQUESTED'))
     + (SELECT COUNT(*) FROM payment p WHERE p.status IN ('CAPTURED', 'REFUNDED')
          AND NOT EXISTS (SELECT 1 FROM ledger_entry e WHERE e.payment_id = p.payment_id
            AND e.entry_type = IF(p.status = 'CAPTURED', 'CAPTURE', 'REFUND'))) AS backlog
"""


def wait_drained(stack: StackUnderTest) -> float:
    """Waits until nothing is under way, or too long; the seconds that took.

    What has not drained by then is for the invariants to list.
    """
    started_s = time.monotonic()
    with suppress(TimeoutError):
        wait_for(lambda: stack.rows(BACKLOG)[0]["backlog"] == 0, "drained", DRAIN_WITHIN_S)
    return time.monotonic() - started_s
