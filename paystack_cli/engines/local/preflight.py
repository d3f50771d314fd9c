"""What must be free before anything is started: ports and disk. All problems in one error."""

import errno
import shutil
import socket
from collections.abc import Iterable
from pathlib import Path

import psutil

from paystack_cli.engines.local.environment import bound_ports
from paystack_cli.errors import PreflightError
from paystack_cli.stack.model import Port, Service

FREE_BYTES_MIN = 700 * 1024 * 1024
"""MariaDB's redo log (256 MiB) and tables, Kafka's first segments, rotated logs."""

COMMAND_CHARACTERS_MAX = 80
LOOPBACK = "127.0.0.1"

_KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


def check_disk(folder: Path) -> None:
    """Raises PreflightError when the file system of `folder` is nearly full."""
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES_MIN:
        raise PreflightError(
            f"{folder} has {free // 2**20} MiB free, the stack needs {FREE_BYTES_MIN // 2**20}",
            hint=f"free some space (df -h '{folder}'), or PAYSTACK_STATE_DIR=/another/disk",
        )


def check_ports(services: Iterable[Service]) -> None:
    """Raises PreflightError that names every port that is taken and by whom."""
    claimed_by: dict[tuple[str, int], str] = {}
    problems: list[str] = []
    movable: list[str] = []
    for service in services:
        for port in bound_ports(service):
            key = (port.protocol, port.published)
            if key in claimed_by:
                reason: str | None = f"is also the port of {claimed_by[key]}"
            else:
                reason = _why_not_bindable(port)
            claimed_by[key] = service.name
            if reason is not None:
                problems.append(f"port {port.published} of {service.name} {reason}")
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
