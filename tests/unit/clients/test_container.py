"""A container that did not do its work: what is said of it, and whether waiting may help."""

from collections.abc import Sequence
from typing import cast

import pytest

from paystack_cli.clients.container import CONTAINER_MAX_S, NO_IMAGE_HINT, run_in_container
from paystack_cli.clients.curl_client import CurlClient, CurlContainer
from paystack_cli.clients.errors import ServerFailed, ServerRefused
from paystack_cli.engines.base import Completed, Engine
from paystack_cli.errors import PaystackError, TimedOut


class Scripted:
    """The part of an engine that runs commands: this one ends as it was told."""

    def __init__(self, ending: Completed | PaystackError) -> None:
        self.timeouts_s: list[float | None] = []
        self._ending = ending

    def run(
        self, service: str, command: Sequence[str], *, timeout_s: float | None = None
    ) -> Completed:
        self.timeouts_s.append(timeout_s)
        if isinstance(self._ending, PaystackError):
            raise self._ending
        return self._ending


def run(engine: Scripted) -> str:
    return run_in_container(cast(Engine, engine), "tool", ["true"], 3.0)


def test_what_it_wrote_comes_back_and_its_time_is_bounded() -> None:
    engine = Scripted(Completed(0, "written\r\n", "Container tool Creating\n"))
    assert run(engine) == "written\r\n"
    assert engine.timeouts_s == [3.0 + CONTAINER_MAX_S]


@pytest.mark.parametrize(
    "stderr",
    [
        "Error response from daemon: No such image: tool:1",
        " tool Error\nError response from daemon: pull access denied for tool",
        "manifest for tool:1 not found: manifest unknown: manifest unknown",
        'Error response from daemon: Get "https://registry.example/v2/": no such host',
    ],
)
def test_an_image_that_cannot_be_had_is_refused_for_good(stderr: str) -> None:
    with pytest.raises(ServerRefused, match="a container of tool ended with code 18") as refused:
        run(Scripted(Completed(18, "", stderr)))
    assert stderr.rpartition("\n")[2] in refused.value.message
    assert refused.value.hint == NO_IMAGE_HINT


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (Completed(137, "", "first\nlast \x1b[2J words\n"), "code 137: last \\x1b[2J words"),
        (TimedOut("docker did not end within 23 s", hint="look"), "did not end within 23 s"),
    ],
)
def test_another_end_may_pass(ending: Completed | PaystackError, said: str) -> None:
    with pytest.raises(ServerFailed) as failed:
        run(Scripted(ending))
    assert said in failed.value.message
    assert failed.value.hint


@pytest.mark.parametrize("stdout", ["", "noise of a tool in between\n", "aGVsbG8="])
def test_output_that_is_not_curls_fails_the_attempt(stdout: str) -> None:
    engine = cast(Engine, Scripted(Completed(0, stdout, "")))
    client = CurlClient(CurlContainer(engine), "http://x", hint="")
    with pytest.raises(ServerFailed, match="curl-client did not print what curl fetched"):
        client.request("GET", "/", timeout_s=1.0)
