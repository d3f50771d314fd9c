"""Every test here needs a Docker engine; one whole stack in containers is shared by all of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.support.container_stack import (
    PROTECTED,
    PROTECTED_SECRETS,
    ContainerStack,
    own_container_stack,
)

ON_THE_SHARED_STACK = {
    "test_breaker",
    "test_checks_inside",
    "test_images",
    "test_stack_life",
    "test_stack_security",
    "test_status_speed",
}
"""Files whose tests use the fixture `stack`."""

BREAKER_OPEN_MS = "3000"
"""Shorter than the stack's own 30 s, which a test of a breaker would spend waiting."""


class BySharedStack(LoadScopeScheduling):
    """Gives the files of the shared stack to one worker, and every other file to any."""

    def _split_scope(self, nodeid: str) -> str:
        file = Path(nodeid.partition("::")[0]).stem
        return "shared stack" if file in ON_THE_SHARED_STACK else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Where tests run side by side (--numprocesses), this says which ones."""
    return BySharedStack(config, log)


@pytest.fixture(scope="session", autouse=True)
def needs_engine(docker_engine: None) -> None:
    """All of this folder does."""


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContainerStack]:
    """A whole stack in containers, healthy. Tests leave it healthy and drained."""
    state = tmp_path_factory.mktemp("whole")
    with own_container_stack("whole", state, PAYSTACK_BREAKER_OPEN_MS=BREAKER_OPEN_MS) as running:
        yield running


@pytest.fixture(scope="module")
def protected(stack: ContainerStack) -> Iterator[dict[str, tuple[str, str]]]:
    """The lives of jenkins and ngrok, which run beside the stack, by container name."""
    stack.paystack("up", "--only", ",".join(PROTECTED), **PROTECTED_SECRETS)
    names = stack.names(*PROTECTED)
    lives = {name: life for name, life in stack.lives().items() if name in names}
    assert lives.keys() == names
    yield lives
    stack.paystack("down", *PROTECTED, "--volumes", "--yes")
    assert not names & stack.containers().keys()
