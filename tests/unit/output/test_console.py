"""Tables at a wide and a narrow terminal, and where nobody looks at one."""

import io

import pytest
from rich.cells import cell_len
from rich.text import Text

from paystack_cli.output import console as under_test
from paystack_cli.output.console import plain_table, stdout_console

ESCAPE = "\x1b"


class Tty(io.StringIO):
    """A terminal, as far as anybody asks."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def _table() -> under_test.FittedTable:
    table = plain_table("SERVICE", "STATE", "PORT", "WHAT WAS SEEN")
    table.add_row("mariadb", Text("running", "green"), "3306", "결제 데이터베이스가 정상입니다")
    table.add_row("정산-worker", Text("failed", "bold red"), "-", "💳 " + "no answer " * 9)
    return table


def _printed(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, columns: int = 0) -> list[str]:
    monkeypatch.setattr("sys.stdout", stream)
    if columns:
        monkeypatch.setenv("COLUMNS", str(columns))
    stdout_console().print(_table())
    return stream.getvalue().splitlines()


def test_without_a_terminal_each_row_is_one_line_without_a_trailing_blank(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = _printed(io.StringIO(), monkeypatch)
    assert len(lines) == 3
    assert not any(ESCAPE in line for line in lines)
    assert lines == [line.rstrip() for line in lines]
    assert lines[2].endswith("no answer no answer")


def test_wide_characters_align(monkeypatch: pytest.MonkeyPatch) -> None:
    header, first, second = _printed(io.StringIO(), monkeypatch)
    column = header.index("STATE")
    assert cell_len(first[: first.index("running")]) == column
    assert cell_len(second[: second.index("failed")]) == column


@pytest.mark.parametrize("columns", [40, 24])
def test_a_narrow_terminal_shows_rows_as_blocks_and_loses_nothing(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = _printed(io.StringIO(), monkeypatch, columns)
    assert all(cell_len(line) <= columns for line in lines)
    shown = "".join(" ".join(lines).split())
    for cell in ("mariadb", "running", "PORT3306", "정상입니다", "정산-worker", "noanswer" * 9):
        assert cell in shown
    assert lines[0] == "mariadb"


@pytest.mark.parametrize(
    ("variables", "stream", "coloured"),
    [
        ({}, Tty, True),
        ({"NO_COLOR": "1"}, Tty, False),
        ({"TERM": "dumb"}, Tty, False),
        ({}, io.StringIO, False),
        ({"FORCE_COLOR": "1"}, io.StringIO, True),
        ({"CLICOLOR_FORCE": "1"}, io.StringIO, True),
        ({"CLICOLOR_FORCE": "0"}, io.StringIO, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, io.StringIO, False),
    ],
)
def test_colour_is_for_terminals_and_for_those_who_ask_for_it(
    variables: dict[str, str],
    stream: type[io.StringIO],
    coloured: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert any(ESCAPE in line for line in _printed(stream(), monkeypatch)) is coloured


def test_forced_colour_does_not_narrow_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert len(_printed(io.StringIO(), monkeypatch)) == 3
