"""The host ports of services that are about to start must be free. All problems in one error."""

import contextlib
import errno
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from paystack_cli.errors import PreflightError
from paystack_cli.stack.model import Port

COMMAND_CHARACTERS_MAX = 80
LOOPBACK = "127.0.0.1"
UNKNOWN_HOLDER = "a process of another user, or an outgoing connection of any"

_KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a port open; user and command are "?" where they may not be known."""

    pid: int
    user: str
    command: str

    def __str__(self) -> str:
        return f"pid {self.pid}: {self.command}"


def check_ports(claims: Iterable[tuple[str, Port]]) -> None:
    """Each claim is a service's name and a port that it binds.

    Raises PreflightError that names every port that is taken and by whom.
    """
    claimed_by: dict[tuple[str, int], str] = {}
    problems: list[str] = []
    movable: list[str] = []
    for service, port in claims:
        key = (port.protocol, port.published)
        if key in claimed_by:
            reason: str | None = f"is also the port of {claimed_by[key]}"
        else:
            reason = why_not_bindable(port)
        claimed_by[key] = service
        if reason is not None:
            problems.append(f"port {port.published} of {service} {reason}")
            movable.append(f"{port.variable or 'its port'}=…")
    if problems:
        raise PreflightError(
            "\n".join(problems),
            hint=f"stop what holds it, or move ours: {' '.join(movable)} paystack up",
        )


def why_not_bindable(port: Port) -> str | None:
    """Why a service cannot bind the port now ("is taken by pid 7: nginx"); None when it can."""
    kind = _KINDS[port.protocol]
    with socket.socket(type=kind) as candidate:
        if kind is socket.SOCK_STREAM:  # old connections may linger; a listener may not
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((LOOPBACK, port.published))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                owner = holders(port.protocol).get(port.published)
                return f"is taken by {owner or UNKNOWN_HOLDER}"
            return f"cannot be bound: {error.strerror}"
    return None


def holders(protocol: str) -> Mapping[int, Holder]:
    """Who has which port of this machine open, as far as this user may know."""
    import psutil  # a command that has no trouble with a port does without

    return {
        connection.laddr.port: _holder(connection.pid)
        for connection in psutil.net_connections(protocol)
        if connection.status in {psutil.CONN_LISTEN, psutil.CONN_NONE}
        and connection.laddr
        and connection.pid
    }


def _holder(pid: int) -> Holder:
    import psutil

    user = command = "?"
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        user, command = process.username(), " ".join(process.cmdline()) or process.name()
    return Holder(pid, user, command[:COMMAND_CHARACTERS_MAX])
