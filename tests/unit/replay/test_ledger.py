"""Entries of the replay ledger, and what they say of letters."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from paystack_cli.events.dead_letter_headers import Origin
from paystack_cli.events.letter import Place
from paystack_cli.replay.ledger import Entry, Handled, Outcome
from paystack_cli.replay.letters import Letter

LETTER = Letter(
    Place("payment.dlq", 1, 7),
    b"42",
    b"{}",
    (("ce_id", b"9"),),
    Origin(topic="payment.captured", partition=3, offset=11),
)
ENTRY = Entry(
    letter=LETTER.place,
    sha256=LETTER.sha256,
    event_id=9,
    event_type="PAYMENT_CAPTURED",
    payment_id=42,
    origin=Place("payment.captured", 3, 11),
    outcome=Outcome.REPLAYED,
    at=datetime(2026, 11, 22, 3, 0, tzinfo=UTC),
    by="ann@ops",
    plan="p",
    replay_id="r",
    count=1,
    target="payment.captured",
)


def handled(*entries: Entry) -> Handled:
    found = Handled()
    for entry in entries:
        found.add(entry)
    return found


@pytest.mark.parametrize(
    "entry",
    [ENTRY, replace(ENTRY, origin=None, event_id=None, outcome=Outcome.DISCARDED, reason="\x1b")],
)
def test_an_entry_comes_back_from_its_record(entry: Entry) -> None:
    assert Entry.parse(entry.value()) == entry


@pytest.mark.parametrize("value", [b"", b"{}", b"[]", b'{"schema": "x"}', b"\xff"])
def test_what_is_no_entry_is_told_from_one(value: bytes) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Entry.parse(value)


def test_the_key_is_the_identity_of_the_letter() -> None:
    assert ENTRY.key("cluster-1") == b"cluster-1/payment.dlq/1/7"


def test_a_letter_is_known_by_its_place_and_content() -> None:
    assert handled(ENTRY).entry_of(LETTER) == ENTRY
    other = replace(LETTER, origin=Origin())
    assert handled(ENTRY).entry_of(other) == ENTRY
    assert handled(ENTRY).entry_of(replace(other, value=b"new")) is None, "a topic made anew"


def test_another_letter_of_the_same_dead_record_is_known_too() -> None:
    twin = replace(LETTER, place=Place("payment.dlq", 5, 0))
    assert handled(ENTRY).entry_of(twin) == ENTRY
    assert handled(replace(ENTRY, origin=None)).entry_of(twin) is None


def test_replays_are_counted_by_topic_and_event() -> None:
    again = replace(ENTRY, letter=Place("payment.dlq", 1, 8))
    elsewhere = replace(ENTRY, letter=Place("refund.dlq", 1, 8))
    discarded = replace(ENTRY, letter=Place("payment.dlq", 1, 9), outcome=Outcome.DISCARDED)
    assert handled(ENTRY, again, elsewhere, discarded).count(LETTER) == 2
