"""Grouping dead letters, and the limits that a gate sets: right counts in bounded memory."""

import itertools
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paystack_cli.clients.sanitize import printable
from paystack_cli.errors import PreflightError, UsageError
from paystack_cli.events.dead_letter_headers import Header
from paystack_cli.events.dead_letters import (
    any_topics,
    breaches,
    choose_topics,
    read_baseline,
    write_baseline,
)
from paystack_cli.events.fate import State
from paystack_cli.events.fingerprint import stripped
from paystack_cli.events.grouping import GROUPS_MAX, OTHER, RATE_WINDOW_S, Cause, Grouping
from paystack_cli.events.inspection import Inspection, _parts
from paystack_cli.events.letter import DeadLetter
from paystack_cli.events.topic_reader import Span
from paystack_cli.stack.catalog import load_catalog
from tests.support.messages import Consumed

CATALOG = load_catalog(Path(__file__).resolve().parents[3] / "stack" / "schemas" / "catalog.json")
NOW_MS = 1_700_000_000_000


def letter(message: str = "refused", exception: str = "SchemaBreach", **more: object) -> Consumed:
    headers: list[Header] = [
        ("ce_type", b"PAYMENT_CAPTURED"),
        ("kafka_dlt-original-topic", b"payment.captured"),
        ("kafka_dlt-original-consumer-group", b"consumer-worker"),
        ("kafka_dlt-exception-fqcn", exception.encode()),
        ("kafka_dlt-exception-message", message.encode()),
    ]
    return Consumed(of_headers=headers, **more)  # type: ignore[arg-type]


def inspected(*letters: Consumed) -> Inspection:
    grouping = Grouping(NOW_MS)
    grouping.add(each.message for each in letters)
    return Inspection(("payment.dlq", "refund.dlq"), tuple(grouping.tallies.items()), NOW_MS)


SAME_CAUSE = {
    "numbers": ("payment 17 has 1000 KRW", "payment 100018 has 5 KRW"),
    "fractions": ("took 1.5 s", "took 2,000.25 s"),
    "signs": ("balance is -5", "balance is +17"),
    "uuids": (
        "event 6f1f2d3c-0b5e-4c7a-9d1e-2f3a4b5c6d7e is gone",
        "event 00000000-0000-4000-8000-000000000000 is gone",
    ),
    "hex": ("trace 4bf92f3577b34da6a3ce929d0e0e4736", "trace 00f067aa0ba902b700f067aa0ba902b7"),
    "objects": ("got Payment@1b2c3d4e", "got Payment@0"),
    "times": ("at 2026-11-22T10:00:00.123Z", "at 2025-01-02 23:59:59+09:00"),
    "clocks": ("at 10:00:01.5", "at 7:13:00"),
    "addresses": ("no route to 10.0.0.1:9092", "no route to 192.168.100.20:3306"),
    "mail": ("unknown kim@example.com", "unknown lee.park+x@pay.example.org"),
    "ids": ("charge ch_3MqLiJ2eZvKYlo2C failed", "charge ch_1AqBbC9dDeEfFgG7 failed"),
}


@pytest.mark.parametrize(("one", "other"), SAME_CAUSE.values(), ids=SAME_CAUSE)
def test_what_differs_each_time_makes_no_new_cause(one: str, other: str) -> None:
    assert stripped(one.encode()) == stripped(other.encode())
    found = inspected(letter(one), letter(other))
    assert [tally.count for _, tally in found.tallies] == [2]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (letter("no amount"), letter("no currency")),
        (letter(exception="A"), letter(exception="B")),
        (letter(), letter(of_topic="refund.dlq")),
        (letter(), Consumed(of_headers=[])),
    ],
    ids=["message", "exception", "topic", "no headers"],
)
def test_another_cause_is_another_group(one: Consumed, other: Consumed) -> None:
    assert len(inspected(one, other).tallies) == 2


@given(st.text(max_size=200), st.data())
def test_other_digits_are_the_same_cause(text: str, data: st.DataObject) -> None:
    other = re.sub("[0-9]", lambda _: data.draw(st.sampled_from("0123456789")), text)
    assert stripped(text.encode()) == stripped(other.encode())


@given(st.binary(max_size=2000))
def test_any_message_has_a_printable_fingerprint_without_digits(message: bytes) -> None:
    found = stripped(message)
    assert found is not None
    assert printable(found) == found
    assert not re.search("[1-9]", re.sub(r"\\[xuU][0-9a-f]+", "", found))


def test_counts_times_and_the_rate() -> None:
    hour_ms = RATE_WINDOW_S * 1000
    moments = (NOW_MS - 2 * hour_ms, NOW_MS - 5, NOW_MS)
    total = inspected(*(letter(at_ms=at) for at in moments)).total("payment.dlq")
    assert (total.count, total.recent, total.rate_per_h) == (3, 2, 2.0)
    assert (total.first_ms, total.last_ms) == (moments[0], moments[-1])


@pytest.mark.parametrize("at_ms", [-1, 0, 2**62])
def test_a_time_that_is_none_is_no_traceback(at_ms: int) -> None:
    total = inspected(letter(at_ms=at_ms), letter(at_ms=5000)).total("payment.dlq")
    assert total.count == 2
    assert total.first_at == total.last_at
    assert DeadLetter.of(letter(at_ms=at_ms).message).at is None
    assert inspected(letter(at_ms=at_ms)).total("payment.dlq").first_at is None


def test_every_letter_its_own_cause_does_not_grow_without_bound() -> None:
    names = map("".join, itertools.product("abcdefghij", repeat=3))
    found = inspected(*(letter(f"Error {name}") for name in names))
    others = [tally for cause, tally in found.tallies if cause.fingerprint is OTHER]
    assert len(found.tallies) == GROUPS_MAX + 1
    assert [tally.count for tally in others] == [1000 - GROUPS_MAX]
    assert found.total("payment.dlq").count == 1000


def test_what_several_processes_count_adds_up() -> None:
    both, one, other = Grouping(NOW_MS), Grouping(NOW_MS), Grouping(NOW_MS)
    one.add([letter(at_ms=NOW_MS, of_offset=7).message])
    other.add([letter(at_ms=NOW_MS - 1, of_offset=3).message, letter("other").message])
    both.merge(one)
    both.merge(other)
    counts = {cause.fingerprint.message: tally for cause, tally in both.tallies.items()}
    assert {message: tally.count for message, tally in counts.items()} == {"refused": 2, "other": 1}
    sample = counts["refused"].sample
    assert sample is not None
    assert (counts["refused"].first_ms, sample.offset) == (NOW_MS - 1, 3)


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=20),
)
def test_the_shares_of_processes_are_all_and_none_twice(sizes: list[tuple[int, int]]) -> None:
    spans = {("t", n): Span(begin, begin + size) for n, (begin, size) in enumerate(sizes)}
    parts = _parts(spans)
    for partition, span in spans.items():
        edges = [part[partition] for part in parts]
        assert [edges[0].begin, edges[-1].end] == list(span)
        assert all(a.end == b.begin for a, b in itertools.pairwise(edges))


ENVELOPE = {
    "originalTopic": "payment.captured",
    "partition": 3,
    "offset": 17,
    "payload": '{"paymentId": 1}',
    "errorType": "Refused",
    "errorMessage": "no 17",
    "timestamp": NOW_MS,
}


def test_a_json_envelope_is_read_as_a_letter() -> None:
    consumed = Consumed(of_value=json.dumps(ENVELOPE).encode())
    found = DeadLetter.of(consumed.message)
    assert found.envelope is not None
    assert found.envelope.payload == '{"paymentId": 1}'
    origin = found.origin
    assert (origin.dialect, origin.topic, origin.partition, origin.offset) == (
        "envelope",
        "payment.captured",
        3,
        17,
    )
    assert (origin.exception, origin.timestamp_ms) == ("Refused", NOW_MS)
    ((cause, tally),) = inspected(consumed, consumed).tallies
    assert (cause.fingerprint, tally.count) == (found.fingerprint, 2)
    assert cause.fingerprint.message == "no <n>"


TEXTS = st.sampled_from(
    ["", "no 17", "no 4", "v1", "v2", "é", 'say "payload": "x"', "\\u0041", "\n"]
)
FURTHER = ENVELOPE | {"payload": {"errorType": "Inner 1"}, "merchant": {"errorType": "x9"}}
"""Not as the envelope's own writer has it, and to be told apart none the less."""


@st.composite
def envelopes(draw: st.DrawFn) -> Consumed:
    body = dict(draw(st.sampled_from([ENVELOPE, FURTHER])))
    for name in ("originalTopic", "errorType", "errorMessage", "payload"):
        if draw(st.booleans()):
            body[name] = draw(TEXTS | st.none() | st.integers(0, 20))
    value = json.dumps(body, ensure_ascii=draw(st.booleans())).encode()
    headers: list[Header] = [("ce_type", draw(TEXTS).encode())] if draw(st.booleans()) else []
    return Consumed(of_value=value, of_headers=headers or None)


@st.composite
def header_letters(draw: st.DrawFn) -> Consumed:
    names = st.sampled_from(
        [
            *("ce_type", "other", "x-error-type", "x-exception-message", "__dlq.errors.message"),
            *("kafka_dlt-exception-fqcn", "kafka_dlt-exception-message"),
            *("kafka_dlt-original-topic", "kafka_dlt-original-consumer-group"),
        ]
    )
    values = TEXTS.map(str.encode) | st.none()
    headers = draw(st.lists(st.tuples(names, values), max_size=6))
    topics = st.sampled_from(["payment.dlq", "refund.dlq"])
    return Consumed(of_topic=draw(topics), of_headers=list(headers))


@given(st.lists(envelopes() | header_letters(), min_size=2, max_size=8))
def test_letters_are_grouped_as_if_each_were_decoded(letters: list[Consumed]) -> None:
    decoded = Counter(
        Cause(found.place.topic, found.fingerprint, found.origin.consumer, found.origin.topic)
        for found in (DeadLetter.of(each.message) for each in letters)
    )
    assert {cause: tally.count for cause, tally in inspected(*letters).tallies} == decoded


@pytest.mark.parametrize(
    "changed",
    [
        {"originalTopic": 7},
        {"partition": "x", "offset": None, "timestamp": "never", "errorMessage": []},
        {"timestamp": 2**70, "partition": True},
    ],
)
def test_an_envelope_that_is_malformed_is_harmless(changed: dict[str, object]) -> None:
    origin = DeadLetter.of(
        Consumed(of_value=json.dumps(ENVELOPE | changed).encode()).message
    ).origin
    assert origin.partition in (None, 3)
    assert origin.topic in (None, "payment.captured")


def test_topics_are_those_of_the_catalog() -> None:
    assert choose_topics(CATALOG, []) == CATALOG.dead_letter_topics
    assert choose_topics(CATALOG, ["refund.dlq", "refund.dlq"]) == ("refund.dlq",)
    with pytest.raises(UsageError, match=r"payment\.captured") as refused:
        choose_topics(CATALOG, ["payment.captured"])
    assert "refund.dlq" in refused.value.hint


def test_any_topic_can_be_read() -> None:
    assert any_topics(CATALOG, []) == CATALOG.dead_letter_topics
    assert any_topics(CATALOG, ["of.others", "of.others"]) == ("of.others",)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({}, []),
        ({"max_dead": 2}, []),
        ({"max_dead": 1}, ["2 dead letter(s) wait in payment.dlq, more than 1"]),
        ({"max_age_s": 60}, []),
        ({"max_age_s": 59}, ["the oldest waiting in payment.dlq is 60 s old, more than 59 s"]),
    ],
)
def test_gates(limits: dict[str, float], said: list[str]) -> None:
    found = inspected(letter(at_ms=NOW_MS - 60_000), letter(at_ms=NOW_MS))
    assert list(breaches(found, **limits)) == said  # type: ignore[arg-type]


@pytest.mark.parametrize("state", [State.REPLAYED, State.DISCARDED])
def test_what_was_dealt_with_breaks_no_limit(state: State) -> None:
    grouping = Grouping(NOW_MS)
    grouping.add([letter(at_ms=NOW_MS - 60_000).message] * 2, state)
    grouping.add([letter(at_ms=NOW_MS).message])
    found = Inspection(("payment.dlq",), tuple(grouping.tallies.items()), NOW_MS)
    assert found.total("payment.dlq").count == 3
    assert [found.total("payment.dlq", one).count for one in (state, State.WAITING)] == [2, 1]
    known = frozenset({letter_fingerprint()})
    assert list(breaches(found, max_dead=1, max_age_s=59, baseline=known)) == []
    assert len(list(breaches(found, max_dead=0, baseline=frozenset()))) == 2


def letter_fingerprint() -> str:
    return DeadLetter.of(letter().message).fingerprint.id


def test_a_baseline_knows_its_causes_and_no_others(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    write_baseline(path, inspected(letter("payment 17 refused")))
    known = read_baseline(path)
    assert list(breaches(inspected(letter("payment 18 refused")), baseline=known)) == []
    (new,) = breaches(inspected(letter("no amount 7")), baseline=known)
    assert re.fullmatch(r"payment\.dlq: new cause \w{12}, 1 letter\(s\): no amount <n>", new)


@pytest.mark.parametrize("content", [None, "", "{}", '{"schema": "other", "causes": []}', "[1]"])
def test_what_is_no_baseline_is_a_clear_error(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "baseline.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(PreflightError, match="is no baseline") as refused:
        read_baseline(path)
    assert "--write-baseline" in refused.value.hint
