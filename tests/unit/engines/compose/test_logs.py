"""The containers' output as one stream."""

from datetime import UTC, datetime
from typing import Any

from paystack_cli.engines.base import KeepLine
from paystack_cli.engines.compose.logs import read_logs
from tests.support.fake_docker import FakeDaemon, container

LOGS = {
    "id-store": b"2026-11-22T17:00:01.000000000Z began\n2026-11-22T17:00:03.000000000Z stopped\r\n",
    "id-app": b"2026-11-22T17:00:02.000000000Z hello \xff\n",
}


def _read(
    tail: int | None = None, since: datetime | None = None, keep: KeepLine | None = None
) -> list[tuple[str, str]]:
    daemon: Any = FakeDaemon(logs=LOGS)
    there = [container("store"), container("app"), container("silent")]
    found = read_logs(daemon, there, tail=tail, since=since, keep=keep)
    return [(line.service, line.text) for line in found]


def test_lines_are_interleaved_by_time_and_lose_it() -> None:
    assert _read() == [("store", "began"), ("app", "hello \ufffd"), ("store", "stopped")]


def test_the_tail_is_of_each_service() -> None:
    assert _read(1) == [("app", "hello \ufffd"), ("store", "stopped")]
    assert _read(0) == []


def test_nothing_older_than_since() -> None:
    assert _read(since=datetime(2026, 11, 22, 17, 0, 3, tzinfo=UTC)) == [("store", "stopped")]


def test_the_tail_counts_what_is_kept() -> None:
    assert _read(tail=1, keep=lambda line: "e" in line.text) == [
        ("app", "hello \ufffd"),
        ("store", "stopped"),
    ]
    assert _read(tail=1, keep=lambda line: line.text == "began") == [("store", "began")]
