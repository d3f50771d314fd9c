"""What the local engine cannot do it refuses, and names the engine that can."""

from pathlib import Path

import pytest

from paystack_cli.engines.local.engine import LocalEngine
from paystack_cli.errors import ExitCode, PreflightError
from paystack_cli.stack.compose import load_stack
from paystack_cli.stack.selection import Asked, select
from tests.support.compose_project import make_project, settings_of
from tests.support.told import Told

COMPOSE = """
name: pay
services:
  app: {command: [python, -m, app]}
  client: {image: curl, profiles: [tooling]}
"""


@pytest.fixture
def engine(tmp_path: Path) -> LocalEngine:
    """A stack that has never been started."""
    settings = settings_of(make_project(tmp_path, COMPOSE))
    return LocalEngine(load_stack(settings), settings)


def test_images(engine: LocalEngine) -> None:
    with pytest.raises(PreflightError, match="builds no images") as error:
        engine.build((), Told())
    assert error.value.hint == "paystack build --engine compose"
    assert error.value.exit_code is ExitCode.PREFLIGHT


def test_services_with_a_profile(engine: LocalEngine, tmp_path: Path) -> None:
    stack = load_stack(settings_of(tmp_path))
    with pytest.raises(PreflightError, match="does not run client: profile tooling") as error:
        engine.up(select(stack, Asked(only=("client",))), Told())
    assert error.value.hint == "paystack up client --engine compose"


def test_a_plan_refuses_what_up_refuses(engine: LocalEngine) -> None:
    with pytest.raises(PreflightError, match="does not run client"):
        engine.observe(("client",))
    with pytest.raises(PreflightError, match="builds no images"):
        engine.due_images(("app",))


def test_status_shows_what_the_engine_can_run(engine: LocalEngine) -> None:
    assert [status.name for status in engine.ps()] == ["app"]
