"""What `logs` prints."""

import json

import pytest

from paystack_cli.engines.base import LogLine
from paystack_cli.output.log_lines import print_logs

LINES = [
    LogLine("store", '{"event":"a"}'),
    LogLine("app", "\x1b[31mred\x07"),
    LogLine("app", "\tat"),
]


def test_lines_are_aligned_and_cannot_drive_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_logs(LINES, ["store", "app"], as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        'store | {"event":"a"}',
        "app   | \\x1b[31mred\\x07",
        "app   |         at",
    ]


def test_lines_as_json_are_one_versioned_document_each(capsys: pytest.CaptureFixture[str]) -> None:
    print_logs(LINES, ["store", "app"], as_json=True)
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert documents == [
        {"schema": "paystack.logs/v1", "service": line.service, "line": line.text} for line in LINES
    ]
