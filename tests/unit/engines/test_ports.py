"""Ports are looked at before anything starts."""

import os
import socket
from pathlib import Path

import pytest

from paystack_cli.engines.ports import check_ports
from paystack_cli.errors import ExitCode, PreflightError
from paystack_cli.stack.model import Port
from tests.support.compose_project import make_project, stack_of
from tests.support.ports import free_ports


def _claims(tmp_path: Path, ports: dict[str, str]) -> list[tuple[str, Port]]:
    lines = [f"  {name}: {{command: [x], ports: ['{text}']}}" for name, text in ports.items()]
    project = make_project(tmp_path, "\n".join(["services:", *lines]))
    services = stack_of(project).services.values()
    return [(service.name, port) for service in services for port in service.ports]


def test_every_taken_port_is_named_with_its_owner_and_its_variable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("", 0)) as two:
        first, second = one.getsockname()[1], two.getsockname()[1]
        claims = _claims(
            tmp_path,
            {
                "a": f"127.0.0.1:${{A_PORT:-{first}}}:1",
                "b": f"127.0.0.1:${{B_PORT:-{second}}}:1",
                "c": f"127.0.0.1:${{C_PORT:-{free_ports(1)[0]}}}:1",
            },
        )
        with pytest.raises(PreflightError) as error:
            check_ports(claims)
    for port, service in ((first, "a"), (second, "b")):
        assert f"port {port} of {service} is taken by pid {os.getpid()}" in error.value.message
    assert "A_PORT=… B_PORT=…" in error.value.hint
    assert "C_PORT" not in error.value.hint
    assert error.value.exit_code is ExitCode.PREFLIGHT


def test_a_datagram_port_is_looked_at_as_such(tmp_path: Path) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as holder:
        [port] = free_ports(1)
        holder.bind(("127.0.0.1", port))
        check_ports(_claims(tmp_path / "tcp", {"a": f"127.0.0.1:{port}:1"}))
        with pytest.raises(PreflightError, match=f"port {port} of a is taken by pid"):
            check_ports(_claims(tmp_path / "udp", {"a": f"127.0.0.1:{port}:1/udp"}))


def test_two_services_cannot_have_one_port(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    claims = _claims(tmp_path, dict.fromkeys(("a", "b"), f"127.0.0.1:{port}:1"))
    with pytest.raises(PreflightError, match=f"port {port} of b is also the port of a"):
        check_ports(claims)
