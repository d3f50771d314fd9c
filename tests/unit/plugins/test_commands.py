"""Commands of other packages: listed, called, and refused without harm to paystack's own."""

import json
import sys
from pathlib import Path

import pytest

from paystack_cli import app
from paystack_cli.errors import ExitCode
from tests.support.plugins import announce, installed_in

GREETS = """
import typer
from paystack_cli.plugins.contract import context_of, UsageError
PLUGIN_API = 1

def greet(ctx: typer.Context, name: str, loud: bool = False) -> int:
    "Greet somebody."
    if name == "nobody":
        raise UsageError("there is nobody", hint="paystack greet somebody")
    typer.echo(f"hello {name} as {context_of(ctx).output}")
    return 5

group = typer.Typer()

@group.command()
def bye() -> None:
    "Say good bye."
    typer.echo("bye")

@group.command()
def hi() -> None:
    "Say hi."

nonsense = 7
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    installed_in(monkeypatch, folder)
    return folder


def _commands(packages: Path, distribution: str, source: str = GREETS, **entries: str) -> None:
    announce(packages, distribution, "paystack.commands", entries, source=source)


def test_it_is_listed_without_being_imported(
    packages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _commands(packages, "greeting_listed", source="raise SystemExit(9)", greet="greet")
    assert app.run(["--help"]) == ExitCode.OK
    assert "From greeting_listed 1.0." in capsys.readouterr().out
    assert "greeting_listed" not in sys.modules


def test_it_is_called_with_the_shared_options_and_its_exit_code_counts(
    packages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _commands(packages, "greeting_called", greet="greet")
    assert app.run(["greet", "ann", "--output", "json"]) == ExitCode.TIMED_OUT
    assert capsys.readouterr().out == "hello ann as json\n"
    assert app.run(["greet", "nobody"]) == ExitCode.USAGE
    assert "next: paystack greet somebody" in capsys.readouterr().err


def test_a_group_of_commands(packages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _commands(packages, "greeting_group", greetings="group")
    assert app.run(["greetings", "bye"]) == ExitCode.OK
    assert capsys.readouterr().out == "bye\n"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        ("PLUGIN_API = 1", "has no attribute 'greet'"),
        ("greet = print", "says PLUGIN_API = None, this paystack has 1"),
        ("PLUGIN_API = 99\ngreet = print", "says PLUGIN_API = 99, this paystack has 1"),
        ("PLUGIN_API = 1\ngreet = 7", "neither a function nor"),
    ],
)
def test_one_that_cannot_be_used_says_why_and_harms_no_other(
    packages: Path,
    source: str,
    reason: str,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    distribution = f"greeting_{abs(hash(request.node.name))}"
    _commands(packages, distribution, source=source, greet="greet")
    assert app.run(["greet"]) == ExitCode.PREFLIGHT
    told = capsys.readouterr().err
    assert f"plug-in greet of {distribution} 1.0 cannot be used" in told
    assert reason in told
    assert f"pip uninstall {distribution}" in told
    assert app.run(["version"]) == ExitCode.OK


def test_paystacks_own_command_stays(packages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _commands(packages, "greeting_clash", version="greet")
    assert app.run(["version", "--output", "json"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["schema"] == "paystack.version/v1"
    assert app.run(["--help"]) == ExitCode.OK
    assert "greeting_clash" not in capsys.readouterr().out


def test_of_two_with_one_name_none_is_used(
    packages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _commands(packages, "greeting_one", greet="greet")
    _commands(packages, "greeting_two", greet="greet")
    assert app.run(["greet", "ann"]) == ExitCode.PREFLIGHT
    assert "2 plug-ins are called greet" in capsys.readouterr().err


def test_a_nearly_right_name_finds_it(packages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _commands(packages, "greeting_near", greet="greet")
    assert app.run(["gret"]) == ExitCode.USAGE
    assert "'greet'" in capsys.readouterr().err


def test_an_announcement_that_cannot_be_read_breaks_nothing(
    packages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _commands(packages, "greeting_torn", greet="greet")
    torn = packages / "greeting_torn-1.0.dist-info" / "entry_points.txt"
    torn.write_text("[paystack.commands]\nno equals sign\n")
    assert app.run(["--help"]) == ExitCode.OK
    assert "version" in capsys.readouterr().out
    assert app.run(["greeting_torn"]) == ExitCode.PREFLIGHT
    assert "its entry points cannot be read" in capsys.readouterr().err
