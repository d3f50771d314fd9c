"""The host ports of services that are about to start must be free. All problems in one error."""

import errno
import socket
from collections.abc import Iterable

import psutil

from paystack_cli.errors import PreflightError
from paystack_cli.stack.model import Port

COMMAND_CHARACTERS_MAX = 80
LOOPBACK = "127.0.0.1"

_KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


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
            reason = _why_not_bindable(port)
        claimed_by[key] = service
        if reason is not None:
            problems.append(f"port {port.published} of {service} {reason}")
            movable.append(f"{port.variable or 'its port'}=…")
    if problems:
        raise PreflightError(
            "\n".join(problems),
            hint=f"stop what holds it, or move ours: {' '.join(movable)} paystack up",
        )


def _why_not_bindable(port: Port) -> str | None:
    kind = _KINDS[port.protocol]
    with socket.socket(type=kind) as candidate:
        if kind is socket.SOCK_STREAM:  # old connections may linger; a listener may not
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((LOOPBACK, port.published))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"is taken by {_owner(port)}"
            return f"cannot be bound: {error.strerror}"
    return None


def _owner(port: Port) -> str:
    """Who holds the port, as far as this user may know."""
    for connection in psutil.net_connections(port.protocol):
        holds = connection.status in {psutil.CONN_LISTEN, psutil.CONN_NONE}
        if not holds or connection.laddr[1:2] != (port.published,):
            continue
        if connection.pid is None:
            break
        try:
            command = " ".join(psutil.Process(connection.pid).cmdline())
        except psutil.Error:
            command = "?"
        return f"pid {connection.pid}: {command[:COMMAND_CHARACTERS_MAX]}"
    return "a process of another user, or an outgoing connection of any"
