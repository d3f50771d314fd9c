"""consumer-worker as a service: the ledger, and what cannot be booked."""

import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.inbox import wait_applied
from tests.support.outbox import TRACEPARENT, new_payment_ids
from tests.support.ports import free_ports
from tests.support.produce import Given, event_record, put
from tests.support.services import Service, service
from tests.support.stack import StackUnderTest
from tests.support.topics import Record, read_topics
from tests.support.waiting import wait_for

WITHIN_S = 20.0


@pytest.fixture(scope="module")
def ledger(servers: StackUnderTest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service(servers, "consumer-worker", tmp_path_factory.mktemp("ledger")) as running:
        yield running


def entries(servers: StackUnderTest, *payment_ids: int) -> list[dict[str, Any]]:
    marks = ",".join(["%s"] * len(payment_ids))
    return servers.rows(
        f"SELECT * FROM ledger_entry WHERE payment_id IN ({marks}) ORDER BY entry_id", payment_ids
    )


def wait_entries(servers: StackUnderTest, payment_ids: list[int], count: int) -> None:
    def look() -> bool:
        return len(entries(servers, *payment_ids)) == count

    wait_for(look, f"{count} ledger entries", WITHIN_S)


def wait_dead_letters(servers: StackUnderTest, keys: set[bytes | None], count: int) -> list[Record]:
    """The dead letters with one of `keys`, once there are `count`."""

    def look() -> list[Record]:
        found = [r for r in read_topics(servers.bootstrap, ["payment.dlq"]) if r.key in keys]
        assert len(found) == count, [r.header("kafka_dlt-exception-message") for r in found]
        return found

    return wait_for(look, f"{count} dead letters", WITHIN_S)


def test_a_capture_and_a_refund_are_one_transfer_each_and_cancel_out(
    servers: StackUnderTest, ledger: Service
) -> None:
    (payment,) = new_payment_ids(1)
    put(servers, [event_record(servers, payment, "PAYMENT_CAPTURED", payment)])
    wait_entries(servers, [payment], 1)
    put(servers, [event_record(servers, payment + 1, "PAYMENT_REFUNDED", payment)])
    wait_entries(servers, [payment], 2)
    capture, refund = entries(servers, payment)
    assert (capture["debit_account"], capture["credit_account"]) == ("merchant_receivable", "cash")
    assert (refund["debit_account"], refund["credit_account"]) == ("cash", "merchant_receivable")
    assert capture["amount"] == refund["amount"] == 1_000 + payment % 7
    assert capture["traceparent"] == TRACEPARENT
    assert capture["request_id"] == f"req-{payment}"
    assert capture["event_id"] == payment


def test_a_repeat_books_nothing_even_under_another_event_id(
    servers: StackUnderTest, ledger: Service
) -> None:
    first, after = new_payment_ids(2)
    once = event_record(servers, first, "PAYMENT_CAPTURED", first)
    again = event_record(servers, first + 10_000, "PAYMENT_CAPTURED", first)
    put(servers, [once, once, again, event_record(servers, after, "PAYMENT_CAPTURED", after)])
    wait_applied(servers, "consumer-worker", [first, first + 10_000, after])
    assert len(entries(servers, first)) == 1


def test_a_repeat_with_another_amount_is_no_repeat(
    servers: StackUnderTest, ledger: Service
) -> None:
    (payment,) = new_payment_ids(1)
    put(
        servers,
        [
            event_record(servers, payment, "PAYMENT_CAPTURED", payment, amount=500),
            event_record(servers, payment + 10_000, "PAYMENT_CAPTURED", payment, amount=501),
        ],
    )
    (letter,) = wait_dead_letters(servers, {str(payment).encode()}, 1)
    assert letter.header("ce_id") == str(payment + 10_000).encode()
    message = letter.header("kafka_dlt-exception-message") or b""
    assert b"is booked with 500 KRW" in message
    assert [entry["amount"] for entry in entries(servers, payment)] == [500]


def poisons(servers: StackUnderTest, payment: int) -> dict[str, Given]:
    """Records that are no event of the topic they are put into."""
    good = event_record(servers, payment, "PAYMENT_CAPTURED", payment)
    breach = event_record(servers, payment, "PAYMENT_CAPTURED", payment, amount=-1)
    elsewhere = event_record(servers, payment, "PAYMENT_AUTHORIZED", payment)
    unknown = [(n, "TELEPORTED" if n == "ce_type" else v) for n, v in good.headers]
    return {
        "bad JSON": replace(good, value=b"{"),
        "as large as it gets": replace(good, value=b"{" * 990_000),
        "no value": replace(good, value=None),
        "no headers": replace(good, headers=[]),
        "unknown type": replace(good, headers=unknown),
        "schema breach": breach,
        "wrong topic": replace(elsewhere, topic="payment.captured"),
        "wrong key": replace(good, key=b"\x00\xff"),
        "no key": replace(good, key=None),
    }


def test_poison_becomes_exactly_one_dead_letter_each_and_stops_nobody(
    servers: StackUnderTest, ledger: Service
) -> None:
    payment, before, after = new_payment_ids(3)
    poison = poisons(servers, payment)
    earlier = read_topics(servers.bootstrap, ["payment.dlq"])
    put(servers, [event_record(servers, before, "PAYMENT_CAPTURED", before)])
    places = {what: put(servers, [record])[0] for what, record in poison.items()}
    put(servers, [event_record(servers, after, "PAYMENT_CAPTURED", after)])
    wait_entries(servers, [before, after], 2)

    def look() -> list[Record]:
        found = [r for r in read_topics(servers.bootstrap, ["payment.dlq"]) if r not in earlier]
        assert len(found) == len(poison), found
        return found

    letters = wait_for(look, "a dead letter for each", WITHIN_S)
    by_place = {origin(letter): letter for letter in letters}
    assert set(by_place) == set(places.values())
    for what, place in places.items():
        letter, record = by_place[place], poison[what]
        assert (letter.key, letter.value) == (record.key, record.value)
        given = [(n, v.encode() if isinstance(v, str) else v) for n, v in record.headers]
        assert list(letter.headers[: len(given)]) == given
        assert letter.header("kafka_dlt-original-consumer-group") == b"consumer-worker"
        assert letter.header("kafka_dlt-exception-message")
    assert entries(servers, payment) == []


def origin(letter: Record) -> tuple[str, int, int]:
    """Where a dead letter came from, by its headers."""
    topic = letter.header("kafka_dlt-original-topic") or b""
    (partition,) = struct.unpack(">i", letter.header("kafka_dlt-original-partition") or b"")
    (offset,) = struct.unpack(">q", letter.header("kafka_dlt-original-offset") or b"")
    return topic.decode(), partition, offset


def test_it_waits_for_a_database_connection_that_was_cut(
    servers: StackUnderTest, ledger: Service
) -> None:
    payments = new_payment_ids(50)
    put(servers, [event_record(servers, p, "PAYMENT_CAPTURED", p) for p in payments[:25]])
    wait_entries(servers, payments, 25)
    with servers.database() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM information_schema.processlist"
            " WHERE user = 'payuser' AND id <> CONNECTION_ID()"
        )
        for row in cursor.fetchall():
            cursor.execute(f"KILL CONNECTION {row['id']}")
    put(servers, [event_record(servers, p, "PAYMENT_CAPTURED", p) for p in payments[25:]])
    wait_entries(servers, payments, 50)
    assert len(read_dead(servers, payments)) == 0


def read_dead(servers: StackUnderTest, payments: list[int]) -> list[Record]:
    keys = {str(payment).encode() for payment in payments}
    return [r for r in read_topics(servers.bootstrap, ["payment.dlq"]) if r.key in keys]


def test_two_of_them_share_and_one_goes_on_when_the_other_is_killed(
    servers: StackUnderTest, ledger: Service, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    payments = new_payment_ids(600)
    records = [event_record(servers, p, "PAYMENT_CAPTURED", p) for p in payments]
    with service(servers, "consumer-worker", tmp_path, SERVER_PORT=str(port)) as other:
        put(servers, records[:200])
        wait_entries(servers, payments, 200)
        put(servers, records[200:400])
        other.kill()
        put(servers, records[400:])
        wait_entries(servers, payments, 600)
    booked = sorted(entry["payment_id"] for entry in entries(servers, *payments))
    assert booked == payments
    assert read_dead(servers, payments) == []
