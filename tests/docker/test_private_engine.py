"""A second private engine beside the one that serves the tests: its whole life, and its death."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from paystack_cli.closed_network import engine_process, network
from paystack_cli.closed_network.engine_programs import provide
from paystack_cli.closed_network.private_engine import PrivateEngine
from paystack_cli.closed_network.tool import run
from paystack_cli.errors import PreflightError
from paystack_cli.stack.settings import Settings, load_settings
from tests.support.docker import docker, shell_image
from tests.support.network_namespace import network_namespace
from tests.support.stack import PROJECT
from tests.support.waiting import wait_for

GONE_TIMEOUT_S = 10
NO_ENGINE = "unix:///nowhere/docker.sock"
"""Else the engine that serves the tests would be used as it is."""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a private engine needs root")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Another project folder on the same machine, which shares the fetched programs."""
    tools = str(load_settings(project_dir=PROJECT).tools_dir)
    variables = {**os.environ, "DOCKER_HOST": NO_ENGINE, "PAYSTACK_TOOLS_DIR": tools}
    folder = tmp_path / "another project"
    folder.mkdir()
    (folder / "requirements").symlink_to(PROJECT / "requirements")
    return Settings(folder, variables, "auto")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def engine(settings: Settings, said: list[str]) -> Iterator[PrivateEngine]:
    """Engines in one network flush each other's firewall rules, so this one has its own."""
    with network_namespace():
        started = PrivateEngine(settings, said.append)
        yield started
        started.clean()


def on(engine: PrivateEngine, *arguments: str) -> str:
    return docker("--host", engine.place.address, *arguments)


def test_it_runs_apart_and_survives_its_death(
    engine: PrivateEngine, settings: Settings, said: list[str], tmp_path: Path
) -> None:
    image = shell_image()
    engine.start()
    engine.start()
    assert said[-1].startswith("the private engine runs already")
    assert str(engine.place.socket) in engine.shell_lines()

    archive = tmp_path / "image.tar"
    docker("save", "--output", str(archive), image)
    on(engine, "load", "--input", str(archive))
    on(engine, "network", "create", "a-network")
    on(engine, "run", "--detach", "--network=a-network", image, "sleep", "600")
    assert "sleep 600" not in docker("ps", "--format={{.Command}}", "--no-trunc")

    process = engine_process.find(engine.place)
    assert process is not None
    process.send_signal(signal.SIGKILL)
    process.wait(GONE_TIMEOUT_S)
    with pytest.raises(PreflightError, match=f"it was process {process.pid}"):
        engine.describe()
    assert engine_process.left_containers(engine.place)

    engine.stop()
    assert any("to end the containers it left" in line for line in said)
    assert not engine_process.left_containers(engine.place)
    engine.start()
    assert on(engine, "images", "--quiet"), "images outlive a stop"

    engine.clean()
    wait_for(lambda: not engine_process.left_containers(engine.place), "its end", GONE_TIMEOUT_S)
    assert not engine.place.home.exists()
    assert not engine.place.run.exists()
    assert not network.exists(engine.place.bridge)
    environment = provide(engine.place, settings, said.append).environment
    for table in network.FIREWALL_TABLES:
        rules = run(["iptables", "--wait", "--table", table, "--list-rules"], environment)
        assert engine.place.bridge not in rules
