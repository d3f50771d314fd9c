"""Ports and disk are looked at before anything starts."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from paystack_cli.engines.local import preflight
from paystack_cli.engines.local.lock import exclusive
from paystack_cli.errors import ExitCode, PreflightError
from paystack_cli.stack.model import Service
from tests.support.compose_project import make_project, stack_of
from tests.support.ports import free_ports


def _services(tmp_path: Path, ports: dict[str, str]) -> list[Service]:
    lines = [f"  {name}: {{command: [x], ports: ['{text}']}}" for name, text in ports.items()]
    project = make_project(tmp_path, "\n".join(["services:", *lines]))
    return list(stack_of(project).services.values())


def test_every_taken_port_is_named_with_its_owner_and_its_variable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("", 0)) as two:
        first, second = one.getsockname()[1], two.getsockname()[1]
        services = _services(
            tmp_path,
            {
                "a": f"127.0.0.1:${{A_PORT:-{first}}}:1",
                "b": f"127.0.0.1:${{B_PORT:-{second}}}:1",
                "c": f"127.0.0.1:${{C_PORT:-{free_ports(1)[0]}}}:1",
            },
        )
        with pytest.raises(PreflightError) as error:
            preflight.check_ports(services)
    for port, service in ((first, "a"), (second, "b")):
        assert f"port {port} of {service} is taken by pid {os.getpid()}" in error.value.message
    assert "A_PORT=… B_PORT=…" in error.value.hint
    assert "C_PORT" not in error.value.hint
    assert error.value.exit_code is ExitCode.PREFLIGHT


def test_a_datagram_port_is_looked_at_as_such(tmp_path: Path) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        preflight.check_ports(_services(tmp_path / "tcp", {"a": f"127.0.0.1:{port}:1"}))
        with pytest.raises(PreflightError, match=f"port {port} of a is taken by pid"):
            preflight.check_ports(_services(tmp_path / "udp", {"a": f"127.0.0.1:{port}:1/udp"}))


def test_two_services_cannot_have_one_port(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    services = _services(tmp_path, dict.fromkeys(("a", "b"), f"127.0.0.1:{port}:1"))
    with pytest.raises(PreflightError, match=f"port {port} of b is also the port of a"):
        preflight.check_ports(services)


def test_a_full_disk_is_told_with_its_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preflight.check_disk(tmp_path)
    monkeypatch.setattr(preflight, "FREE_BYTES_MIN", 2**60)
    with pytest.raises(PreflightError, match=r"\d+ MiB free") as error:
        preflight.check_disk(tmp_path)
    assert "df -h" in error.value.hint


HOLD = """
import pathlib, sys
from paystack_cli.engines.local.lock import exclusive
with exclusive(pathlib.Path(sys.argv[1]), "up"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_held_lock_names_its_holder_and_is_freed_by_its_death(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with (
        pytest.raises(PreflightError, match=f"paystack up .*pid {holder.pid}, since 20"),
        exclusive(path, "down"),
    ):
        pytest.fail("two held it")
    holder.kill()
    holder.communicate()
    with exclusive(path, "down"):
        assert '"down"' in path.read_text()


def test_a_lock_whose_file_was_deleted_is_taken_anew(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with exclusive(path, "down"):
        path.unlink()
        with exclusive(path, "up"):
            assert '"up"' in path.read_text()
