"""Which process is the engine: the one whose command line is ours, whatever the pid file says."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from paystack_cli.closed_network import engine_process, place
from paystack_cli.closed_network.engine_programs import EnginePrograms
from paystack_cli.closed_network.place import Place
from paystack_cli.engines.local.programs import Program, Source
from paystack_cli.errors import StartFailed

WAITS = "import signal; signal.pause()"


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(place, "RUN", tmp_path / "run")
    made = Place(tmp_path / "project")
    made.run.mkdir(parents=True)
    made.home.mkdir(parents=True)
    return made


@pytest.fixture
def engine(ours: Place) -> Iterator["subprocess.Popen[bytes]"]:
    """A process with the command line of our engine."""
    with subprocess.Popen([sys.executable, "-c", WAITS, ours.configuration]) as process:
        ours.pid_file.write_text(f"{process.pid}\n")
        yield process
        process.kill()


def test_the_engine_is_found_and_ended(ours: Place, engine: "subprocess.Popen[bytes]") -> None:
    found = engine_process.find(ours)
    assert found is not None
    assert found.pid == engine.pid
    engine_process.end(found, ours)
    assert not found.is_running()
    assert engine_process.find(ours) is None


@pytest.mark.parametrize(
    "content",
    ["", "no number", "4194305", str(os.getpid())],
    ids=["empty", "text", "too large", "another process"],  # the same in every worker
)
def test_a_stale_pid_file_leads_to_nobody(ours: Place, content: str) -> None:
    ours.pid_file.write_text(content)
    assert engine_process.find(ours) is None


def test_an_engine_that_ends_at_once_tells_its_last_words(ours: Place) -> None:
    dies = Program(
        name="dockerd",
        argv=(sys.executable, "-c", "import sys; sys.exit('no storage driver')"),
        home=Path("/"),
        version="20.10.24",
        source=Source.FETCHED,
    )
    ours.pid_file.write_text("4194305")
    with pytest.raises(StartFailed, match=r"exit code 1.*\n.*no storage driver") as caught:
        engine_process.launch(ours, EnginePrograms(dies, {}), {})
    assert str(ours.log) in caught.value.hint
    assert not ours.pid_file.exists(), "a stale pid file would keep the next engine from starting"


def test_a_container_that_outlived_its_engine_is_noticed(ours: Place) -> None:
    assert not engine_process.left_containers(ours)
    keeper = [sys.executable, "-c", WAITS, "-address", ours.run / "containerd" / "containerd.sock"]
    with subprocess.Popen(keeper) as process:
        try:
            assert engine_process.left_containers(ours)
        finally:
            process.kill()
