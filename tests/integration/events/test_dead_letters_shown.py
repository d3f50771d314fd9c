"""Single dead letters through the command: listed, shown, followed, exported, put back."""

import base64
import json
import os
import select
import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from tests.support.documents import keeps_schema
from tests.support.kafka import own_topic
from tests.support.programs import fetched
from tests.support.stack import StackUnderTest
from tests.support.topics import Record, read_topics

TIMEOUT_S = 60.0
CARD, MASKED = "4111 1111 1111 1111", "411111******1111"
LETTERS = 7
AT_MS = round(time.time() - LETTERS) * 1000
"""An old record would be removed by retention while the test runs."""


def produce(servers: StackUnderTest, topic: str, **record: Any) -> None:
    producer = Producer({"bootstrap.servers": servers.bootstrap})
    producer.produce(topic, **record)
    assert producer.flush(TIMEOUT_S) == 0


@pytest.fixture(scope="module")
def topic(servers: StackUnderTest) -> Iterator[str]:
    """LETTERS letters over two partitions, one a second."""
    with own_topic(servers.bootstrap, partitions=2) as name:
        producer = Producer({"bootstrap.servers": servers.bootstrap})
        for number in range(LETTERS):
            producer.produce(
                name,
                key=f"{100_000 + number}",
                value=json.dumps({"number": number, "card": CARD}),
                headers=[
                    ("ce_type", b"PAYMENT_CAPTURED"),
                    ("note", f"card {CARD}\x1b[2J".encode()),
                    ("kafka_dlt-original-topic", b"payment.captured"),
                    ("kafka_dlt-original-partition", struct.pack(">i", 3)),
                    ("kafka_dlt-original-offset", struct.pack(">q", 2**40 + number)),
                    ("kafka_dlt-exception-message", f"no {CARD}".encode()),
                ],
                partition=number % 2,
                timestamp=AT_MS + number * 1000,
            )
        assert producer.flush(TIMEOUT_S) == 0
        yield name


def pages(servers: StackUnderTest, topic: str, *options: str) -> list[list[str]]:
    """The keys of every page of two letters."""
    found, more = [], list[str]()
    while True:
        listed = servers.paystack(
            *("dlq", "list", topic, "--limit", "2", "--output", "json", *options, *more)
        ).document
        found.append([letter["key"] for letter in listed["letters"]])
        if listed["cursor"] is None:
            return found
        more = ["--from", listed["cursor"]]


def test_pages_have_every_letter_once_in_the_order_of_time(
    servers: StackUnderTest, topic: str
) -> None:
    keys = [str(100_000 + number) for number in range(LETTERS)]
    assert pages(servers, topic, "--oldest") == [keys[0:2], keys[2:4], keys[4:6], keys[6:]]
    backwards = keys[::-1]
    assert [key for page in pages(servers, topic) for key in page] == backwards
    odd = pages(servers, topic, "--oldest", "--where", "key~[13579]$")
    assert [key for page in odd for key in page] == keys[1::2]


@pytest.mark.parametrize("cursor", ["x", "other:0:1", "0:1"])
def test_a_cursor_of_something_else_is_refused(
    servers: StackUnderTest, topic: str, cursor: str
) -> None:
    answer = servers.paystack("dlq", "list", topic, "--from", cursor, expect=2)
    assert "--from does not understand" in answer.stderr


def test_a_letter_in_full_is_masked_and_decoded(servers: StackUnderTest, topic: str) -> None:
    shown = servers.paystack("dlq", "show", topic, "1:2").stdout
    assert f"kafka_dlt-original-offset: {2**40 + 5}" in shown
    assert f'"card": "{MASKED}"' in shown
    assert f"note: card {MASKED}\\x1b[2J" in shown
    assert "1111 1111" not in shown
    document = servers.paystack("dlq", "show", topic, "1:2", "--output", "json").document
    keeps_schema("dlq-letter", document)
    assert (document["key"], document["raw"]) == ("100005", None)


@pytest.mark.parametrize("place", ["1:99", "7:0"])
def test_a_letter_that_is_not_there_is_exit_code_2(
    servers: StackUnderTest, topic: str, place: str
) -> None:
    answer = servers.paystack("dlq", "show", topic, place, expect=2)
    assert f"next: paystack dlq list {topic}" in answer.stderr


def test_an_export_is_masked_unless_it_is_asked_for_whole(
    servers: StackUnderTest, topic: str, tmp_path: Path
) -> None:
    path = tmp_path / "letters.jsonl"
    told = servers.paystack("dlq", "export", topic, "--to", str(path)).stderr
    assert f"{LETTERS} letter(s) written" in told
    assert "not for import" in told
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text("utf-8")
    assert "1111 1111" not in text
    assert MASKED in text
    for exported in text.splitlines():
        keeps_schema("dlq-letter", json.loads(exported))
    again = servers.paystack("dlq", "export", topic, "--to", str(path), expect=3)
    assert "exists" in again.stderr


def test_an_unmasked_export_can_be_put_back_byte_for_byte(
    servers: StackUnderTest, topic: str, tmp_path: Path
) -> None:
    path = tmp_path / "letters.jsonl"
    servers.paystack("dlq", "export", topic, "--to", str(path), "--unmasked")
    with own_topic(servers.bootstrap, partitions=2) as copy:
        producer = Producer({"bootstrap.servers": servers.bootstrap})
        for exported in map(json.loads, path.read_text("utf-8").splitlines()):
            raw = exported["raw"]
            producer.produce(
                copy,
                key=_bytes(raw["key"]),
                value=_bytes(raw["value"]),
                headers=[(name, _bytes(value)) for name, value in raw["headers"]],
                partition=exported["partition"],
                timestamp=raw["timestamp_ms"],
            )
        assert producer.flush(TIMEOUT_S) == 0
        first, second = (read_topics(servers.bootstrap, [name]) for name in (topic, copy))
    assert sorted(map(_content, first)) == sorted(map(_content, second))


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)


def _content(record: Record) -> tuple[object, ...]:
    return record.partition, record.offset, record.key, record.value, record.headers


def test_letters_are_followed_as_they_arrive(servers: StackUnderTest) -> None:
    with own_topic(servers.bootstrap) as followed:
        produce(servers, followed, key="old", value=b"{}")
        command = servers.start("dlq", "list", followed, "--follow", "--output", "json")
        with command as process:
            assert process.stdout is not None
            # The command says nothing until a letter comes, and letters before its start are not
            # shown: they are sent until the first one is.
            while not (ready := _readable(process)):
                produce(servers, followed, key="new", value=b"{}")
            line = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=TIMEOUT_S)
    assert ready
    keeps_schema("dlq-letter", json.loads(line))
    assert json.loads(line)["key"] == "new"
    assert process.returncode == 130


def _readable(process: "subprocess.Popen[str]") -> bool:

    return bool(select.select([process.stdout], [], [], 0.5)[0])


def test_an_envelope_gets_key_and_headers_of_the_original_back_while_it_is_kept(
    servers: StackUnderTest,
) -> None:
    with own_topic(servers.bootstrap) as origin, own_topic(servers.bootstrap) as dead:
        for number in range(2):
            produce(servers, origin, key=f"key{number}", value=b"{}", headers=[("ce_id", b"17")])
        for offset in (0, 1, 5):
            envelope = {"originalTopic": origin, "partition": 0, "offset": offset, "payload": "{}"}
            produce(servers, dead, value=json.dumps(envelope))
        gone = {"originalTopic": "no.such", "partition": 0, "offset": 0, "payload": "{}"}
        produce(servers, dead, value=json.dumps(gone))
        admin = AdminClient({"bootstrap.servers": servers.bootstrap})
        for deleted in admin.delete_records([TopicPartition(origin, 0, 1)]).values():
            deleted.result(TIMEOUT_S)
        found = [
            servers.paystack("dlq", "show", dead, f"0:{n}", "--output", "json").document["original"]
            for n in range(4)
        ]
    assert "retention has removed it" in found[0]["gone"]
    assert (found[1]["gone"], found[1]["key"]) == (None, "key1")
    assert found[1]["headers"] == [{"name": "ce_id", "value": "17"}]
    assert "has no record" in found[2]["gone"]
    assert "no topic no.such" in found[3]["gone"]


def test_kcat_sees_what_the_command_lists(servers: StackUnderTest, topic: str) -> None:
    kcat = fetched("kcat")
    seen = subprocess.run(
        [*kcat.argv, "-b", servers.bootstrap, "-C", "-t", topic, "-e", "-q", "-J"],
        env={**os.environ, **kcat.environment},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
    ).stdout
    witnessed = {
        (record["partition"], record["offset"], record["key"], _iso(record["ts"]))
        for record in map(json.loads, seen.splitlines())
    }
    assert len(witnessed) == LETTERS
    listed = servers.paystack("dlq", "list", topic, "--output", "json").document["letters"]
    assert witnessed == {
        (each["partition"], each["offset"], each["key"], each["at"]) for each in listed
    }


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
