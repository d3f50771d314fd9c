"""`.env` lines as Compose reads them."""

from pathlib import Path

import pytest

from paystack_cli.errors import PreflightError
from paystack_cli.stack.dotenv import read_dotenv

ENVIRONMENT = {"HOME": "/home/me", "SHADOWED": "from the shell"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("NAME=value", "value"),
        ("export NAME=value", "value"),
        ("NAME = value ", "value"),
        ("NAME=", ""),
        ("NAME=two words", "two words"),
        ("NAME=value # comment", "value"),
        ("NAME=a#b", "a#b"),
        ("NAME='single $HOME # kept'", "single $HOME # kept"),
        ("NAME='single' # comment", "single"),
        ('NAME="double $HOME"', "double /home/me"),
        ('NAME="line\\nbreak \\"quoted\\" \\$HOME"', 'line\nbreak "quoted" $HOME'),
        ("NAME=${HOME}/x", "/home/me/x"),
        ("NAME=a=b", "a=b"),
        ("NAME=${SHADOWED}", "from the shell"),
    ],
)
def test_reads_a_line(tmp_path: Path, line: str, expected: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"# comment\n\nSHADOWED=from the file\n{line}\n")
    assert read_dotenv(file, ENVIRONMENT)["NAME"] == expected


def test_a_later_line_may_use_an_earlier_one(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("FIRST=1\nSECOND=${FIRST}2\n")
    assert read_dotenv(file, {}) == {"FIRST": "1", "SECOND": "12"}


def test_an_absent_file_has_no_values(tmp_path: Path) -> None:
    assert read_dotenv(tmp_path / ".env", {}) == {}


@pytest.mark.parametrize("line", ["no value", "=value", "NAME='open", 'NAME="open', "NAME='a'b"])
def test_a_line_that_cannot_be_read_is_named_without_its_value(tmp_path: Path, line: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"A=1\n{line}\n")
    with pytest.raises(PreflightError, match=r"\.env:2: cannot read") as error:
        read_dotenv(file, {})
    assert "open" not in error.value.message.replace(str(tmp_path), "")
