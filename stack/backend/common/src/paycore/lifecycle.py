"""A service's life: settings and logs first, then its work, until a signal asks it to stop.

A service's `__main__` is `sys.exit(run_service("name", serve))`. `serve` opens what it needs with
context managers, so that everything is closed in reverse order, and returns once `stop` is
requested and its work is drained. The stack gives it 15 s for that (`stop_grace_period` in
compose.yaml).
"""

import gc
import os
import resource
import signal
import threading
from collections.abc import Callable

from paycore.logging import configure_logging, get_logger
from paycore.settings import Environment, SettingMissing

STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})
EXIT_FAILED = 1
OPEN_FILES = 16_384
GC_THRESHOLDS = (50_000, 20, 50)
"""Objects, then rounds, between collections of each generation (Python: 700, 10, 10)."""


class CannotStart(Exception):
    """Something that the service needs in order to start is not to be had (a port, a folder)."""


class Stop:
    """Whether this process is to end, and why; every thread may ask, wait or request it."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []
        self.reason = ""

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    def request(self, reason: str) -> None:
        """Asks for the end; the first reason stands, later ones change nothing."""
        with self._lock:
            if self._event.is_set():
                return
            self.reason = reason
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits until the end is requested; False when `timeout_s` passed first."""
        return self._event.wait(timeout_s)

    def on_request(self, callback: Callable[[], None]) -> None:
        """Calls `callback` once, in the requesting thread (at once if it is too late to wait)."""
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return
        callback()


def run_service(name: str, serve: Callable[[Environment, Stop], None]) -> int:
    """Runs `serve` until it returns; the exit code: 0 when it was asked to stop, else 1."""
    environment = Environment.of_process()
    configure_logging(name, environment.text("LOG_LEVEL", "INFO"))
    log = get_logger()
    stop = Stop()
    _watch_signals(stop)
    spare_garbage_collection()
    _allow_open_files()
    try:
        serve(environment, stop)
    except (SettingMissing, CannotStart) as error:
        log.error("service_cannot_start", error=str(error))
        return EXIT_FAILED
    except Exception:
        log.exception("service_failed")
        return EXIT_FAILED
    log.info("service_stopped", reason=stop.reason)
    return 0


def spare_garbage_collection() -> None:
    """Collects young objects less often, and what is loaded by now never.

    A busy service makes many short-lived objects and hardly a cycle: the collector's default takes
    a tenth of its CPU time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def _allow_open_files() -> None:
    """Raises the soft limit of open files, which is 1,024 by custom: each connection is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _watch_signals(stop: Stop) -> None:
    """Turns the first stop signal into a request and the second into an immediate end.

    A thread waits for them with every other thread blocking them: a Python signal handler would run
    between two bytecodes of the main thread, which may hold the very lock that the handler needs.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)

    def watch() -> None:
        stop.request(signal.Signals(signal.sigwait(STOP_SIGNALS)).name)
        second = signal.sigwait(STOP_SIGNALS)
        os._exit(128 + second)

    threading.Thread(target=watch, name="signals", daemon=True).start()
