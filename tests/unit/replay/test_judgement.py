"""The rules of replay: what decides, and in which order."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paystack_cli.events.dead_letter_headers import Origin
from paystack_cli.events.letter import Place
from paystack_cli.replay.contract import Event
from paystack_cli.replay.database import Payment
from paystack_cli.replay.judgement import Facts, Judgement, Verdict, judge
from paystack_cli.replay.ledger import Entry, Outcome
from paystack_cli.replay.letters import Letter

PLACE = Place("payment.dlq", 1, 7)
LETTER = Letter(
    PLACE,
    key=b"42",
    value=b"{}",
    headers=(("ce_id", b"9"), ("ce_type", b"PAYMENT_CAPTURED")),
    origin=Origin(topic="payment.captured", partition=3, event_type="PAYMENT_CAPTURED"),
)
EVENT = Event("PAYMENT_CAPTURED", 42, "SHOP", 1_000, "KRW")
PAYMENT = Payment("CAPTURED", "SHOP", 1_000, "KRW", frozenset(), 8)
ENTRY = Entry(
    letter=PLACE,
    sha256=LETTER.sha256,
    event_id=9,
    event_type="PAYMENT_CAPTURED",
    payment_id=42,
    origin=None,
    outcome=Outcome.REPLAYED,
    at=datetime(2026, 11, 22, 3, 0, tzinfo=UTC),
    by="ann@ops",
)
FACTS = Facts(
    letter=LETTER,
    event=EVENT,
    objection=None,
    payment=PAYMENT,
    consumers=frozenset({"consumer-worker"}),
    applied_by=frozenset(),
    entry=None,
    twin=None,
    replays=0,
    partitions={"payment.captured": 6},
)


def test_a_letter_that_nothing_speaks_against_is_replayed() -> None:
    assert judge(FACTS) == Judgement(Verdict.REPLAY, ())


@pytest.mark.parametrize(
    ("changed", "verdict", "reason"),
    [
        ({"entry": ENTRY}, "skip", "replayed by ann@ops at 2026-11-22T03:00:00+00:00"),
        (
            {"entry": replace(ENTRY, letter=Place("payment.dlq", 0, 1))},
            "skip",
            "replayed as payment.dlq 0@1 by ann@ops at 2026-11-22T03:00:00+00:00",
        ),
        ({"twin": "payment.dlq 0@1"}, "skip", "the same event as payment.dlq 0@1"),
        (
            {"applied_by": frozenset({"consumer-worker"})},
            "skip",
            "already applied by consumer-worker",
        ),
        (
            {"payment": replace(PAYMENT, effects=frozenset({"PAYMENT_CAPTURED"}))},
            "skip",
            "what PAYMENT_CAPTURED is there for is done already",
        ),
        ({"objection": "no JSON", "event": None}, "refuse", "no JSON"),
        (
            {"partitions": {}},
            "refuse",
            "there is no topic payment.captured any more, or this account may not see it",
        ),
        ({"partitions": {"payment.captured": 3}}, "refuse", "payment.captured has no partition 3"),
        ({"replays": 2}, "refuse", "replayed 2 times before, and died again"),
        ({"replays": None}, "refuse", "its replay count cannot be read"),
        ({"payment": None}, "refuse", "payment 42 is not in the database"),
        (
            {"payment": replace(PAYMENT, amount=999)},
            "refuse",
            "it says 1000 KRW for 'SHOP'; the payment is 999 KRW for 'SHOP'",
        ),
        (
            {"payment": replace(PAYMENT, newest_processed=10)},
            "warn",
            "event 10 of the payment was processed since, which is newer than 9",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_each_rule(changed: dict[str, object], verdict: str, reason: str) -> None:
    assert judge(replace(FACTS, **changed)) == Judgement(Verdict(verdict), (reason,))  # type: ignore[arg-type]


def test_one_consumer_of_two_having_applied_it_is_not_enough() -> None:
    both = frozenset({"consumer-worker", "reporting"})
    one = replace(FACTS, consumers=both, applied_by=frozenset({"reporting"}))
    assert judge(one).verdict is Verdict.REPLAY
    assert judge(replace(one, applied_by=both)).verdict is Verdict.SKIP


@given(
    handled=st.booleans(),
    broken=st.booleans(),
    newer=st.booleans(),
    replays=st.integers(0, 4) | st.none(),
)
def test_nothing_to_do_comes_before_must_not_and_that_before_a_warning(
    handled: bool, broken: bool, newer: bool, replays: int | None
) -> None:
    found = judge(
        replace(
            FACTS,
            entry=ENTRY if handled else None,
            objection="no JSON" if broken else None,
            event=None if broken else EVENT,
            payment=replace(PAYMENT, newest_processed=10 if newer else None),
            replays=replays,
        )
    )
    if handled:
        assert found.verdict is Verdict.SKIP
    elif broken or replays is None or replays >= 2:
        assert found.verdict is Verdict.REFUSE
    else:
        assert found.verdict is (Verdict.WARN if newer else Verdict.REPLAY)
    assert bool(found.reasons) == (found.verdict is not Verdict.REPLAY)
