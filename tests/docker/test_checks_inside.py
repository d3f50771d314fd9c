"""Checks from inside the network when something is in the way: told at once, or timed out."""

from collections.abc import Iterator

import pytest

from tests.support.container_stack import ContainerStack
from tests.support.docker import docker
from tests.support.exit_codes import OF_A_WHOLE_STACK, Row, ends_as_the_row_says

INSIDE = ("--from", "inside", "--output", "json")


@pytest.fixture
def paused(stack: ContainerStack) -> Iterator[str]:
    """A service whose process is stopped in its tracks: it has its name and port, and is silent."""
    container = f"{stack.name}-pg-simulator"
    docker("pause", container)
    yield "pg-simulator"
    docker("unpause", container)


def test_the_doctor_finds_a_running_stack_well(stack: ContainerStack) -> None:
    document = stack.paystack("doctor", "--output", "json").document
    found = {finding["id"]: finding for finding in document["findings"]}
    for id in ("clock.docker", "clock.mariadb", "clock.kafka", "dns", "drift", "name.container"):
        assert found[id]["severity"] == "ok", found[id]
    assert found["port.gateway.8080"]["seen"].startswith("gateway has it")


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


@pytest.mark.parametrize("row", OF_A_WHOLE_STACK, ids=str)
def test_each_exit_code_that_checks_document(stack: ContainerStack, row: Row) -> None:
    ends_as_the_row_says(stack, row)
