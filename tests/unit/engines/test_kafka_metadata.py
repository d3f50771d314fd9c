"""What a broker, or something else, answers to the readiness probe."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from paystack_cli.engines.local.kafka_metadata import REQUEST, registered_brokers

TIMEOUT_S = 5.0


@contextmanager
def _broker(answer: bytes) -> Iterator[int]:
    """A port that answers one request so."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                assert connection.recv(1024) == REQUEST
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(TIMEOUT_S)


def test_the_request_is_that_of_the_container_health_check() -> None:
    assert REQUEST == b"\0\0\0\x0e\0\3\0\1\0\0\0\1\xff\xff\0\0\0\0"


@pytest.mark.parametrize("brokers", [0, 1, 3])
def test_the_brokers_are_counted(brokers: int) -> None:
    with _broker(struct.pack(">iii", 37, 1, brokers) + b"rest") as port:
        assert registered_brokers("127.0.0.1", port, TIMEOUT_S) == brokers


def test_one_that_hangs_up_has_not_answered() -> None:
    with (
        _broker(b"\0\0") as port,
        pytest.raises(ConnectionError, match="closed without an answer"),
    ):
        registered_brokers("127.0.0.1", port, TIMEOUT_S)
