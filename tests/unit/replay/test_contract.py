"""Which records consumers would take, by the catalog of this project."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paystack_cli.events.dead_letter_headers import Header, read_origin
from paystack_cli.events.letter import Place
from paystack_cli.replay.contract import NoEvent, read_event
from paystack_cli.replay.letters import Letter
from paystack_cli.stack.catalog import load_catalog
from tests.support.dead_letters import headers_of
from tests.support.outbox import STATUS_OF, event_value

CATALOG = load_catalog(Path(__file__).parents[3] / "stack" / "schemas" / "catalog.json")


def letter(
    event_type: str = "PAYMENT_CAPTURED", *, key: bytes = b"42", **headers: bytes | None
) -> Letter:
    """One that consumers take, unless headers are replaced (None: left out)."""
    named = {
        **dict(headers_of(9, 3, 1)),
        "ce_type": event_type.encode(),
        "kafka_dlt-original-topic": CATALOG.events[event_type].topic.encode(),
        **headers,
    }
    found: tuple[Header, ...] = tuple((n, v) for n, v in named.items() if v is not None)
    value = json.dumps(event_value(event_type, 42)).encode()
    return Letter(Place("payment.dlq", 0, 0), key, value, found, read_origin(found))


@pytest.mark.parametrize("event_type", STATUS_OF)
def test_every_event_of_the_catalog_is_taken(event_type: str) -> None:
    event = read_event(CATALOG, letter(event_type))
    assert (event.event_type, event.payment_id) == (event_type, 42)
    assert (event.merchant_id, event.amount, event.currency) == ("TESTS", 1_000, "KRW")


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"ce_type": None}, "header ce_type is absent"),
        ({"ce_type": b"PAYMENT_LOST"}, "event type PAYMENT_LOST is not in the catalog"),
        ({"ce_id": b"x"}, "header ce_id is no outbox event id"),
        ({"ce_id": None}, "header ce_id is no outbox event id"),
        ({"ce_specversion": b"0.3"}, "header ce_specversion is not 1.0"),
        (
            {"kafka_dlt-original-topic": b"payment.refunded"},
            "PAYMENT_CAPTURED belongs to payment.captured, not to payment.refunded",
        ),
        ({"key": b"43"}, "the key is not the payment id 42"),
    ],
)
def test_what_consumers_do_not_take(headers: dict[str, Any], said: str) -> None:
    with pytest.raises(NoEvent, match=said):
        read_event(CATALOG, letter(**headers))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "the record has no value"),
        (b"", "the value is no JSON"),
        (b"[" * 100_000, "the value is no JSON"),
        (b"\xff", "the value is no JSON"),
        ("{}".encode("utf-16"), "the value is no JSON"),
        (b"{}", "breaks the schema of PAYMENT_CAPTURED: data must contain"),
        (b"[]", "breaks the schema of PAYMENT_CAPTURED: data must be object"),
    ],
)
def test_values_that_do_not_decode(value: bytes | None, said: str) -> None:
    with pytest.raises(NoEvent, match=said):
        read_event(CATALOG, replace(letter(), value=value))


@given(st.binary())
def test_any_bytes_are_judged_without_a_traceback(value: bytes) -> None:
    with pytest.raises(NoEvent):
        read_event(CATALOG, replace(letter(), value=value))
