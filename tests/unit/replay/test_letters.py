"""Letters: their places as people write them, their hash, and the record that they were."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paystack_cli.errors import UsageError
from paystack_cli.events.browse import Recovered
from paystack_cli.events.dead_letter_headers import Header, read_origin
from paystack_cli.events.fingerprint import Fingerprint
from paystack_cli.events.letter import DeadLetter, Place, told
from paystack_cli.replay.letters import Letter, parse_place

TOPICS = ("payment.dlq", "refund.dlq")
HEADERS = st.lists(
    st.tuples(st.text(st.characters(exclude_categories=("Cs",))), st.binary() | st.none())
)


def letter(
    key: bytes | None = None, value: bytes | None = None, headers: tuple[Header, ...] = ()
) -> Letter:
    return Letter(Place("payment.dlq", 0, 0), key, value, headers, read_origin(headers))


LETTERS = st.builds(letter, st.binary() | st.none(), st.binary() | st.none(), HEADERS.map(tuple))


@pytest.mark.parametrize(
    ("text", "topics", "place"),
    [
        ("1:17", TOPICS[:1], ("payment.dlq", 1, 17)),
        ("1@17", TOPICS[:1], ("payment.dlq", 1, 17)),
        ("payment.dlq:1:17", TOPICS[:1], ("payment.dlq", 1, 17)),
        ("payment.dlq:1@17", TOPICS, ("payment.dlq", 1, 17)),
        ("refund.dlq:0:0", TOPICS, ("refund.dlq", 0, 0)),
    ],
)
def test_a_place_as_people_write_it(
    text: str, topics: tuple[str, ...], place: tuple[str, int, int]
) -> None:
    assert parse_place(text, topics) == place


@pytest.mark.parametrize("text", ["", "1", "1@17", "1:17", "-1:0", "1:1:1:1", "1:" + "9" * 30])
def test_what_names_no_letter_or_any_of_several_topics_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_place(text, TOPICS)
    assert "PARTITION:OFFSET" in refused.value.hint


@given(LETTERS, LETTERS)
def test_the_hash_tells_different_records_apart(one: Letter, other: Letter) -> None:
    same = (one.key, one.value, one.headers) == (other.key, other.value, other.headers)
    assert (one.sha256 == other.sha256) == same


def test_nothing_and_empty_are_not_the_same_record() -> None:
    assert letter(value=b"").sha256 != letter(value=None).sha256
    assert letter(key=b"").sha256 != letter(key=None).sha256


@given(LETTERS)
def test_any_bytes_are_read_without_a_complaint(one: Letter) -> None:
    assert one.event_id is None or one.event_id >= 0
    assert one.payment_id is None or one.payment_id >= 0
    assert one.replay_count is None or one.replay_count >= 0


def test_the_record_that_it_was_has_none_of_the_headers_that_were_added() -> None:
    own: tuple[Header, ...] = (
        ("ce_id", b"9"),
        ("traceparent", b"00-"),
        ("paystack-replay-idea", b"mine"),
        ("empty", None),
    )
    added: tuple[Header, ...] = (
        ("kafka_dlt-original-offset", struct.pack(">q", 1)),
        ("retry_topic-attempts", b"\0\0\0\1"),
        ("__connect.errors.topic", b"t"),
        ("__streams.errors.topic", b"t"),
        ("__dlq.errors.topic", b"t"),
        ("x-original-topic", b"t"),
        ("paystack-replay-id", b"r"),
        ("paystack-replay-count", b"1"),
    )
    died = letter(headers=own[:2] + added + own[2:])
    assert died.own_headers == list(own)
    assert died.replay_count == 1


@pytest.mark.parametrize(
    ("stamped", "count"), [(None, 0), (b"2", 2), (b"", None), (b"-1", None), (b"\xff", None)]
)
def test_the_last_count_counts(stamped: bytes | None, count: int | None) -> None:
    headers: tuple[Header, ...] = () if stamped is None else (("paystack-replay-count", stamped),)
    assert letter(headers=headers).replay_count == count


ENVELOPE = json.dumps(
    {
        "originalTopic": "payment.captured",
        "partition": 3,
        "offset": 11,
        "payload": '{"paymentId": 42}',
        "errorType": "SchemaBreach",
        "errorMessage": "no amount",
    }
).encode()
ORIGINAL = Recovered(
    b"42", (("ce_id", b"9"), ("ce_type", b"PAYMENT_CAPTURED"), ("paystack-replay-count", b"1"))
)


def enveloped(original: Recovered | None) -> Letter:
    place = Place("payment.dlq", 0, 0)
    origin, envelope, _ = told((), ENVELOPE)
    fingerprint = Fingerprint(origin.exception, None, None)
    dead = DeadLetter(place, None, b"dead", ENVELOPE, (), origin, fingerprint, envelope)
    return Letter.of(dead, original)


def test_of_an_envelope_what_lies_in_it_is_the_record_that_died() -> None:
    found = enveloped(ORIGINAL)
    assert (found.key, found.value) == (b"42", b'{"paymentId": 42}')
    assert found.own_headers == [("ce_id", b"9"), ("ce_type", b"PAYMENT_CAPTURED")]
    assert (found.origin.topic, found.origin.partition) == ("payment.captured", 3)
    assert (found.event_id, found.origin.event_type) == (9, "PAYMENT_CAPTURED")
    assert found.replay_count == 1


@pytest.mark.parametrize("original", [None, Recovered(gone="retention has removed it")])
def test_of_an_envelope_whose_record_is_gone_nothing_is_invented(
    original: Recovered | None,
) -> None:
    found = enveloped(original)
    assert (found.key, found.headers, found.event_id) == (b"dead", (), None)
    assert found.value == b'{"paymentId": 42}'
