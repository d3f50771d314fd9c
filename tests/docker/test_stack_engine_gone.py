"""The Docker Engine itself ends while a command works, on an engine that the test has started."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from paystack_cli.closed_network import engine_process
from paystack_cli.closed_network.private_engine import PrivateEngine
from paystack_cli.errors import ExitCode, PaystackError
from paystack_cli.stack.settings import load_settings
from tests.support.compose_project import make_project
from tests.support.docker import DockerProject, docker_project, shell_image
from tests.support.network_namespace import network_namespace
from tests.support.stack import PROJECT
from tests.support.waiting import wait_for

COMPOSE = """
name: ${PAYSTACK_NAME}
services:
  late:
    image: ${SHELL_IMAGE}
    container_name: ${PAYSTACK_NAME}-late
    init: true
    entrypoint: [sh, -c]
    command: ["echo at work; sleep 3600"]
    stop_grace_period: 1s
    healthcheck: {test: ["CMD", "${PROBE}"], interval: 500ms, retries: 1000}
"""
AT_WORK_WITHIN_S = 30.0
ENDS_WITHIN_S = 30.0


class OwnEngine:
    """A private engine with a folder and a network of its own.

    Engines in one network flush each other's firewall rules.
    """

    def __init__(self, folder: Path) -> None:
        (folder / "requirements").symlink_to(PROJECT / "requirements")
        apart = {
            "PAYSTACK_TOOLS_DIR": str(load_settings(project_dir=PROJECT).tools_dir),
            "DOCKER_HOST": f"unix://{folder}/no-other-engine",
        }
        settings = load_settings(project_dir=folder, environment={**os.environ, **apart})
        self._private = PrivateEngine(settings, print)

    @property
    def client_variables(self) -> dict[str, str]:
        """What makes a client speak to it."""
        return self._private.client_variables()

    def start(self) -> None:
        with network_namespace():
            self._private.start()

    def stop(self) -> None:
        """As a service manager does: its containers are stopped first."""
        with network_namespace():
            self._private.stop()

    def kill(self) -> None:
        process = engine_process.find(self._private.place)
        assert process is not None
        process.kill()

    def clean(self) -> None:
        with network_namespace():
            self._private.clean()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnEngine]:
    """An engine of the test's own, which has the image of the project."""
    if os.geteuid() != 0:
        pytest.skip("an engine of the test's own needs root")
    image = shell_image()
    own = OwnEngine(make_project(tmp_path_factory.mktemp("engine"), COMPOSE))
    try:
        try:
            own.start()
        except PaystackError as error:
            pytest.skip(f"no engine of the test's own here: {error.message}")
        there = {**os.environ, **own.client_variables}
        with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as save:
            subprocess.run(["docker", "load", "--quiet"], stdin=save.stdout, env=there, check=True)
        yield own
    finally:
        own.clean()


@pytest.fixture
def project(engine: OwnEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerProject]:
    """A project on that engine, whose one service is never ready unless told otherwise."""
    image = shell_image()
    engine.start()
    with pytest.MonkeyPatch.context() as environment:
        for name, value in engine.client_variables.items():
            environment.setenv(name, value)
        folder = tmp_path_factory.mktemp("project")
        with docker_project(folder, COMPOSE, SHELL_IMAGE=image, PROBE="false") as made:
            yield made
            engine.start()


@pytest.mark.parametrize("end", [OwnEngine.kill, OwnEngine.stop])
def test_up_tells_that_the_engine_has_ended_and_repairs_once_it_is_back(
    project: DockerProject, engine: OwnEngine, end: Callable[[OwnEngine], None]
) -> None:
    with project.start("up") as up:
        wait_for(project.containers, "a container", AT_WORK_WITHIN_S)
        end(engine)
        _told(up)
    status = project.paystack("status", expect=ExitCode.PREFLIGHT)
    assert "no Docker Engine answers" in status.stderr
    engine.start()
    project.paystack("up", PROBE="true")
    assert project.status()["late"]["health"] == "healthy"


@pytest.mark.parametrize("end", [OwnEngine.kill, OwnEngine.stop])
def test_followed_logs_tell_that_the_engine_has_ended(
    project: DockerProject, engine: OwnEngine, end: Callable[[OwnEngine], None]
) -> None:
    project.paystack("up", PROBE="true")
    with project.start("logs", "--follow") as logs:
        assert logs.stdout is not None
        assert "at work" in logs.stdout.readline()
        end(engine)
        _told(logs)


def _told(command: "subprocess.Popen[str]") -> None:
    try:
        _, stderr = command.communicate(timeout=ENDS_WITHIN_S)
    finally:
        command.kill()  # nobody waits for one that does not end
    assert command.returncode == ExitCode.PREFLIGHT, stderr
    assert "Traceback" not in stderr
    assert "the Docker Engine does not answer any more" in stderr
    assert "next: " in stderr
