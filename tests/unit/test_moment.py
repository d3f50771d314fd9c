"""Times as people give them."""

from datetime import UTC, datetime, timedelta

import pytest

from paystack_cli.errors import UsageError
from paystack_cli.moment import read_moment

NOW = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("10m", NOW - timedelta(minutes=10)),
        ("1.5h", NOW - timedelta(minutes=90)),
        ("90s", NOW - timedelta(seconds=90)),
        ("2d", NOW - timedelta(days=2)),
        ("2026-11-22T17:00:00Z", NOW),
        ("2026-11-22T18:00+01:00", NOW),
        ("2026-11-22", datetime(2026, 11, 22).astimezone()),
    ],
)
def test_times_as_people_give_them(text: str, moment: datetime) -> None:
    assert read_moment("--since", text, NOW) == moment


@pytest.mark.parametrize("text", ["", "10", "10 minutes", "yesterday", "99999999999d", "m"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--since does not understand"):
        read_moment("--since", text, NOW)
