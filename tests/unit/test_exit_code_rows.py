"""Every exit code that a command documents has its row in the tables that both engines run."""

import re
from pathlib import Path

import pytest

from paystack_cli.errors import ExitCode
from tests.support.exit_codes import OF_A_BUILD, OF_A_SMALL_PROJECT, OF_A_WHOLE_STACK

PAGES = Path(__file__).resolve().parents[2] / "docs" / "commands"
ROWS = (*OF_A_SMALL_PROJECT, *OF_A_BUILD, *OF_A_WHOLE_STACK)


def documented(command: str) -> set[ExitCode]:
    """The codes after "Exit codes:" in the command's section, but for what parentheses explain."""
    sections = "".join(page.read_text("utf-8") for page in sorted(PAGES.glob("*.md")))
    (section,) = re.findall(rf"^## paystack {command}\b(.*?)(?=^## |\Z)", sections, re.M | re.S)
    (sentence,) = re.findall(r"Exit codes:(.*?)\. ?[A-Z\n]", section, re.S)
    bare = re.sub(r"\([^)]*\)", "", sentence)
    return {ExitCode(int(number)) for number in re.findall(r"\b\d+\b", bare)}


@pytest.mark.parametrize("command", sorted({row.command[0] for row in ROWS}))
def test_the_rows_of_a_command_are_its_documented_codes(command: str) -> None:
    assert {row.code for row in ROWS if row.command[0] == command} == documented(command)
