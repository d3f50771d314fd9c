"""The commands of a private engine where there is none: what they say, and with which exit code."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from paystack_cli.closed_network import place, private_engine
from paystack_cli.closed_network.private_engine import PrivateEngine
from paystack_cli.errors import ExitCode, PreflightError
from paystack_cli.stack.settings import Settings


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[str]) -> PrivateEngine:
    """An engine that was never started, on a machine that has no other and for an ordinary user."""
    monkeypatch.setattr(place, "RUN", tmp_path / "run")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    settings = Settings(tmp_path / "a project", {"PATH": str(tmp_path)}, "auto")
    return PrivateEngine(settings, said.append)


def test_an_ordinary_user_cannot_start_one(engine: PrivateEngine) -> None:
    with pytest.raises(PreflightError, match="needs root") as caught:
        engine.start()
    assert caught.value.exit_code == ExitCode.PREFLIGHT
    assert caught.value.hint.startswith("sudo bash scripts/docker-engine start")
    assert not engine.place.home.exists()


def test_an_engine_that_answers_is_used_as_it_is(
    engine: PrivateEngine, said: list[str], tmp_path: Path
) -> None:
    client = tmp_path / "docker"
    client.write_text("#!/bin/sh\necho 28.2.2\n")
    client.chmod(0o755)
    engine.start()
    assert said == ["Docker Engine 28.2.2 answers already and is used as it is"]
    assert "28.2.2" in engine.describe()
    assert engine.shell_lines().startswith("#"), "there is nothing to evaluate"


@pytest.mark.parametrize("ask", [PrivateEngine.describe, PrivateEngine.shell_lines])
def test_without_an_engine_the_next_command_is_named(
    engine: PrivateEngine, ask: Callable[[PrivateEngine], str]
) -> None:
    with pytest.raises(PreflightError, match="no private engine runs") as caught:
        ask(engine)
    assert caught.value.hint == "bash scripts/docker-engine start"


@pytest.mark.parametrize("end", [PrivateEngine.stop, PrivateEngine.clean])
def test_ending_what_was_never_started_changes_nothing(
    engine: PrivateEngine, said: list[str], end: Callable[[PrivateEngine], None]
) -> None:
    end(engine)
    assert len(said) == 1
    assert not engine.place.home.exists()


def test_a_killed_engine_is_told_from_a_stopped_one(engine: PrivateEngine) -> None:
    engine.place.run.mkdir(parents=True)
    engine.place.pid_file.write_text("4194305")
    with pytest.raises(PreflightError, match=r"was killed \(it was process 4194305\)"):
        engine.describe()


def test_clean_takes_away_what_is_there(
    engine: PrivateEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    for folder in (engine.place.data, engine.place.run):
        folder.mkdir(parents=True)
    engine.clean()
    assert not engine.place.home.exists()
    assert not engine.place.run.exists()


def test_a_folder_that_cannot_be_removed_is_an_error_with_a_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(folder: Path) -> None:
        raise OSError(16, "Device or resource busy", str(folder))

    monkeypatch.setattr(private_engine.shutil, "rmtree", busy)
    with pytest.raises(private_engine.StartFailed, match=r"cannot remove .*busy"):
        private_engine._remove(tmp_path)


def test_a_second_engine_beside_another_is_refused(
    engine: PrivateEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """dockerd flushes DOCKER-ISOLATION-* when it starts, which opens the other's networks."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    engine.place.home.parent.mkdir(parents=True)
    dockerd = tmp_path / "dockerd"
    dockerd.symlink_to("/bin/sleep")
    with subprocess.Popen([dockerd, "60"]) as other:
        # The machine may have an engine of its own, maybe the one that other tests use.
        monkeypatch.setattr(psutil, "process_iter", lambda: [psutil.Process(other.pid)])
        with pytest.raises(PreflightError, match=f"pid {other.pid}: .*dockerd 60") as caught:
            engine.start()
        other.kill()
    assert "docker-engine env" in caught.value.hint
    assert not engine.place.data.exists()
