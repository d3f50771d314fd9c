"""The containers' output as one stream: interleaved by time, followed through restarts."""

import heapq
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from paystack_cli.engines.base import LogLine
from paystack_cli.engines.compose.container import Container, parse_time
from paystack_cli.engines.compose.daemon import Daemon, gone
from paystack_cli.errors import PaystackError

LINE_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, slots=True)
class Stamped:
    """A line and its time as the engine writes it (RFC 3339, nanoseconds, UTC: it sorts)."""

    at: str
    service: str
    text: str

    @property
    def line(self) -> LogLine:
        """The line alone."""
        return LogLine(service=self.service, text=self.text)


def read_logs(
    daemon: Daemon, containers: Iterable[Container], tail: int | None
) -> Iterator[LogLine]:
    """What the containers have written so far, oldest first; `tail` lines of each at most."""
    for stamped in _past(daemon, list(containers), tail):
        yield stamped.line


def follow_logs(
    daemon: Daemon, containers: Mapping[str, Container], services: Iterable[str], tail: int | None
) -> Iterator[LogLine]:
    """As `read_logs`, then what the services write from now on, in whichever container."""
    follower = _Follower(daemon, frozenset(services))
    try:
        for stamped in _past(daemon, list(containers.values()), tail):
            follower.last[stamped.service] = stamped.at
            yield stamped.line
        for container in containers.values():
            if container.pid:
                follower.attach(container.id, container.service, tail=0)
        yield from follower.lines()
    finally:
        follower.close()


def _past(daemon: Daemon, containers: list[Container], tail: int | None) -> Iterator[Stamped]:
    def read(container: Container) -> list[Stamped]:
        lines = daemon.log(container.id, tail).split(b"\n")
        return [_stamped(container.service, line) for line in lines if line]

    with ThreadPoolExecutor(max_workers=max(1, len(containers))) as pool:
        yield from heapq.merge(*pool.map(read, containers), key=lambda stamped: stamped.at)


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
        partial = b""
        for piece in self._daemon.follow(container, parse_time(last), None if last else tail):
            *whole, partial = (partial + piece).split(b"\n")
            for line in whole:
                stamped = _stamped(service, line)
                if stamped.at > self.last.get(service, ""):
                    self.last[service] = stamped.at
                    self._found.put(stamped)


def _stamped(service: str, line: bytes) -> Stamped:
    at, _, text = line[:LINE_BYTES_MAX].decode("utf-8", "replace").partition(" ")
    return Stamped(at=at, service=service, text=text.rstrip("\r"))
