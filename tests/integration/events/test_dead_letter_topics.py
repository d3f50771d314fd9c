"""Inspecting dead-letter topics: right counts, disturbing nobody, in bounded memory."""

import re
import resource
import struct
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from confluent_kafka import Producer

from paystack_cli.clients.errors import ServerRefused, ServerUnreachable
from paystack_cli.clients.kafka import KafkaEndpoint
from paystack_cli.errors import TimedOut
from paystack_cli.events import inspection, topic_reader
from paystack_cli.events.inspection import Inspection, inspect
from paystack_cli.events.selection import Selection
from paystack_cli.replay.fates import Fates
from paystack_cli.replay.ledger import Handled
from tests.support.documents import keeps_schema
from tests.support.kafka import groups, own_topic
from tests.support.ports import free_ports
from tests.support.stack import StackUnderTest

TIMEOUT_S = 60.0
MANY = 20_000
FEW = 2_000
NOW_MS = round(time.time() * 1000)
ALL = Selection()
UNTOUCHED = Fates(Handled())


def headers(number: int) -> list[tuple[str, bytes]]:
    return [
        ("ce_type", b"PAYMENT_CAPTURED"),
        ("kafka_dlt-original-topic", b"payment.captured"),
        ("kafka_dlt-original-partition", struct.pack(">i", number % 6)),
        ("kafka_dlt-original-offset", struct.pack(">q", number)),
        ("kafka_dlt-exception-fqcn", b"SchemaBreach" if number % 2 else b"UnknownEventType"),
        ("kafka_dlt-exception-message", f"letter {number}".encode()),
    ]


def inspected(servers: StackUnderTest, topic: str, selection: Selection = ALL) -> Inspection:
    return inspect(KafkaEndpoint(servers.bootstrap), [topic], selection, UNTOUCHED, TIMEOUT_S)


def put(servers: StackUnderTest, topic: str, count: int, partitions: int, value: bytes) -> None:
    """Letters one second apart, the last one now."""
    producer = Producer({"bootstrap.servers": servers.bootstrap, "linger.ms": 50})
    for number in range(count):
        producer.produce(
            topic,
            key=str(100_000 + number),
            value=value,
            headers=headers(number),
            partition=number % partitions,
            timestamp=NOW_MS - (count - 1 - number) * 1000,
        )
        producer.poll(0)
    assert producer.flush(TIMEOUT_S) == 0


def test_counts_causes_and_times(servers: StackUnderTest) -> None:
    with own_topic(servers.bootstrap, partitions=3) as topic:
        put(servers, topic, 9, 3, b"{}")
        found = inspected(servers, topic)
        since = inspected(servers, topic, Selection(since_ms=NOW_MS - 3500))
        where = inspected(servers, topic, Selection.parse(None, ["key~[13579]$"], NOW_MS))
    total = found.total(topic)
    assert (total.count, total.recent) == (9, 9)
    assert (total.first_ms, total.last_ms) == (NOW_MS - 8000, NOW_MS)
    causes = {cause.fingerprint.exception: tally.count for cause, tally in found.tallies}
    assert causes == {"UnknownEventType": 5, "SchemaBreach": 4}
    assert {cause.fingerprint.message for cause, _ in found.tallies} == {"letter <n>"}
    assert {cause.original_topic for cause, _ in found.tallies} == {"payment.captured"}
    assert since.total(topic).count == 4
    assert [tally.count for _, tally in where.tallies] == [4]


def test_letters_without_headers_key_or_value_are_counted_too(servers: StackUnderTest) -> None:
    with own_topic(servers.bootstrap) as topic:
        producer = Producer({"bootstrap.servers": servers.bootstrap})
        producer.produce(topic, value=None, key=None)
        producer.produce(topic, value=b"\xff", key=b"4111111111111111\x1b[2J")
        assert producer.flush(TIMEOUT_S) == 0
        ((_, tally),) = inspected(servers, topic).tallies
    assert tally.count == 2


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
        producer.begin_transaction()
        producer.produce(topic, value=b"not decided")
        assert producer.flush(TIMEOUT_S) == 0
        assert inspected(servers, topic).total(topic).count == 1
        producer.abort_transaction(TIMEOUT_S)


def test_several_processes_count_the_same(
    servers: StackUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_topic(servers.bootstrap, partitions=3) as topic:
        put(servers, topic, FEW, 3, b"{}")
        alone = inspected(servers, topic)
        monkeypatch.setattr(inspection, "RECORDS_A_PROCESS_MIN", FEW // 2)
        monkeypatch.setattr("os.cpu_count", lambda: 2)
        together = inspected(servers, topic)
    assert len(inspection._parts({(topic, 0): topic_reader.Span(0, FEW)})) == 2
    assert together.tallies == alone.tallies


def test_an_error_in_another_process_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    nobody = KafkaEndpoint(f"127.0.0.1:{port}")
    nothing = (nobody, {}, ALL, UNTOUCHED, NOW_MS, 0.1)
    job = (nobody, {("x", 0): topic_reader.Span(0, 1)}, *nothing[2:])
    with pytest.raises((ServerUnreachable, TimedOut)) as failed:
        list(inspection._in_processes([nothing, job], TIMEOUT_S))
    assert failed.value.hint


def test_many_letters_take_no_more_memory_than_few(servers: StackUnderTest) -> None:
    with own_topic(servers.bootstrap, partitions=3) as topic:
        put(servers, topic, MANY, 3, b"x" * 2000)
        assert inspected(servers, topic).total(topic).count == MANY
        before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        put(servers, topic, MANY, 3, b"x" * 2000)
        assert inspected(servers, topic).total(topic).count == 2 * MANY
        grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib
    assert grown_kib < MANY, "not half of what was added"


def test_no_group_appears_and_no_offset_is_committed(servers: StackUnderTest) -> None:
    before = groups(servers.bootstrap)
    servers.paystack("dlq", "inspect")
    servers.paystack("dlq", "list")
    assert groups(servers.bootstrap) == before


def test_what_cannot_be_read_is_a_typed_error(servers: StackUnderTest) -> None:
    with pytest.raises(ServerRefused, match=r"no topic test\.absent") as refused:
        inspected(servers, "test.absent")
    assert refused.value.hint == "paystack up kafka-topics"


@pytest.mark.parametrize(
    "command",
    [["inspect"], ["list"], ["show", "payment.dlq", "0:0"], ["export", "--to", "never.jsonl"]],
    ids=lambda command: str(command[0]),
)
def test_a_broker_that_is_not_there_is_exit_code_3(
    servers: StackUnderTest, command: list[str], tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    arguments = [str(tmp_path / word) if word.endswith("jsonl") else word for word in command]
    answer = servers.paystack("dlq", *arguments, "--kafka", f"127.0.0.1:{port}", expect=3)
    assert "next: " in answer.stderr
    assert answer.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_reading_that_takes_too_long_is_given_up(
    servers: StackUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_topic(servers.bootstrap) as topic:
        put(servers, topic, 2, 1, b"x")
        clock = iter([0.0, TIMEOUT_S + 1])
        monkeypatch.setattr(topic_reader, "time", SimpleNamespace(monotonic=clock.__next__))
        monkeypatch.setattr(topic_reader, "BATCH_RECORDS_MAX", 1)
        with pytest.raises(TimedOut, match=r"1 partitions of .* were not read to their end"):
            inspected(servers, topic)


def test_the_command_tells_every_topic_of_the_catalog_and_gates(
    servers: StackUnderTest, tmp_path: Path
) -> None:
    document = servers.paystack("dlq", "inspect", "--output", "json").document
    assert [topic["topic"] for topic in document["topics"]] == servers.dead_letter_topics
    producer = Producer({"bootstrap.servers": servers.bootstrap})
    producer.produce("refund.dlq", key=b"100000", value=b"{}", headers=headers(0))
    assert producer.flush(TIMEOUT_S) == 0
    held = document["topics"][servers.dead_letter_topics.index("refund.dlq")]["count"]
    answer = servers.paystack(
        *("dlq", "inspect", "refund.dlq", "--max-dead", str(held), "--max-age", "0"),
        *("--output", "json"),
        expect=6,
    )
    keeps_schema("dlq-inspect", answer.document)
    assert answer.document["topics"][0]["count"] == held + 1
    assert answer.document["topics"][0]["latest"][0]["key"] == "100000"
    assert f"{held + 1} dead letter(s) wait in refund.dlq" in answer.stderr
    assert "the oldest waiting in refund.dlq is" in answer.stderr
    baseline = tmp_path / "baseline.json"
    servers.paystack("dlq", "inspect", "refund.dlq", "--write-baseline", str(baseline))
    known = ["dlq", "inspect", "refund.dlq", "--new-fingerprint", str(baseline)]
    servers.paystack(*known, "--max-dead", str(held + 1))
    strange: list[tuple[str, str | bytes | None]] = [("x-error-message", b"never seen 7")]
    producer.produce("refund.dlq", value=b"{}", headers=strange)
    assert producer.flush(TIMEOUT_S) == 0
    new = servers.paystack(*known, expect=6)
    assert re.search(r"new cause \w{12}, 1 letter\(s\): never seen <n>", new.stderr)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--since", "yesterday"], "--since does not understand"),
        (["--where", "size=1"], "--where does not understand"),
        (["--where", "key~("], "no regular expression"),
    ],
)
def test_what_it_does_not_understand_is_exit_code_2(
    servers: StackUnderTest, options: list[str], said: str
) -> None:
    assert said in servers.paystack("dlq", "inspect", *options, expect=2).stderr
