"""Which engine a command gets, and why."""

from pathlib import Path

import pytest

from paystack_cli.engines import registry
from paystack_cli.engines.compose.errors import EngineMissing
from paystack_cli.engines.registry import choose_engine
from paystack_cli.errors import ExitCode, PreflightError
from paystack_cli.stack.compose import load_stack
from tests.support.compose_project import make_project, settings_of

COMPOSE = "name: pay\nservices:\n  app: {command: [x]}\n"


class FakeEngine:
    """An engine that is there."""

    name = "compose"


@pytest.fixture
def docker_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker is there."""
    found = (FakeEngine(), "Docker Engine 29 answers")
    monkeypatch.setattr(registry, "_open_compose", lambda *_: found)


@pytest.fixture
def docker_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker is not there."""

    def refuse(*_: object) -> None:
        raise EngineMissing("no Docker Engine answers", hint="start one")

    monkeypatch.setattr(registry, "_open_compose", refuse)


def _choose(folder: Path, engine: str) -> tuple[str, str]:
    settings = settings_of(make_project(folder / "project", COMPOSE), PAYSTACK_ENGINE=engine)
    choice = choose_engine(load_stack(settings), settings)
    return choice.engine.name, choice.reason


@pytest.mark.usefixtures("docker_answers")
def test_auto_takes_compose_where_docker_answers(tmp_path: Path) -> None:
    assert _choose(tmp_path, "auto") == ("compose", "Docker Engine 29 answers")


@pytest.mark.usefixtures("docker_is_missing")
def test_auto_takes_local_where_it_does_not(tmp_path: Path) -> None:
    assert _choose(tmp_path, "auto") == ("local", "no Docker Engine answers")


@pytest.mark.usefixtures("docker_answers")
def test_a_stack_that_the_local_engine_runs_stays_with_it(tmp_path: Path) -> None:
    state = tmp_path / "project" / ".paystack" / "pay"
    state.mkdir(parents=True)
    (state / "supervisord.pid").touch()
    assert _choose(tmp_path, "auto") == ("local", "it runs this stack")


@pytest.mark.usefixtures("docker_answers")
@pytest.mark.parametrize("engine", ["compose", "local"])
def test_a_named_engine_needs_no_reason(tmp_path: Path, engine: str) -> None:
    assert _choose(tmp_path, engine) == (engine, "")


@pytest.mark.usefixtures("docker_is_missing")
def test_a_named_engine_that_cannot_work_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PreflightError, match="no Docker Engine answers") as error:
        _choose(tmp_path, "compose")
    assert error.value.exit_code is ExitCode.PREFLIGHT


def test_no_docker_command(tmp_path: Path) -> None:
    settings = settings_of(make_project(tmp_path, COMPOSE), PAYSTACK_ENGINE="compose", PATH="/x")
    with pytest.raises(EngineMissing, match="the docker command is not installed"):
        choose_engine(load_stack(settings), settings)
