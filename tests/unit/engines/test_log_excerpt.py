"""The lines that matter: errors in whichever way a program marks them, each once, shortened."""

import json

import pytest

from paystack_cli.engines.log_excerpt import LINES_MAX, TAIL_LINES, excerpt

TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "/app/main.py", line 3, in <module>',
    "    open_ledger()",
    "FileNotFoundError: no such ledger",
]


def structured(level: str, **fields: str) -> str:
    return json.dumps({"level": level, "timestamp": "2026-11-22T17:00:00Z", **fields})


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("2026-11-22 17:00:00 0 [ERROR] InnoDB: no space", "[ERROR] InnoDB: no space"),
        (
            "[2026-11-22 17:00:00,123] ERROR Shutdown broker (kafka.X)",
            "ERROR Shutdown broker (kafka.X)",
        ),
        ("2026/11/22 17:00:00 [emerg] 7#7: host not found", "[emerg] 7#7: host not found"),
        ("error: no such table", "error: no such table"),
        (
            "java.lang.OutOfMemoryError: Java heap space",
            "java.lang.OutOfMemoryError: Java heap space",
        ),
        (structured("error", event="failed", error="no table"), "failed: no table"),
        (
            structured("critical", event="failed", exception="\n".join(TRACEBACK)),
            f"failed: {TRACEBACK[-1]}",
        ),
    ],
)
def test_an_error_is_found_and_shortened(line: str, shown: str) -> None:
    found = excerpt(["started", line, structured("info", event="errors_counted", error="")])
    assert found.lines == (shown,)
    assert found.error == shown


def test_of_a_traceback_the_last_line_matters() -> None:
    assert excerpt(["begun", *TRACEBACK, "ended"]).lines == (TRACEBACK[-1],)


def test_the_same_error_again_and_again_is_one_and_the_first_leads() -> None:
    lines = [structured("error", event=f"failed_{number % 3}") for number in range(30)]
    assert excerpt(lines).lines == ("failed_0", "failed_1", "failed_2")
    assert excerpt(lines).error == "failed_0"


def test_without_an_error_the_end_is_shown() -> None:
    lines = [f"line {number}" for number in range(20)]
    found = excerpt([*lines, ""])
    assert found.lines == tuple(lines[-TAIL_LINES:])
    assert found.error == ""


def test_no_more_than_a_few_lines_and_nothing_that_drives_a_terminal() -> None:
    found = excerpt(f"error: {number} \x1b[31m" for number in range(100))
    assert len(found.lines) == LINES_MAX
    assert found.lines[-1] == "error: 99 \\x1b[31m"


def test_a_card_number_is_masked() -> None:
    (line,) = excerpt([structured("error", event="failed", error="4111 1111 1111 1111")]).lines
    assert line == "failed: 411111******1111"


@pytest.mark.parametrize(
    "line",
    ["[2026-11-22 17:00:00,123] INFO no error (kafka.X)", structured("warning", error="timed out")],
)
def test_a_line_of_another_level_is_no_error_whatever_it_speaks_of(line: str) -> None:
    assert excerpt([line]).error == ""


@pytest.mark.parametrize("line", ["{half of", "{}", "[]", '{"level": 3}', ""])
def test_what_only_looks_structured_is_a_line_like_any_other(line: str) -> None:
    assert excerpt([line]).error == ""
