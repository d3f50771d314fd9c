"""Gathering dead letters: what is counted, what is kept, and that neither grows without bound."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from confluent_kafka import Message

from paystack_cli.errors import UsageError
from paystack_cli.events.dead_letter_headers import Header
from paystack_cli.events.dead_letters import (
    OTHER_REASON,
    REASONS_MAX,
    TopicSummary,
    _Gathering,
    breaches,
    choose_topics,
)
from paystack_cli.stack.catalog import load_catalog

CATALOG = load_catalog(Path(__file__).resolve().parents[3] / "stack" / "schemas" / "catalog.json")


@dataclass
class Letter:
    """The part of a Kafka message that is looked at."""

    number: int
    at_ms: int = 1
    reason: bytes = b"SchemaBreach"

    def headers(self) -> list[Header]:
        return [("kafka_dlt-exception-fqcn", self.reason)]

    def timestamp(self) -> tuple[int, int]:
        return 1, self.at_ms

    def offset(self) -> int:
        return self.number

    def partition(self) -> int:
        return 0

    def key(self) -> bytes:
        return str(self.number).encode()


def gathered(*letters: Letter, latest_max: int = 5) -> TopicSummary:
    gathering = _Gathering("payment.dlq", latest_max)
    for letter in letters:
        gathering.add(cast(Message, letter))
    return gathering.finish()


def test_the_newest_by_time_are_kept_whatever_their_order() -> None:
    summary = gathered(*(Letter(n, at_ms=1000 + n % 7) for n in range(50)), latest_max=3)
    assert summary.count == 50
    assert [letter.key for letter in summary.latest] == ["48", "41", "34"]


def test_none_are_kept_when_none_are_wanted() -> None:
    assert gathered(Letter(1), latest_max=0).latest == ()


def test_every_letter_its_own_reason_does_not_grow_without_bound() -> None:
    summary = gathered(*(Letter(n, reason=f"Error{n}".encode()) for n in range(REASONS_MAX + 50)))
    assert len(summary.reasons) == REASONS_MAX + 1
    assert summary.reasons[OTHER_REASON.decode()] == 50
    assert sum(summary.reasons.values()) == summary.count


@pytest.mark.parametrize("at_ms", [-1, 0, 2**62])
def test_a_time_that_is_none_is_no_traceback(at_ms: int) -> None:
    summary = gathered(Letter(1, at_ms=at_ms), Letter(2, at_ms=5000))
    assert summary.count == 2
    assert summary.first_at == summary.last_at
    assert [letter.at is None for letter in summary.latest] == [False, True]


def test_topics_are_those_of_the_catalog() -> None:
    assert choose_topics(CATALOG, []) == CATALOG.dead_letter_topics
    assert choose_topics(CATALOG, ["refund.dlq", "refund.dlq"]) == ("refund.dlq",)
    with pytest.raises(UsageError, match=r"payment\.captured") as refused:
        choose_topics(CATALOG, ["payment.captured"])
    assert "refund.dlq" in refused.value.hint


@pytest.mark.parametrize(
    ("max_dead", "said"),
    [(None, []), (2, []), (1, ["payment.dlq holds 2 dead letter(s), more than 1"])],
)
def test_gate(max_dead: int | None, said: list[str]) -> None:
    summaries = [TopicSummary("payment.dlq", count=2), TopicSummary("refund.dlq")]
    assert list(breaches(summaries, max_dead=max_dead)) == said
