"""Processes of a stack that no supervisor looks after any more, found by an inherited mark."""

from collections.abc import Iterable
from pathlib import Path

import psutil

STATE_VARIABLE = "PAYSTACK_STATE"
"""In the environment of the supervisor and so of every process below it: the state folder."""

KILL_TIMEOUT_S = 5.0


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
    _, alive = psutil.wait_procs(pending, timeout=grace_s)
    for process in alive:
        _signal(process, kill=True)
    psutil.wait_procs(alive, timeout=KILL_TIMEOUT_S)


def _signal(process: psutil.Process, *, kill: bool) -> None:
    try:
        if kill:
            process.kill()
        else:
            process.terminate()
    except psutil.NoSuchProcess:
        pass
