"""One source that is read again and again in a thread of its own: nobody waits for its answer."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event, Thread
from typing import Generic, TypeVar

from paystack_cli.errors import PaystackError

SILENT_AFTER_S = 5.0
"""A source that has not answered for so long is told of; its last value stays."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """The newest value of a source, None before the first, and why there is no newer one."""

    value: T | None = None
    problem: str | None = None


class Feed(Generic[T]):
    """Reads a source every `interval_s` seconds, counted from begin to begin, until `stop`.

    A PaystackError of `read` is a problem to be told; any other ends the feed, and `newest` raises
    it.
    """

    def __init__(self, name: str, read: Callable[[], T], interval_s: float) -> None:
        self.name = name
        self._read = read
        self._interval_s = interval_s
        self._reading: Reading[T] = Reading()
        self._asked_at_s = time.monotonic()
        self._waits = True
        self._bug: Exception | None = None
        self._answered = Event()
        self._stopped = Event()
        # A daemon: a source that hangs must not keep the command from ending.
        Thread(target=self._run, name=f"feed {name}", daemon=True).start()

    def newest(self) -> Reading[T]:
        """What is known by now."""
        if self._bug is not None:
            raise self._bug
        silent_s = time.monotonic() - self._asked_at_s
        if self._waits and silent_s > SILENT_AFTER_S:
            return replace(self._reading, problem=f"no answer for {silent_s:.0f} s")
        return self._reading

    def wait_for_first(self, timeout_s: float) -> None:
        """Until the source has answered once, or failed to; at most `timeout_s`."""
        self._answered.wait(timeout_s)

    def stop(self) -> None:
        """Read no more; an answer that is under way is not waited for."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._asked_at_s, self._waits = time.monotonic(), True
            try:
                self._reading = Reading(self._read())
            except PaystackError as error:
                first_line, *_ = error.message.split("\n")
                self._reading = replace(self._reading, problem=first_line)
            except Exception as bug:
                self._bug = bug
                return
            finally:
                self._waits = False
                self._answered.set()
            took_s = time.monotonic() - self._asked_at_s
            self._stopped.wait(max(0.0, self._interval_s - took_s))
