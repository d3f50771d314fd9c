"""Which lines are meant."""

from datetime import UTC, datetime, timedelta

import pytest

from paystack_cli.engines.base import LogLine
from paystack_cli.errors import UsageError
from paystack_cli.logs.chosen import Wanted, read_level, read_pattern, read_payment
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


def test_what_is_no_regular_expression_is_refused() -> None:
    with pytest.raises(UsageError, match="no regular expression"):
        read_pattern("(")


@pytest.mark.parametrize(
    ("text", "level"),
    [("warning", Level.WARNING), ("WARN", Level.WARNING), ("fatal", Level.CRITICAL), (None, None)],
)
def test_a_level_goes_by_any_name_that_programs_give_it(
    text: str | None, level: Level | None
) -> None:
    assert read_level(text) is level


def test_what_is_no_level_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="no level") as refused:
        read_level("loud")
    assert "debug, info, warning, error, critical" in refused.value.hint


@pytest.mark.parametrize("text", ["abc", "-1", "", "10٣"])
def test_what_is_no_payment_id_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no payment id"):
        read_payment(text)


def test_a_payment_id_is_taken_as_it_is() -> None:
    assert read_payment("100000") == "100000"
    assert read_payment(None) is None
