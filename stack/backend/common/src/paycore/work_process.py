"""A batcher's work in a process of its own, which has an interpreter lock of its own.

    event loop -> Batcher's thread -> WorkProcess ==(socket pair)== answer_rounds -> work

A round costs two messages of pickled items, however many they are. The child holds nothing that its
parent would miss: it ends when the parent's end of the socket closes, however that came about, and
when it is the child that dies, the next round starts another.
"""

import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Generic, NamedTuple, TypeVar

from paycore.lifecycle import STOP_SIGNALS, spare_garbage_collection
from paycore.logging import get_logger

Item = TypeVar("Item")
Result = TypeVar("Result")

STOP_WITHIN_S = 5.0
"""For the round that runs when the process is asked to end."""


class WorkLost(Exception):
    """The process ended in the middle of a round: what became of its items is unknown."""


class _Child(NamedTuple):
    process: "subprocess.Popen[bytes]"
    connection: "Connection[object, object]"


class WorkProcess(Generic[Item, Result]):
    """Runs `python -m module`, whose main calls `answer_rounds`; used by one thread at a time."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._child: _Child | None = None

    def start(self) -> None:
        """Starts the process without waiting for it; otherwise the first round starts it."""
        self._child = self._start()

    def work(self, items: Sequence[Item]) -> Sequence[Result | Exception]:
        """The results of one round. Raises WorkLost."""
        self._child = child = self._child or self._start()
        try:
            child.connection.send(items)
            results: Sequence[Result | Exception] = child.connection.recv()  # type: ignore[assignment]
        except (EOFError, OSError) as error:
            code = self.close()
            get_logger().error("work_process_lost", module=self._module, exit_code=code)
            raise WorkLost(f"{self._module} ended with exit code {code}") from error
        return results

    def close(self) -> int | None:
        """Ends the process; its exit code, None when it did not run."""
        child, self._child = self._child, None
        if child is None:
            return None
        child.connection.close()
        try:
            return child.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            child.process.kill()
            return child.process.wait()

    def _start(self) -> _Child:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen([sys.executable, "-m", self._module], stdin=theirs.fileno())
        return _Child(process, Connection(ours.detach()))


def answer_rounds(work: Callable[[Sequence[Item]], Sequence[Result | Exception]]) -> None:
    """The child's side: answers rounds until the parent is gone.

    Stop signals are the parent's to obey, which still has callers that wait for a round.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    spare_garbage_collection()
    with Connection(os.dup(sys.stdin.fileno())) as connection:
        while True:
            try:
                items = connection.recv()
                connection.send([_portable(result) for result in work(items)])
            except (EOFError, OSError):
                return


def _portable(result: Result | Exception) -> Result | Exception:
    """`result`; an exception that would not arrive as it is, as its text."""
    if not isinstance(result, Exception):
        return result
    try:
        pickle.loads(pickle.dumps(result))  # noqa: S301 - our own bytes
    except Exception:
        return RuntimeError(repr(result))
    return result
