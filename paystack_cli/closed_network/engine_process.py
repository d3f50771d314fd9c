"""The process of a private Docker Engine: start it, find it again, end it."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from paystack_cli.closed_network.answering import answers
from paystack_cli.closed_network.engine_programs import EnginePrograms
from paystack_cli.closed_network.place import Place
from paystack_cli.errors import StartFailed, TimedOut

START_TIMEOUT_S = 60
"""Until it answers; 1 s on two cores, longer when containers are to be cleaned up."""

STOP_TIMEOUT_S = 120
"""It lets each container end by itself first, for as long as that container's own limit."""

KILL_TIMEOUT_S = 10
"""For a process that was killed, until it is gone."""

LOOK_INTERVAL_S = 0.1
"""Between two looks whether a new engine answers; its end is noticed at once."""

LOG_TAIL_LINES = 8
CONTAINERD = "containerd"
"""The engine's own helper, and its folder."""

DOCKERD = "dockerd"


def find(place: Place) -> psutil.Process | None:
    """The engine of this place; a pid file may be stale, so the command line must be ours."""
    try:
        process = psutil.Process(int(place.pid_file.read_text(encoding="utf-8")))
        return process if str(place.configuration) in process.cmdline() else None
    except (OSError, ValueError, psutil.Error):
        return None


def left_containers(place: Place) -> bool:
    """Whether containers outlived a killed engine; the keeper of each names the engine's folder."""
    return any(_processes_of(place))


def other_engine() -> psutil.Process | None:
    """An engine that shares this process's network, whoever started it; None without one."""
    own = _network_of("self")
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):  # gone in between
            if process.name() == DOCKERD and _network_of(process.pid) == own:
                return process
    return None


def _network_of(pid: int | str) -> Path:
    """The network namespace of a process (namespaces(7)): the same one, the same firewall."""
    return Path(f"/proc/{pid}/ns/net").readlink()


def launch(place: Place, programs: EnginePrograms, options: Mapping[str, object]) -> None:
    """Start an engine with these options, and return when it answers.

    It outlives this process and its terminal. Raises StartFailed with its last words, or TimedOut.
    """
    for folder in (place.data, place.run):
        folder.mkdir(parents=True, exist_ok=True)
    _forget_killed_engine(place)
    place.configuration.write_text(json.dumps(options, indent=2) + "\n", encoding="utf-8")
    with place.log.open("wb") as log:
        process = subprocess.Popen(
            [*programs.dockerd.argv, "--config-file", place.configuration],
            cwd="/",
            env={**os.environ, **programs.environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_TIMEOUT_S
    while not answers(place.address):
        try:
            code = process.wait(LOOK_INTERVAL_S)
        except subprocess.TimeoutExpired:
            if time.monotonic() < deadline:
                continue
            process.terminate()
            raise TimedOut(
                f"the private engine did not answer within {START_TIMEOUT_S} s",
                hint=f"read {place.log}",
            ) from None
        lines = place.log.read_text(encoding="utf-8", errors="replace").splitlines()
        tail = "\n  ".join(lines[-LOG_TAIL_LINES:])
        raise StartFailed(
            f"the private engine ended with exit code {code} while it started:\n  {tail}",
            hint=f"mend what it says and start it again; all it said: {place.log}",
        )


def _processes_of(place: Place) -> Iterator[psutil.Process]:
    """Processes whose command line names the engine's folder of sockets."""
    for process in psutil.process_iter():
        try:
            if any(str(place.run) in word for word in process.cmdline()):
                yield process
        except psutil.Error:  # gone in between
            continue


def _forget_killed_engine(place: Place) -> None:
    """Its containerd dies with it, though not at once, and neither pid file must mislead the next.

    The keepers of its containers stay: the next engine finds the containers by them.
    """
    for process in _processes_of(place):
        with suppress(psutil.NoSuchProcess):
            if process.name() == CONTAINERD:
                process.kill()
                process.wait(KILL_TIMEOUT_S)
    for pid_file in (place.pid_file, place.run / CONTAINERD / f"{CONTAINERD}.pid"):
        pid_file.unlink(missing_ok=True)


def end(process: psutil.Process, place: Place) -> None:
    """Ask the engine to end, and wait until it is gone. Raises TimedOut when it does not."""
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except psutil.TimeoutExpired as error:
        raise TimedOut(
            f"the private engine (pid {process.pid}) did not end within {STOP_TIMEOUT_S} s",
            hint=f"read {place.log}; to end it all the same: kill -9 {process.pid}",
        ) from error
