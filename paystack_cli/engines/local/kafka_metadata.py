"""Asks a Kafka broker how many brokers are registered, as the container's health check does.

A client library would take longer to import than all other services take to answer `status`.
Source: Apache Kafka, "Protocol Guide", Metadata (key 3, version 1).
"""

import socket
import struct

REQUEST = struct.pack(">ihhihi", 14, 3, 1, 1, -1, 0)
"""Length, key, version, correlation id, no client id, no topic."""

ANSWER = struct.Struct(">iii")
"""How an answer begins: length, correlation id, number of brokers."""


def registered_brokers(host: str, port: int, timeout_s: float) -> int:
    """How many brokers the cluster has. Raises OSError when nobody answers as a broker does."""
    with socket.create_connection((host, port), timeout=timeout_s) as connection:
        connection.sendall(REQUEST)
        with connection.makefile("rb") as answer:
            beginning = answer.read(ANSWER.size)
    if len(beginning) < ANSWER.size:
        raise ConnectionError("the connection was closed without an answer")
    _length, _correlation_id, brokers = ANSWER.unpack(beginning)
    return int(brokers)
