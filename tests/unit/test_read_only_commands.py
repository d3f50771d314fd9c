"""A command that only reads never takes the lock of the stack, and never waits for it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from paystack_cli import app
from paystack_cli.engines.lock import exclusive
from paystack_cli.errors import ExitCode
from tests.support.compose_project import make_project

COMPOSE = """
name: pay
services:
  app: {command: [python, -m, app], x-paystack: {check: gateway}, ports: ["127.0.0.1:21499:80"]}
"""

READS = {
    "status": ["status"],
    "logs": ["logs"],
    "health": ["health", "--timeout", "0"],
    "config show": ["config", "show"],
    "up --dry-run": ["up", "--dry-run"],
    "down --dry-run": ["down", "--dry-run"],
    "version": ["version"],
}

CHANGES = {"up": ["up"], "down": ["down"], "restart": ["restart", "app"]}


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The lock of a stack, held by another command."""
    project = make_project(tmp_path / "project", COMPOSE)
    state = tmp_path / "state"
    state.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.setenv("PAYSTACK_STATE_DIR", str(state))
    monkeypatch.setenv("PAYSTACK_ENGINE", "local")
    with exclusive(state / "lock", "test"):
        yield state / "lock"


@pytest.mark.parametrize("arguments", READS.values(), ids=READS)
def test_what_reads_needs_no_lock(
    arguments: list[str], lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = app.run(arguments)
    assert code in {ExitCode.OK, ExitCode.CHECK_FAILED}
    assert "at work" not in capsys.readouterr().err
    assert json.loads(lock.read_text())["command"] == "test", "the holder is still the other one"


@pytest.mark.parametrize("arguments", CHANGES.values(), ids=CHANGES)
def test_what_changes_gives_way_at_once(
    arguments: list[str], lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(arguments) == ExitCode.PREFLIGHT
    assert "paystack test is at work on this stack" in capsys.readouterr().err
