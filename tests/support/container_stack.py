"""A stack in containers for tests: the same `paystack` commands, and `docker` as their witness."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from paystack_cli.closed_network.place import Place
from paystack_cli.engines.lock import exclusive
from paystack_cli.stack.compose import load_stack
from paystack_cli.stack.model import Stack
from paystack_cli.stack.settings import load_settings
from tests.support.docker import DockerWitness, docker
from tests.support.stack import PROJECT, StackUnderTest, brought_up, stack_environment

UP_TIMEOUT_S = 120
"""Until a whole stack is healthy; 20 s on two cores with nothing else to do."""
PROTECTED = ("jenkins", "ngrok")
PROTECTED_SECRETS = {
    "JENKINS_ADMIN_PASSWORD": "jenkins-of-a-test-stack",
    "NGROK_AUTHTOKEN": "ngrok-of-a-test-stack",
}
BUILD_TIMEOUT_S = 600
"""The first build of a fresh clone fetches wheels; a later one finds all of it made."""


@dataclass(frozen=True)
class ContainerStack(StackUnderTest, DockerWitness):
    """The command line, the public doors and the containers of one stack."""

    @property
    def name(self) -> str:
        return self.environment["PAYSTACK_NAME"]

    @property
    def model(self) -> Stack:
        """compose.yaml as the command line reads it."""
        return load_stack(load_settings(project_dir=PROJECT, environment=self.environment))

    def names(self, *services: str) -> set[str]:
        """The names of the services' containers."""
        return {f"{self.name}-{service}" for service in services}

    @property
    def curl_image(self) -> str:
        """The image of curl-client: small, with a shell."""
        image = self.model.services["curl-client"].image
        assert image is not None
        return image

    def on_host(self, program: str, *arguments: str) -> str:
        """What a program of that image writes that sees every process of the engine's machine.

        It is root there, as a test that looks at processes must be, and as no service is.
        """
        helper = ("run", "--rm", "--pid=host", "--user=0", f"--entrypoint={program}")
        return docker(*helper, self.curl_image, *arguments)

    def kill(self, service: str) -> int:
        """SIGKILLs the main process of a container; the engine takes `docker kill` for a stop."""
        pid = self.pid(service)
        self.on_host("sh", "-c", f"kill -KILL {pid}")  # a shell has it everywhere
        return pid


@contextmanager
def built_container_stack(purpose: str, state_dir: Path, **extra: str) -> Iterator[ContainerStack]:
    """A stack whose images are made and of which nothing else is there, before and afterwards.

    It shares nothing with others but the engine and the base images. Its name stands for this
    folder (or PAYSTACK_NAME) and the purpose, so that a later run finds the images, and removes
    what an earlier one was killed over; of two runs at once the second fails, naming the first.
    """
    images = {
        name: value
        for name, value in load_settings(project_dir=PROJECT).variables.items()
        if name.startswith("PAYSTACK_") and name.endswith("_IMAGE")
    }
    prefix = os.environ.get("PAYSTACK_NAME") or f"test-{Place(PROJECT).digest}"
    name = f"{prefix}-{purpose}"
    extra = {"PAYSTACK_ENGINE": "compose", **images, **extra}
    stack = ContainerStack(stack_environment(name, state_dir, **extra))
    with exclusive(PROJECT / ".paystack" / f"{name}.lock", f"test of {purpose}"):
        try:
            stack.remove_all()
            stack.paystack("build", timeout_s=BUILD_TIMEOUT_S)
            yield stack
        finally:
            stack.remove_all()


@contextmanager
def own_container_stack(
    purpose: str, state_dir: Path, *up: str, **extra: str
) -> Iterator[ContainerStack]:
    """A running stack (`paystack up` with the arguments `up`), gone with its data afterwards."""
    with (
        built_container_stack(purpose, state_dir, **extra) as stack,
        brought_up(stack, *up, timeout_s=UP_TIMEOUT_S),
    ):
        yield stack
