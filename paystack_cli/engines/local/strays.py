"""Processes of a stack that no supervisor looks after any more, found by an inherited mark."""

import time
from collections.abc import Iterable
from pathlib import Path

import psutil

STATE_VARIABLE = "PAYSTACK_STATE"
"""In the environment of the supervisor and so of every process below it: the state folder."""

KILL_TIMEOUT_S = 5.0
POLL_S = 0.02


def find_strays(state: Path) -> list[psutil.Process]:
    """Every process of this stack, the supervisor included."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(STATE_VARIABLE) == str(state):
                found.append(process)
        except psutil.Error:  # gone, a zombie, or another user's: not ours
            continue
    return found


def end_strays(processes: Iterable[psutil.Process], grace_s: float) -> None:
    """Ask the processes to end, wait `grace_s`, kill what is left."""
    pending = list(processes)
    for process in pending:
        _signal(process, kill=False)
    alive = _outlive(pending, grace_s)
    for process in alive:
        _signal(process, kill=True)
    _outlive(alive, KILL_TIMEOUT_S)


def _outlive(processes: list[psutil.Process], timeout_s: float) -> list[psutil.Process]:
    """Wait until all have ended; those that live after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while (alive := [p for p in processes if _lives(p)]) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return alive


def _lives(process: psutil.Process) -> bool:
    """A zombie has ended: it waits for its parent, and a container's init may never ask for it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _signal(process: psutil.Process, *, kill: bool) -> None:
    try:
        if kill:
            process.kill()
        else:
            process.terminate()
    except psutil.NoSuchProcess:
        pass
