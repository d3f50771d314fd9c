"""How long rows must stay: what is refused before anything is deleted."""

import math

import pytest
from paycore.lifecycle import CannotStart
from paycore.retention import RetentionSettings
from paycore.settings import Environment
from paycore.topic_retention import kept_h

HOUR_MS = 3_600_000


def read(**values: str) -> RetentionSettings:
    return RetentionSettings.read(Environment(values))


def test_the_hours_of_the_environment() -> None:
    assert read() == RetentionSettings(168, 720)
    assert read(OUTBOX_RETENTION_HOURS="1", INBOX_RETENTION_HOURS="2") == RetentionSettings(1, 2)


def test_zero_is_for_ever() -> None:
    both = read(OUTBOX_RETENTION_HOURS="0", INBOX_RETENTION_HOURS="0")
    assert both == RetentionSettings(math.inf, math.inf)
    assert read(INBOX_RETENTION_HOURS="0") == RetentionSettings(168, math.inf)


@pytest.mark.parametrize(
    ("outbox", "inbox", "said"),
    [
        ("168", "168", "INBOX_RETENTION_HOURS is 168, but outbox rows stay for up to 168 hours"),
        ("168", "24", "INBOX_RETENTION_HOURS is 24, but outbox rows stay for up to 168 hours"),
        ("0", "720", "INBOX_RETENTION_HOURS is 720, but outbox rows stay for ever"),
        ("-1", "720", "OUTBOX_RETENTION_HOURS is negative: -1"),
        ("168", "-1", "INBOX_RETENTION_HOURS is negative: -1"),
    ],
)
def test_an_inbox_that_forgets_before_the_outbox_is_refused(
    outbox: str, inbox: str, said: str
) -> None:
    with pytest.raises(CannotStart, match=said):
        read(OUTBOX_RETENTION_HOURS=outbox, INBOX_RETENTION_HOURS=inbox)


@pytest.mark.parametrize(
    ("retention_ms", "segment_ms", "hours"),
    [
        (str(168 * HOUR_MS), str(168 * HOUR_MS), 336),
        (str(HOUR_MS), str(HOUR_MS // 2), 1.5),
        ("-1", str(HOUR_MS), math.inf),
    ],
)
def test_a_record_stays_for_its_segment_and_the_retention(
    retention_ms: str, segment_ms: str, hours: float
) -> None:
    assert kept_h({"retention.ms": retention_ms, "segment.ms": segment_ms}) == hours
