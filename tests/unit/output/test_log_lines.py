"""What `logs` prints."""

import io
import json
from datetime import UTC, datetime

import pytest

from paystack_cli.engines.base import LogLine
from paystack_cli.output.log_lines import Style, print_logs
from tests.support.documents import keeps_schema

AT = datetime(2026, 11, 22, 17, 0, 1, 234_000, tzinfo=UTC)
CARD, MASKED = "4111111111111111", "411111******1111"
LINES = [
    LogLine("store", '{"event":"a","level":"error","payment_id":7,"note":"two words","n":[1]}', AT),
    LogLine("app", "\x1b[31mred\x07"),
    LogLine("app", f"\tat {CARD} 결제"),
]


class Tty(io.StringIO):
    """A terminal, as far as anybody asks."""

    def isatty(self) -> bool:
        return True


def _printed(
    style: Style, stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, **environment: str
) -> list[str]:
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm", **environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout", stream)
    print_logs(LINES, ["store", "app"], style, at_once=False)
    return stream.getvalue().splitlines()


RAW = [
    f"store | {LINES[0].text}",
    "app   | \\x1b[31mred\\x07",
    f"app   |         at {MASKED} 결제",
]


@pytest.mark.parametrize("style", [Style.RAW, Style.FOR_PEOPLE])
def test_in_a_pipe_lines_are_as_written_aligned_masked_and_harmless(
    style: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _printed(style, io.StringIO(), monkeypatch) == RAW


def test_raw_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _printed(Style.RAW, Tty(), monkeypatch, NO_COLOR="1") == RAW


def test_at_a_terminal_a_structured_line_is_time_service_level_event_and_fields(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second, _ = _printed(Style.FOR_PEOPLE, Tty(), monkeypatch, NO_COLOR="1")
    clock = f"{AT.astimezone():%H:%M:%S}.234"
    assert first.endswith(f'{clock} store | error    a  payment_id=7 note="two words" n=[1]')
    assert second == "------------ app   | \\x1b[31mred\\x07"


def test_at_a_terminal_levels_and_services_are_coloured(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *_ = _printed(Style.FOR_PEOPLE, Tty(), monkeypatch)
    assert "\x1b[31m\x1b[1merror   \x1b[0m" in first
    assert "\x1b[36mstore\x1b[0m" in first


def test_lines_as_json_are_one_versioned_document_each(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = map(json.loads, _printed(Style.JSON, io.StringIO(), monkeypatch))
    assert first == {
        "schema": "paystack.logs/v1",
        "service": "store",
        "at": "2026-11-22T17:00:01.234000+00:00",
        "level": "error",
        "event": "a",
        "payment_id": "7",
        "trace_id": None,
        "line": LINES[0].text,
    }
    assert (second["at"], second["level"], second["line"]) == (None, None, LINES[1].text)
    assert MASKED in third["line"]
    for document in (first, second, third):
        keeps_schema("logs", document)
