"""The outbox's figures and the limits that a gate sets."""

import pytest

from paystack_cli.events.outbox import RATE_WINDOW_S, OutboxStatus, Waiting, breaches

EMPTY = OutboxStatus(waiting=(), parked=(), parked_rows=0, published_in_window=0)
BACKLOG = OutboxStatus(
    waiting=(
        Waiting("PAYMENT_AUTHORIZED", rows=40, retrying=0, oldest_age_s=2.0),
        Waiting("PAYMENT_CAPTURED", rows=20, retrying=5, oldest_age_s=12.5),
    ),
    parked=(),
    parked_rows=0,
    published_in_window=2 * RATE_WINDOW_S,
)


def test_an_empty_outbox() -> None:
    assert (EMPTY.pending, EMPTY.oldest_age_s, EMPTY.publish_rate_per_s) == (0, None, 0.0)
    assert EMPTY.drain_s is None
    assert list(breaches(EMPTY, max_age_s=0, max_pending=0)) == []


def test_a_backlog_drains_at_the_rate_of_the_last_minute() -> None:
    assert (BACKLOG.pending, BACKLOG.oldest_age_s) == (60, 12.5)
    assert (BACKLOG.publish_rate_per_s, BACKLOG.drain_s) == (2.0, 30.0)


@pytest.mark.parametrize(
    ("max_age_s", "max_pending", "said"),
    [
        (None, None, []),
        (12.5, 60, []),
        (12.4, None, ["the oldest row waits for 12.5 s, more than 12.4 s"]),
        (None, 59, ["60 rows wait, more than 59"]),
        (
            0,
            0,
            ["the oldest row waits for 12.5 s, more than 0 s", "60 rows wait, more than 0"],
        ),
    ],
)
def test_limits(max_age_s: float | None, max_pending: int | None, said: list[str]) -> None:
    assert list(breaches(BACKLOG, max_age_s=max_age_s, max_pending=max_pending)) == said
