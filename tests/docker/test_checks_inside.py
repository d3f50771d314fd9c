"""Checks from inside the network when something is in the way: told at once, or timed out."""

from collections.abc import Iterator

import pytest

from tests.support.container_stack import ContainerStack
from tests.support.docker import docker

INSIDE = ("--from", "inside", "--output", "json")


@pytest.fixture
def paused(stack: ContainerStack) -> Iterator[str]:
    """A service whose process is stopped in its tracks: it has its name and port, and is silent."""
    container = f"{stack.name}-pg-simulator"
    docker("pause", container)
    yield "pg-simulator"
    docker("unpause", container)


def test_silence_is_a_time_out(stack: ContainerStack, paused: str) -> None:
    answer = stack.paystack("health", paused, "--timeout", "1", *INSIDE, expect=5)
    (check,) = answer.document["checks"]
    assert check["outcome"] == "timed_out"
    assert "from inside: no answer in time (curl 28)" in check["summary"]


def test_without_curls_image_the_next_command_is_named(stack: ContainerStack) -> None:
    absent = {"PAYSTACK_CURL_IMAGE": "localhost/no-such-image:1"}
    answer = stack.paystack("health", "gateway", *INSIDE, expect=1, **absent)
    (check,) = answer.document["checks"]
    assert len(check["attempts"]) == 1, "waiting cannot mend it"
    assert "scripts/base-images" in check["next"]
