from typing import Any

import pytest
from paycore.catalog import (
    SchemaBreach,
    UnknownEventType,
    catalog,
    check_value,
    resolve_topic_name,
)

CAPTURE_REQUESTED: dict[str, Any] = {
    "paymentId": 100001,
    "merchantId": "JENKINS",
    "status": "CAPTURE_REQUESTED",
    "amount": 1000,
    "currency": "KRW",
    "approvalNumber": "A-1",
    "occurredAt": "2026-11-22T16:44:07.926073Z",
}


def test_the_mapping_of_the_design() -> None:
    assert {name: resolve_topic_name(name) for name in catalog().topic_of} == {
        "PAYMENT_AUTHORIZED": "payment.authorized",
        "PAYMENT_CAPTURE_REQUESTED": "payment.capture-requested",
        "PAYMENT_CAPTURED": "payment.captured",
        "PAYMENT_REFUND_REQUESTED": "payment.refund-requested",
        "PAYMENT_REFUNDED": "payment.refunded",
    }


def test_an_unknown_type_has_no_default_topic() -> None:
    with pytest.raises(UnknownEventType, match="PAYMENT_TELEPORTED"):
        resolve_topic_name("PAYMENT_TELEPORTED")


def test_the_ledger_listens_to_captured_and_refunded_alone() -> None:
    assert set(catalog().consumers["consumer-worker"].topics) == {
        "payment.captured",
        "payment.refunded",
    }


def test_every_topic_that_is_named_is_created() -> None:
    created = {topic.name for topic in catalog().topics}
    named = set(catalog().topic_of.values())
    for consumer in catalog().consumers.values():
        named |= {*consumer.topics, consumer.dead_letter_topic}
    assert named <= created


def test_a_good_value_passes_and_may_carry_more_than_we_know() -> None:
    check_value("PAYMENT_CAPTURE_REQUESTED", CAPTURE_REQUESTED | {"addedLater": True})


@pytest.mark.parametrize(
    "breach",
    [
        {"amount": 0},
        {"amount": -5},
        {"amount": 10.5},
        {"amount": "1000"},
        {"amount": None},
        {"paymentId": 2**53},
        {"currency": "won"},
        {"status": "CAPTURED"},
        {"merchantId": ""},
        {"approvalNumber": ""},
    ],
)
def test_a_breach_names_the_field(breach: dict[str, Any]) -> None:
    with pytest.raises(SchemaBreach, match=next(iter(breach))):
        check_value("PAYMENT_CAPTURE_REQUESTED", CAPTURE_REQUESTED | breach)


@pytest.mark.parametrize("value", [None, [], "text", 5, {}])
def test_what_is_no_event_at_all_is_a_breach(value: object) -> None:
    with pytest.raises(SchemaBreach):
        check_value("PAYMENT_CAPTURED", value)
