"""Which log lines speak of a payment, and what is shown of them."""

import json
from datetime import UTC, datetime

import pytest

from paystack_cli.engines.base import LogLine
from paystack_cli.trace.log_lines import log_steps, speaks_of
from tests.support.traced_payment import WHOLE

AT = datetime(2026, 11, 22, 3, tzinfo=UTC)


def line(at: datetime | None = AT, **fields: object) -> LogLine:
    return LogLine("gateway", json.dumps(fields), at=at)


@pytest.mark.parametrize(
    ("fields", "speaks"),
    [
        ({"path": "/api/payments/100000"}, True),
        ({"payment_id": 100000}, True),
        ({"payment_id": 1000001}, False),
        ({"path": "/api/payments/2100000"}, False),
        ({"payment_id": 5}, False),
    ],
)
def test_a_line_speaks_of_the_payment_when_it_names_it(
    fields: dict[str, object], speaks: bool
) -> None:
    assert speaks_of(WHOLE)(line(**fields)) is speaks


def test_the_telling_fields_are_shown() -> None:
    (step,) = log_steps(
        [line(event="request", path="/p/100000", method="GET", status=200, level="info", bytes=1)]
    )
    assert (step.at, step.what) == (AT, "gateway info request GET /p/100000 200")


def test_a_line_without_a_time_has_no_place() -> None:
    assert log_steps([line(at=None, payment_id=100000)]) == []
