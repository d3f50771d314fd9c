"""The help of every command: a summary, examples that can be typed, exit codes, 80 columns."""

import shlex
from collections.abc import Iterator

import click
import pytest

from paystack_cli.app import build_command, run
from paystack_cli.commands.context import Context
from paystack_cli.commands.manual import MANUAL, MEANING
from paystack_cli.errors import ExitCode

WIDTH_CHARACTERS = 80
SHELL_ENDS = {"|", "<", ">"}


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command and group of the tree, by its words."""
    yield path, command
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from commands(child, f"{path} {name}")


TREE = dict(commands(build_command(), "paystack"))
EXAMPLES = [(path, line) for path, page in MANUAL.items() for line in page.examples]


def test_every_command_has_its_page_and_every_page_its_command() -> None:
    assert sorted(MANUAL) == sorted(TREE), "add examples to paystack_cli/commands/manual.py"


@pytest.mark.parametrize("path", TREE)
def test_the_help_has_summary_options_examples_and_exit_codes_within_80_columns(
    path: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH_CHARACTERS))
    assert run([*path.split()[1:], "--help"]) == ExitCode.OK
    told = capsys.readouterr().out
    summary = told.split("\n\n")[1].strip()
    assert summary[0].isupper()
    assert summary.endswith(".") or ". " in summary or "`" in summary
    positions = [told.index(title) for title in ("Usage:", "Options:", "Examples:", "Exit codes:")]
    assert positions == sorted(positions)
    assert [line for line in told.splitlines() if len(line) > WIDTH_CHARACTERS] == []


LEAVES = [path for path, command in TREE.items() if not isinstance(command, click.Group)]
SAID_IN_ONE_LINE = {"paystack version"}


@pytest.mark.parametrize("path", LEAVES)
def test_every_command_says_more_than_its_summary(path: str) -> None:
    _, _, description = (TREE[path].help or "").partition("\n\n")
    assert description.strip() or path in SAID_IN_ONE_LINE


@pytest.mark.parametrize("path", [path for path in TREE if path not in LEAVES])
def test_no_summary_is_cut_off_where_commands_are_listed(
    path: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH_CHARACTERS))
    run([*path.split()[1:], "--help"])
    listed = capsys.readouterr().out.partition("Commands:")[2]
    assert listed
    assert "..." not in listed


@pytest.mark.parametrize("path", TREE)
def test_every_argument_and_option_says_what_it_is(path: str) -> None:
    unsaid = [
        parameter.name for parameter in TREE[path].params if not getattr(parameter, "help", None)
    ]
    assert unsaid == []


@pytest.mark.parametrize(("path", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_every_example_can_be_typed(path: str, line: str) -> None:
    if line == "paystack COMMAND --help":
        return
    words = shlex.split(line.removeprefix('eval "$(').removesuffix(')"'))
    end = next((number for number, word in enumerate(words) if word in SHELL_ENDS), len(words))
    assert words[: len(path.split())] == path.split()
    root = build_command()
    for _, command in commands(root, "paystack"):
        if not isinstance(command, click.Group):
            command.callback = lambda **_given: None
    root.main(words[1:end], prog_name="paystack", standalone_mode=False, obj=Context())


def test_every_exit_code_has_its_meaning() -> None:
    assert set(MEANING) == set(ExitCode)
