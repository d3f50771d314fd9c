"""One catch: an error becomes a message, the next command and an exit code."""

import json
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from paystack_cli import app
from paystack_cli.errors import (
    CheckFailed,
    ExitCode,
    PaystackError,
    PreflightError,
    StartFailed,
    ThresholdExceeded,
    TimedOut,
    UsageError,
)

ERRORS = {
    CheckFailed: 1,
    UsageError: 2,
    PreflightError: 3,
    StartFailed: 4,
    TimedOut: 5,
    ThresholdExceeded: 6,
}


def _failing(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def _offer(command: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes `command` the one command of the tree, `paystack do`."""
    monkeypatch.setattr(app, "COMMANDS", {"do": "Do it."})
    monkeypatch.setitem(sys.modules, "paystack_cli.commands.do", SimpleNamespace(do=command))


@pytest.mark.parametrize(("kind", "code"), ERRORS.items())
def test_each_error_has_its_exit_code_and_tells_the_next_command(
    kind: type[PaystackError],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _offer(_failing(kind("it broke", hint="paystack mend")), monkeypatch)
    assert app.run(["do"]) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "paystack: it broke\n  next: paystack mend\n"


def test_an_interrupt_is_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _offer(_failing(KeyboardInterrupt()), monkeypatch)
    assert app.run(["do"]) == ExitCode.INTERRUPTED
    assert "interrupted" in capsys.readouterr().err


def test_the_exit_code_of_a_command_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    _offer(lambda: ExitCode.CHECK_FAILED, monkeypatch)
    assert app.run(["do"]) == ExitCode.CHECK_FAILED


@pytest.mark.parametrize(
    ("arguments", "complaint", "hint"),
    [
        (["statsu"], "No such command 'statsu'", "paystack --help"),
        (["up", "--wrong"], "--wrong", "paystack up --help"),
        (["status", "--output", "xml"], "'table', 'json'", "paystack status --help"),
        (["up", "--timeout", "soon"], "soon", "paystack up --help"),
    ],
)
def test_a_wrong_command_line_is_a_usage_error(
    arguments: list[str], complaint: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(arguments) == ExitCode.USAGE
    told = capsys.readouterr().err
    assert complaint in told
    assert f"next: {hint}" in told


@pytest.mark.parametrize(
    "arguments", [["--output", "json", "version"], ["version", "--output", "json"]]
)
def test_shared_options_go_before_and_after_the_command(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(arguments) == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["schema"] == "paystack.version/v1"


def test_a_folder_that_is_no_project_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["status", "--project-dir", str(tmp_path)]) == ExitCode.USAGE
    assert f"{tmp_path} is no paystack project" in capsys.readouterr().err


@pytest.mark.parametrize("engine", ["docker", "LOCAL"])
def test_an_engine_that_does_not_exist_is_a_preflight_error(
    engine: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MARIADB_PASSWORD", "p")
    monkeypatch.setenv("MARIADB_ROOT_PASSWORD", "r")
    assert app.run(["--engine", engine, "status"]) == ExitCode.PREFLIGHT
    assert "auto, local, compose" in capsys.readouterr().err


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run([]) == ExitCode.USAGE
    assert "Usage: paystack" in capsys.readouterr().out


def test_a_question_answered_with_no_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _offer(_failing(click.Abort()), monkeypatch)
    assert app.run(["do"]) == ExitCode.INTERRUPTED
    assert "nothing was changed" in capsys.readouterr().err


def test_the_version_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["--version"]) == ExitCode.OK
    assert capsys.readouterr().out == f"paystack {metadata.version('paystack')}\n"


def test_the_lines_of_the_help_are_those_of_the_commands() -> None:
    commands = app.build_command().commands
    assert {name: _first_sentence(commands[name]) for name in app.COMMANDS} == app.COMMANDS


def _first_sentence(command: click.Command) -> str:
    paragraph = (command.help or "").strip().partition("\n\n")[0]
    return " ".join(paragraph.split()).partition(". ")[0].rstrip(".") + "."


def test_logs_cannot_both_go_on_and_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["logs", "--follow", "--until", "5m"]) == ExitCode.USAGE
    assert "--follow goes on, and --until ends" in capsys.readouterr().err
