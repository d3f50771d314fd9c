"""The containers' output as one stream: interleaved by time, followed through restarts."""

import heapq
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from paystack_cli.engines.base import KeepLine, LogLine
from paystack_cli.engines.compose.container import Container, parse_time
from paystack_cli.engines.compose.daemon import Daemon, gone
from paystack_cli.errors import PaystackError

LINE_BYTES_MAX = 64 * 1024
"""A longer line is cut."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """A line and its time as the engine writes it (RFC 3339, nanoseconds, UTC: it sorts)."""

    at: str
    service: str
    text: str

    @property
    def line(self) -> LogLine:
        """The line with its time in microseconds."""
        return LogLine(service=self.service, text=self.text, at=parse_time(self.at))


def read_logs(
    daemon: Daemon,
    containers: Iterable[Container],
    *,
    tail: int | None = None,
    since: datetime | None = None,
    keep: KeepLine | None = None,
) -> Iterator[LogLine]:
    """What the containers have written so far. See `Engine.logs`."""
    for stamped in _past(daemon, list(containers), tail, since, keep):
        yield stamped.line


def follow_logs(
    daemon: Daemon,
    containers: Mapping[str, Container],
    services: Iterable[str],
    *,
    tail: int | None = None,
    since: datetime | None = None,
    keep: KeepLine | None = None,
) -> Iterator[LogLine]:
    """As `read_logs`, then what the services write from now on, in whichever container."""
    follower = _Follower(daemon, frozenset(services))
    try:
        past = _past(daemon, list(containers.values()), tail, since, keep, follower.last)
        yield from (stamped.line for stamped in past)
        for container in containers.values():
            if container.pid:
                follower.attach(container.id, container.service, tail=0)
        yield from filter(keep, follower.lines()) if keep else follower.lines()
    finally:
        follower.close()


def _past(
    daemon: Daemon,
    containers: list[Container],
    tail: int | None,
    since: datetime | None,
    keep: KeepLine | None,
    last: dict[str, str] | None = None,
) -> Iterator[Stamped]:
    """The lines that are kept; `last` is given the time of the last one read of each service."""

    def read(container: Container) -> Iterator[Stamped]:
        # The engine counts lines, and does not know which of them are meant.
        count = tail if keep is None else None
        pieces = daemon.log_stream(container.id, since, count, follow=False)
        for one in (_stamped(container.service, line) for line in _lines(pieces)):
            if last is not None:
                last[container.service] = one.at
            if keep is None or keep(one.line):
                yield one

    def read_last(container: Container) -> deque[Stamped]:
        return deque(read(container), maxlen=tail)

    if tail is None:
        yield from _merged(map(read, containers))
        return
    with ThreadPoolExecutor(max_workers=max(1, len(containers))) as pool:
        yield from _merged(pool.map(read_last, containers))


def _merged(streams: Iterable[Iterable[Stamped]]) -> Iterator[Stamped]:
    return heapq.merge(*streams, key=lambda stamped: stamped.at)


class _Follower:
    """One thread for each container, one for those that start later; one queue.

    `last` is the time of the newest line of each service: nothing is told twice.
    """

    def __init__(self, daemon: Daemon, services: frozenset[str]) -> None:
        self.last: dict[str, str] = {}
        self._daemon = daemon
        self._services = services
        self._found: queue.SimpleQueue[Stamped | PaystackError] = queue.SimpleQueue()
        self._events = daemon.events()  # before reading, so that no start falls between
        self._in_thread(self._attach_new)

    def attach(self, container: str, service: str, tail: int | None = None) -> None:
        """Follow a container; `tail` lines of its past when nothing of the service is known."""
        self._in_thread(lambda: self._read(container, service, tail))

    def lines(self) -> Iterator[LogLine]:
        """The lines as they come, for ever. Raises what stopped a thread."""
        while True:
            found = self._found.get()
            if isinstance(found, PaystackError):
                raise found
            yield found.line

    def close(self) -> None:
        """Stop hearing of new containers; the threads end with the process."""
        self._events.close()

    def _in_thread(self, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except PaystackError as error:
                self._found.put(error)

        threading.Thread(target=run, daemon=True).start()

    def _attach_new(self) -> None:
        for event in self._events:
            if event.action == "start" and event.service in self._services:
                self.attach(event.container, event.service)
        raise gone("its events have ended")  # after our own close() nobody hears it

    def _read(self, container: str, service: str, tail: int | None) -> None:
        last = self.last.get(service, "")
        pieces = self._daemon.log_stream(
            container, parse_time(last), None if last else tail, follow=True
        )
        for line in _lines(pieces):
            stamped = _stamped(service, line)
            if stamped.at > self.last.get(service, ""):
                self.last[service] = stamped.at
                self._found.put(stamped)


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Whole lines; what is too long is cut, and what has no end is the last one."""
    partial = b""
    for piece in pieces:
        *whole, partial = (partial + piece).split(b"\n")
        yield from whole
        partial = partial[:LINE_BYTES_MAX]
    if partial:
        yield partial


def _stamped(service: str, line: bytes) -> Stamped:
    at, _, text = line[:LINE_BYTES_MAX].decode("utf-8", "replace").partition(" ")
    return Stamped(at=at, service=service, text=text.rstrip("\r"))
