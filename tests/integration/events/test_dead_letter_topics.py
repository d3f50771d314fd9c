"""Reading dead-letter topics: right counts, disturbing nobody, in bounded memory."""

import struct
import tracemalloc
from types import SimpleNamespace

import pytest
from confluent_kafka import Producer

from paystack_cli.clients.errors import ServerRefused, ServerUnreachable
from paystack_cli.clients.kafka import KafkaEndpoint
from paystack_cli.errors import TimedOut
from paystack_cli.events import dead_letters
from paystack_cli.events.dead_letters import NO_REASON, read_summaries
from tests.support.kafka import groups, own_topic
from tests.support.ports import free_ports
from tests.support.stack import StackUnderTest

TIMEOUT_S = 60.0
MANY = 20_000


def headers(number: int) -> list[tuple[str, bytes]]:
    return [
        ("ce_type", b"PAYMENT_CAPTURED"),
        ("kafka_dlt-original-topic", b"payment.captured"),
        ("kafka_dlt-original-partition", struct.pack(">i", number % 6)),
        ("kafka_dlt-original-offset", struct.pack(">q", number)),
        ("kafka_dlt-exception-fqcn", b"SchemaBreach" if number % 2 else b"UnknownEventType"),
        ("kafka_dlt-exception-message", f"letter {number}".encode()),
    ]


def test_counts_reasons_and_the_newest_letters(servers: StackUnderTest) -> None:
    with own_topic(servers.bootstrap, partitions=3) as topic:
        producer = Producer({"bootstrap.servers": servers.bootstrap})
        for number in range(9):
            producer.produce(
                topic,
                key=str(100_000 + number),
                value=b"{}",
                headers=headers(number),
                partition=number % 3,
                timestamp=1_700_000_000_000 + number * 1000,
            )
        assert producer.flush(TIMEOUT_S) == 0
        (summary,) = read_summaries(
            KafkaEndpoint(servers.bootstrap), [topic], latest_max=4, timeout_s=TIMEOUT_S
        )
    assert summary.count == 9
    assert summary.reasons == {"UnknownEventType": 5, "SchemaBreach": 4}
    assert summary.first_at is not None
    assert summary.last_at is not None
    assert (summary.last_at - summary.first_at).total_seconds() == 8
    assert [letter.key for letter in summary.latest] == ["100008", "100007", "100006", "100005"]
    newest = summary.latest[0]
    assert (newest.origin.topic, newest.origin.partition, newest.origin.offset) == (
        "payment.captured",
        2,
        8,
    )
    assert newest.origin.message == "letter 8"


def test_letters_without_headers_key_or_value_are_counted_too(servers: StackUnderTest) -> None:
    with own_topic(servers.bootstrap) as topic:
        producer = Producer({"bootstrap.servers": servers.bootstrap})
        producer.produce(topic, value=None, key=None)
        producer.produce(topic, value=b"\xff", key=b"4111111111111111\x1b[2J")
        assert producer.flush(TIMEOUT_S) == 0
        (summary,) = read_summaries(
            KafkaEndpoint(servers.bootstrap), [topic], latest_max=5, timeout_s=TIMEOUT_S
        )
    assert summary.count == 2
    assert summary.reasons == {NO_REASON.decode(): 2}
    assert {letter.key for letter in summary.latest} == {None, "411111******1111\\x1b[2J"}


def test_offsets_that_hold_no_letter_are_not_counted_and_do_not_hang_it(
    servers: StackUnderTest,
) -> None:
    with own_topic(servers.bootstrap) as topic:
        producer = Producer({"bootstrap.servers": servers.bootstrap, "transactional.id": topic})
        producer.init_transactions(TIMEOUT_S)
        producer.begin_transaction()
        producer.produce(topic, value=b"committed")
        producer.commit_transaction(TIMEOUT_S)
        producer.begin_transaction()
        producer.produce(topic, value=b"aborted")
        assert producer.flush(TIMEOUT_S) == 0
        producer.abort_transaction(TIMEOUT_S)
        (summary,) = read_summaries(
            KafkaEndpoint(servers.bootstrap), [topic], latest_max=5, timeout_s=TIMEOUT_S
        )
    assert summary.count == 1


def test_many_letters_take_no_more_memory_than_few(servers: StackUnderTest) -> None:
    endpoint = KafkaEndpoint(servers.bootstrap)
    with own_topic(servers.bootstrap, partitions=3) as topic:
        producer = Producer({"bootstrap.servers": servers.bootstrap, "linger.ms": 50})
        for number in range(MANY):
            producer.produce(topic, value=b"x" * 500, headers=headers(number))
            producer.poll(0)
        assert producer.flush(TIMEOUT_S) == 0
        tracemalloc.start()
        (summary,) = read_summaries(endpoint, [topic], latest_max=5, timeout_s=TIMEOUT_S)
        _now, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert summary.count == MANY
    assert len(summary.latest) == 5
    # One batch of 1,000 letters of 500 bytes and their headers, not 20,000 of them.
    assert peak_bytes < 4_000_000


def test_no_group_appears_and_no_offset_is_committed(servers: StackUnderTest) -> None:
    before = groups(servers.bootstrap)
    servers.paystack("dlq", "inspect")
    assert groups(servers.bootstrap) == before


def test_what_cannot_be_read_is_a_typed_error(servers: StackUnderTest) -> None:
    here = KafkaEndpoint(servers.bootstrap)
    with pytest.raises(ServerRefused, match=r"no topic test\.absent") as refused:
        read_summaries(here, ["test.absent"], latest_max=1, timeout_s=TIMEOUT_S)
    assert refused.value.hint == "paystack up kafka-topics"
    (port,) = free_ports(1)
    with pytest.raises(ServerUnreachable):
        read_summaries(KafkaEndpoint(f"127.0.0.1:{port}"), ["x"], latest_max=1, timeout_s=1.0)


def test_a_reading_that_takes_too_long_is_given_up(
    servers: StackUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_topic(servers.bootstrap) as topic:
        producer = Producer({"bootstrap.servers": servers.bootstrap})
        producer.produce(topic, value=b"x")
        assert producer.flush(TIMEOUT_S) == 0
        clock = iter([0.0, TIMEOUT_S + 1])
        monkeypatch.setattr(dead_letters, "time", SimpleNamespace(monotonic=clock.__next__))
        with pytest.raises(TimedOut, match=r"1 partitions of .* were not read to their end"):
            read_summaries(
                KafkaEndpoint(servers.bootstrap), [topic], latest_max=1, timeout_s=TIMEOUT_S
            )


def test_the_command_tells_every_topic_of_the_catalog_and_gates(servers: StackUnderTest) -> None:
    document = servers.paystack("dlq", "inspect", "--output", "json").document
    assert [topic["topic"] for topic in document["topics"]] == servers.dead_letter_topics
    producer = Producer({"bootstrap.servers": servers.bootstrap})
    producer.produce("refund.dlq", key=b"100000", value=b"{}", headers=headers(0))
    assert producer.flush(TIMEOUT_S) == 0
    held = document["topics"][servers.dead_letter_topics.index("refund.dlq")]["count"]
    answer = servers.paystack(
        "dlq", "inspect", "refund.dlq", "--max-dead", str(held), "--output", "json", expect=6
    )
    assert answer.document["topics"][0]["count"] == held + 1
    assert f"refund.dlq holds {held + 1} dead letter(s)" in answer.stderr
    servers.paystack("dlq", "inspect", "refund.dlq", "--max-dead", str(held + 1))


def test_a_topic_that_is_no_dead_letter_topic_is_refused(servers: StackUnderTest) -> None:
    answer = servers.paystack("dlq", "inspect", "payment.captured", expect=2)
    assert "refund.dlq" in answer.stderr
