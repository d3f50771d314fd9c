"""The invariants can fail: services that do wrong on purpose are found out."""

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from tests.chaos.evidence import collect
from tests.chaos.invariants import Harm, Violation, violations
from tests.chaos.journal import Journal
from tests.chaos.load import Load
from tests.support.mutants import mutated
from tests.support.stack import StackUnderTest
from tests.support.waiting import wait_for

LOAD_RATE_PER_S = 40.0
PAYMENTS_MIN = 40
DEFINITE_WITHIN_S = 3.0
"""Some requests of a mutant never get a definite answer."""
QUIET_WITHIN_S = 30.0
QUIET_PAUSE_S = 1.0
"""Nothing changed for this long: whatever is still missing will not come."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A service that does wrong, and what must be said of it."""

    name: str
    service: str
    invariant: int
    harm: Harm


CASES = (
    Mutant("answers_before_commit", "ingest-service", 1, Harm.LOST),
    Mutant("captures_twice", "settlement-worker", 4, Harm.DUPLICATED),
    Mutant("relay_drops_events", "outbox-relay", 6, Harm.LOST),
    Mutant("inbox_off", "consumer-worker", 6, Harm.LOST),
)


@pytest.fixture(params=CASES, ids=lambda mutant: mutant.name)
def mutant(
    request: pytest.FixtureRequest, stack: StackUnderTest, tmp_path: Path
) -> Iterator[Mutant]:
    """The stack with one mutant in it, and as it was afterwards."""
    wrong: Mutant = request.param
    with mutated(stack, wrong.service, wrong.name, tmp_path / "project"):
        yield wrong


def test_a_service_that_does_wrong_is_found_out(
    stack: StackUnderTest, mutant: Mutant, tmp_path: Path
) -> None:
    seed = secrets.randbelow(1_000_000)
    print(f"seed {seed}")
    journal = Journal(tmp_path / "journal.jsonl")
    before = set(violations(collect(stack, journal.path)))
    known = _verified(stack, journal.path)
    load = Load(
        stack.gateway,
        journal,
        name=f"{mutant.name}-{seed}",
        rate_per_s=LOAD_RATE_PER_S,
        random_source=Random(seed),
        definite_within_s=DEFINITE_WITHIN_S,
    )
    load.start()
    wait_for(lambda: _asked(journal.path) >= PAYMENTS_MIN, "enough payments", QUIET_WITHIN_S)
    load.finish()
    _wait_quiet(stack)
    found = set(violations(collect(stack, journal.path))) - before
    assert (mutant.invariant, mutant.harm) in {(v.invariant, v.harm) for v in found}, _told(found)
    verified = _verified(stack, journal.path)
    found_by_verify = {number for number, count in verified.items() if count > known[number]}
    assert mutant.invariant in found_by_verify, verified


def _verified(stack: StackUnderTest, journal: Path) -> Counter[int]:
    """How many violations of each invariant `paystack verify` finds; it knows none of these."""
    document = stack.paystack(
        *("verify", "--journal", str(journal), "--settle", "0", "--output", "json"), expect=None
    ).document
    return Counter(
        {
            int(check["name"].split("-")[0]): check["facts"].get("violations", 0)
            for check in document["checks"]
        }
    )


def _asked(journal: Path) -> int:
    """How many requests the journal holds."""
    return journal.read_text("utf-8").count('"event": "send"')


PROGRESS = """
SELECT (SELECT COUNT(*) FROM outbox_event) AS events,
       (SELECT COUNT(*) FROM outbox_event WHERE published = 1) AS published,
       (SELECT COUNT(*) FROM inbox_event) AS applied,
       (SELECT COUNT(*) FROM ledger_entry) AS booked
"""


def _wait_quiet(stack: StackUnderTest) -> None:
    last: list[object] = []

    def look() -> bool:
        now = stack.rows(PROGRESS)
        quiet = last == now
        last[:] = now
        return quiet

    wait_for(look, "nothing moves any more", QUIET_WITHIN_S, QUIET_PAUSE_S)


def _told(found: set[Violation]) -> str:
    return "\n".join(map(str, found)) or "nothing was found"
