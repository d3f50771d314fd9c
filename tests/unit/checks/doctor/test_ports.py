"""Each port of the stack: who has it, and the way out."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from paystack_cli.checks.doctor.model import Severity
from paystack_cli.checks.doctor.ports import examine_ports
from paystack_cli.engines.compose.daemon import Neighbour
from tests.support.doctor import choice_of, docker_of, one, running, scene_of
from tests.support.ports import free_ports


class FakeEngine:
    """As far as ports are concerned."""

    name = "fake"

    def __init__(self, *, has_network: bool) -> None:
        self.has_network = has_network

    def excluded(self) -> frozenset[str]:
        return frozenset({"left-out"})


class FakeDaemon:
    """An engine of this machine with these containers."""

    is_local = True

    def __init__(self, *neighbours: Neighbour) -> None:
        self._neighbours = list(neighbours)

    def neighbours(self) -> list[Neighbour]:
        return self._neighbours


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that this process listens on."""
    with socket.create_server(("127.0.0.1", free_ports(1)[0])) as server:
        yield server.getsockname()[1]


def _services(port: int) -> str:
    return (
        f"  a: {{image: x, ports: ['127.0.0.1:${{A_PORT:-{port}}}:80']}}\n"
        "  left-out: {image: x, ports: ['127.0.0.1:1:80']}\n"
    )


def test_a_process_in_the_way_is_named_with_the_way_out(tmp_path: Path, taken: int) -> None:
    scene = scene_of(tmp_path, _services(taken), choice=choice_of(FakeEngine(has_network=False)))
    (finding,) = examine_ports(scene)
    assert finding.id == "port.a.80"
    assert finding.severity is Severity.FAIL
    assert f"a needs it, and it is taken by pid {os.getpid()}" in finding.seen
    assert "(user " in finding.seen
    assert finding.fix is not None
    assert finding.fix.startswith(f"kill {os.getpid()}; or: A_PORT=")
    moved_to = int(finding.fix.split("A_PORT=")[1].split()[0])
    with socket.create_server(("127.0.0.1", moved_to)):
        assert moved_to > taken


def test_the_service_itself_may_have_its_port(tmp_path: Path, taken: int) -> None:
    scene = scene_of(
        tmp_path,
        _services(taken),
        choice=choice_of(FakeEngine(has_network=False)),
        statuses=(running("a", pid=os.getpid()),),
    )
    (finding,) = examine_ports(scene)
    assert finding.severity is Severity.OK
    assert f"a has it (pid {os.getpid()}); moved by A_PORT" in finding.seen


@pytest.mark.parametrize(
    ("project", "severity", "said"),
    [("pay", "ok", "a has it (some-web)"), ("shop", "fail", "taken by the container some-web")],
)
def test_a_container_that_has_the_port(
    tmp_path: Path, taken: int, project: str, severity: str, said: str
) -> None:
    neighbour = Neighbour("some-web", project, "", True, frozenset({("tcp", taken)}))
    scene = scene_of(
        tmp_path,
        _services(taken),
        choice=choice_of(FakeEngine(has_network=True)),
        docker=docker_of(FakeDaemon(neighbour)),
    )
    (finding,) = examine_ports(scene)
    assert finding.severity == severity
    assert said in finding.seen
    assert severity == "ok" or (finding.fix or "").startswith("docker stop some-web; or: A_PORT=")


def test_a_free_port_and_the_variable_that_moves_it(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    finding = one(list(examine_ports(scene_of(tmp_path, _services(port)))), "port.a.80")
    assert finding.seen == "free for a; moved by A_PORT"
