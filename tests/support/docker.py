"""A real Docker Engine for tests: whether there is one, and small projects of their own on it.

Nothing here uses the compose engine's code: what the tests see is what `docker` and the `paystack`
command show. Every project has a name of its own, and is gone with its label afterwards.
"""

import json
import os
import socket
import subprocess
import threading
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from paystack_cli.closed_network.private_engine import PrivateEngine
from paystack_cli.stack.compose import load_stack
from paystack_cli.stack.settings import load_settings
from tests.support.compose_project import make_project
from tests.support.small_project import SmallProject
from tests.support.stack import DATABASE_PASSWORD, PROJECT, ROOT_PASSWORD

COMMAND_TIMEOUT_S = 120
PROJECT_LABEL = "com.docker.compose.project"


def docker(*arguments: str) -> str:
    """The output of a docker command that must succeed."""
    done = subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S
    )
    assert done.returncode == 0, f"docker {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()


@contextmanager
def engine_selected() -> Iterator[None]:
    """Within it clients reach the private engine of this folder, unless DOCKER_HOST is set."""
    private = PrivateEngine(load_settings(project_dir=PROJECT), print)
    with pytest.MonkeyPatch.context() as environment:
        if "DOCKER_HOST" not in os.environ and private.answers():
            for name, value in private.client_variables().items():
                environment.setenv(name, value)
        yield


def what_is_missing() -> str | None:
    """Why nothing can run here; None where a Docker Engine with Compose answers."""
    for command in (["docker", "version"], ["docker", "compose", "version"]):
        try:
            asked = subprocess.run(command, capture_output=True, text=True, timeout=30)
        except FileNotFoundError:
            return "this machine has no docker command: bash scripts/docker-engine start"
        if asked.returncode != 0:
            return f"{' '.join(command)}: {asked.stderr.strip().splitlines()[-1]}"
    return None


def shell_image() -> str:
    """An image on the engine that has a shell, small and not run as root: that of curl-client.

    It is fetched where there is a registry; the test fails where there is neither.
    """
    secrets = {"MARIADB_PASSWORD": DATABASE_PASSWORD, "MARIADB_ROOT_PASSWORD": ROOT_PASSWORD}
    stack = load_stack(load_settings(project_dir=PROJECT, environment={**os.environ, **secrets}))
    image = stack.services["curl-client"].image
    assert image is not None
    try:
        if not docker("images", "--quiet", image):
            docker("pull", "--quiet", image)
    except AssertionError as error:
        pytest.fail(f"{error}: bash scripts/base-images")
    return image


class DockerWitness(ABC):
    """What `docker` shows of the containers, volumes and networks of one Compose project."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The project's name; a container's is this, a hyphen and its service."""

    def containers(self) -> dict[str, dict[str, Any]]:
        """What `docker inspect` says of every container of the project, by name."""
        ids = docker("ps", "--all", "--quiet", "--filter", f"label={PROJECT_LABEL}={self.name}")
        if not ids:
            return {}
        inspected = json.loads(docker("inspect", *ids.split()))
        return {container["Name"].removeprefix("/"): container for container in inspected}

    def container(self, service: str) -> dict[str, Any]:
        """The container of a service."""
        return self.containers()[f"{self.name}-{service}"]

    def lives(self) -> dict[str, tuple[str, str]]:
        """Id and start time of each container: what is untouched keeps both."""
        return {
            name: (container["Id"], container["State"]["StartedAt"])
            for name, container in self.containers().items()
        }

    def objects(self, kind: str) -> list[str]:
        """The names of the project's "volume"s or "network"s."""
        label = f"label={PROJECT_LABEL}={self.name}"
        return docker(kind, "ls", "--filter", label, "--format", "{{.Name}}").split()

    def remove_all(self) -> None:
        """Delete every container, volume and network of the project, whoever made them."""
        if found := self.containers():
            docker("rm", "--force", "--volumes", *found)
        for kind in ("volume", "network"):
            if found := self.objects(kind):
                docker(kind, "rm", *found)


@dataclass(frozen=True)
class DockerProject(SmallProject, DockerWitness):
    """A small project on the real engine."""

    @property
    def name(self) -> str:
        return self.environment["PAYSTACK_NAME"]


@contextmanager
def docker_project(folder: Path, compose: str, **environment: str) -> Iterator[DockerProject]:
    """A project whose stack/compose.yaml is `compose`, with nothing of it left afterwards."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    inherited = {key: v for key, v in os.environ.items() if not key.startswith("PAYSTACK_")}
    project = DockerProject(
        folder=make_project(folder / name, compose),
        environment={
            **inherited,
            "PAYSTACK_NAME": name,
            "PAYSTACK_STATE_DIR": str(folder / f"{name}-state"),
            "PAYSTACK_ENGINE": "compose",
            **environment,
        },
    )
    try:
        yield project
    finally:
        project.remove_all()


class SocketDoor:
    """A unix socket that leads to the engine until it is shut: an engine that can go away."""

    def __init__(self, path: Path, engine: str) -> None:
        self.host = f"unix://{path}"
        self._engine = engine
        self._open: list[socket.socket] = []
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(path))
        self._door.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def shut(self) -> None:
        """Cut every connection and take no new one."""
        for held in (self._door, *self._open):
            with _regardless():
                held.shutdown(socket.SHUT_RDWR)
            held.close()

    def _serve(self) -> None:
        with _regardless():
            while True:
                client, _ = self._door.accept()
                engine = socket.socket(socket.AF_UNIX)
                engine.connect(self._engine.removeprefix("unix://"))
                self._open += [client, engine]
                for pair in ((client, engine), (engine, client)):
                    threading.Thread(target=_pump, args=pair, daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with _regardless():
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def _regardless() -> Iterator[None]:
    """A connection that somebody else has closed is no error here."""
    with suppress(OSError):
        yield
