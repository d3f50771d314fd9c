"""Which lines are meant."""

from datetime import UTC, datetime, timedelta

import pytest

from paystack_cli.engines.base import LogLine
from paystack_cli.errors import UsageError
from paystack_cli.logs.chosen import Wanted, read_moment, read_pattern
from paystack_cli.logs.parsed import Level

AT = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
LATER = AT + timedelta(seconds=1)
INFO = LogLine("app", '{"event":"decided","level":"info","payment_id":7}', AT)
ERROR = LogLine("app", '{"event":"refused","level":"error","payment_id":77}', LATER)
TRACE = LogLine("kafka", "java.io.IOException: disk", LATER)
UNTIMED = LogLine("app", "booting")
LINES = (INFO, ERROR, TRACE, UNTIMED)


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        (Wanted(), LINES),
        (Wanted(level=Level.WARNING), (ERROR, TRACE, UNTIMED)),
        (Wanted(level=Level.INFO), LINES),
        (Wanted(payment="7"), (INFO,)),
        (Wanted(payment="77", level=Level.ERROR), (ERROR,)),
        (Wanted(since=LATER), (ERROR, TRACE)),
        (Wanted(until=LATER), (INFO,)),
        (Wanted(pattern=read_pattern("refused|disk")), (ERROR, TRACE)),
        (Wanted(pattern=read_pattern("^boot"), level=Level.ERROR), (UNTIMED,)),
    ],
)
def test_what_is_kept(wanted: Wanted, kept: tuple[LogLine, ...]) -> None:
    assert tuple(filter(wanted, LINES)) == kept
    assert wanted.everything is (kept == LINES and wanted.level is None)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (None, None),
        ("10m", LATER - timedelta(minutes=10)),
        ("1.5h", LATER - timedelta(minutes=90)),
        ("90s", LATER - timedelta(seconds=90)),
        ("2d", LATER - timedelta(days=2)),
        ("2026-11-22T17:00:00Z", AT),
        ("2026-11-22T18:00+01:00", AT),
        ("2026-11-22", datetime(2026, 11, 22).astimezone()),
    ],
)
def test_times_as_people_give_them(text: str | None, moment: datetime | None) -> None:
    assert read_moment("--since", text, LATER) == moment


@pytest.mark.parametrize("text", ["", "10", "10 minutes", "yesterday", "99999999999d", "m"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--since is no time"):
        read_moment("--since", text, LATER)


def test_what_is_no_regular_expression_is_refused() -> None:
    with pytest.raises(UsageError, match="no regular expression"):
        read_pattern("(")
