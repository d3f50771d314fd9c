"""A line of a log understood."""

from datetime import UTC, datetime

import pytest

from paystack_cli.logs.parsed import Level, parse, time_of

STRUCTURED = (
    '{"payment_id":100001,"event":"payment_decided","level":"warning","trace_id":"bf4",'
    '"timestamp":"2026-11-22T17:00:01.5Z","service":"ingest-service","http_status":200}'
)


def test_a_structured_line() -> None:
    parsed = parse(STRUCTURED)
    assert (parsed.event, parsed.level) == ("payment_decided", Level.WARNING)
    assert (parsed.payment_id, parsed.trace_id) == ("100001", "bf4")
    assert parsed.fields == {"http_status": 200}
    assert time_of(STRUCTURED) == datetime(2026, 11, 22, 17, 0, 1, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "level", "event"),
    [
        ("2026-11-22  9:00:01 0 [Warning] disk", Level.WARNING, "[Warning] disk"),
        ("[2026-11-22T17:00:01,100] ERROR no disk (k.S)", Level.ERROR, "ERROR no disk (k.S)"),
        ("2026/11/22 17:00:01 [emerg] 7#0: bind()", Level.CRITICAL, "[emerg] 7#0: bind()"),
        ("[2026-11-22T17:00:01,100] INFO an ERROR told later", Level.INFO, None),
        ("  at java.lang.Thread.run", None, "  at java.lang.Thread.run"),
        ("SELECT 1 FROM payment", None, "SELECT 1 FROM payment"),
        ('{"event": broken', None, '{"event": broken'),
        ("", None, ""),
    ],
)
def test_a_plain_line(line: str, level: Level | None, event: str | None) -> None:
    parsed = parse(line)
    assert parsed.level is level
    assert event is None or parsed.event == event
    assert not parsed.structured


@pytest.mark.parametrize(
    "line", ['{"timestamp": 5}', '{"timestamp": "soon"}', "9999-99-99 10:00:00 x", "[1, 2]", "{}"]
)
def test_what_is_no_time_is_none(line: str) -> None:
    assert time_of(line) is None
