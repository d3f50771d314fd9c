"""Free ports for stacks that tests start beside whatever else runs on the machine."""

import random
import socket
from contextlib import ExitStack
from pathlib import Path

from paystack_cli.stack.known_settings import default_ports

COMPOSE_FILE = Path(__file__).resolve().parents[2] / "stack" / "compose.yaml"

PORTS_FROM, PORTS_TO = 20_000, 32_000
"""Below the range that Linux takes outgoing ports from: while a killed service is away, a client
that calls its port could otherwise be given that very port, connect to itself and keep it taken."""
ATTEMPTS_MAX = 1_000


def free_ports(count: int) -> list[int]:
    """`count` different ports of 127.0.0.1 that are free for TCP and for UDP."""
    with ExitStack() as held:
        found: list[int] = []
        for _ in range(ATTEMPTS_MAX):
            if len(found) == count:
                return found
            port = random.randint(PORTS_FROM, PORTS_TO - 1)
            if _hold(port, held):
                found.append(port)
    raise RuntimeError(f"{count} free ports not found after {ATTEMPTS_MAX} attempts")


def free_offset() -> int:
    """An offset that moves every default port of compose.yaml to one that is free."""
    defaults = set(default_ports(COMPOSE_FILE).values())
    for _ in range(ATTEMPTS_MAX):
        offset = random.randint(1, PORTS_TO - max(defaults))
        with ExitStack() as held:
            if all(_hold(port + offset, held) for port in defaults):
                return offset
    raise RuntimeError(f"no free offset found after {ATTEMPTS_MAX} attempts")


def _hold(port: int, held: ExitStack) -> bool:
    """Binds the port until `held` is closed, so that it is not found twice."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        bound = held.enter_context(socket.socket(socket.AF_INET, kind))
        try:
            bound.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
