"""Runs the stages: in order, side by side where the list says so, until one fails."""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Event, RLock, Timer

from paystack_cli.errors import ExitCode
from paystack_cli.pipeline.model import Node, Parallel, Sequence, Stage

STOP_GRACE_S = 60.0
"""From asking a stage to end until it is killed: the breaker test heals what it broke first."""

SECONDS_PER_MINUTE = 60.0

Tell = Callable[[str, str], None]
"""Told the stage and one line of what it says; may be called from several threads."""


class Outcome(StrEnum):
    """How a stage ended."""

    PASSED = "passed"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    STOPPED = "stopped"
    """Ended because another had failed, or because it was asked for."""


@dataclass(frozen=True, slots=True)
class StageRun:
    """What became of a stage; one that never began has none. Seconds count from the begin."""

    name: str
    outcome: Outcome
    exit_code: int
    started_s: float
    duration_s: float


@dataclass
class Runner:
    """Runs stages with one environment, from the project's folder.

    What each says is also kept as a file in `logs`. `began`: when the pipeline did
    (`time.monotonic`), which is when its first stage did. `side_by_side`: whether branches are.
    """

    folder: Path
    environment: Mapping[str, str]
    engine: str
    logs: Path
    tell: Tell
    began: float = field(default_factory=time.monotonic)
    side_by_side: bool = True
    runs: list[StageRun] = field(default_factory=list)
    _stop: Event = field(default_factory=Event)
    _running: set["subprocess.Popen[str]"] = field(default_factory=set)
    _lock: RLock = field(default_factory=RLock)  # `stop` may come as a signal, in any line

    @property
    def failure(self) -> StageRun | None:
        """The stage that failed first."""
        failed = (run for run in self.runs if run.outcome in {Outcome.FAILED, Outcome.TIMED_OUT})
        return next(failed, None)

    def run(self, nodes: Iterable[Node]) -> None:
        """Run them in order, until one fails: then what runs beside it is ended too."""
        for node in nodes:
            match node:
                case Stage():
                    self._run_stage(node)
                case Sequence(stages=stages):
                    self.run(stages)
                case Parallel(branches=branches):
                    self._run_branches(branches)

    def run_afterwards(self, stage: Stage) -> StageRun:
        """Run one stage whatever became of those before; its failure stops nothing."""
        self._stop.clear()
        return self._execute(stage)

    def stop(self) -> None:
        """End what runs, and begin nothing more."""
        self._stop.set()
        with self._lock:
            running = list(self._running)
        for process in running:
            _end(process)

    def log_file(self, name: str) -> Path:
        """Where what the stage of this name says is kept."""
        return self.logs / f"{re.sub(r'[^a-z]+', '-', name.lower())}.log"

    def _run_branches(self, branches: tuple[Stage | Sequence, ...]) -> None:
        with ThreadPoolExecutor(len(branches) if self.side_by_side else 1) as pool:
            jobs = [pool.submit(self.run, (branch,)) for branch in branches]
        for job in jobs:
            job.result()

    def _run_stage(self, stage: Stage) -> None:
        if self._stop.is_set() or self.engine not in stage.engines:
            return
        done = self._execute(stage)
        with self._lock:
            self.runs.append(done)
        if done.outcome is not Outcome.PASSED:
            self.stop()

    def _execute(self, stage: Stage) -> StageRun:
        # The first one is what the script has done already.
        started_s = time.monotonic() - self.began if self.runs else 0.0
        timed_out = Event()
        with self._process(stage) as process, self._log(stage) as keep:
            limit_s = stage.limit_min * SECONDS_PER_MINUTE
            limit = Timer(limit_s, self._time_out, (process, timed_out))
            limit.start()
            for line in process.stdout or ():  # until the end, also of one that is being ended
                keep(line)
                self.tell(stage.name, line.rstrip("\n"))
            code = process.wait()
            limit.cancel()
        ended_s = time.monotonic() - self.began
        outcome = self._outcome(code, timed_out.is_set())
        return StageRun(stage.name, outcome, code, started_s, ended_s - started_s)

    def _outcome(self, code: int, timed_out: bool) -> Outcome:
        if timed_out:
            return Outcome.TIMED_OUT
        if code == ExitCode.OK:
            return Outcome.PASSED
        return Outcome.STOPPED if self._stop.is_set() else Outcome.FAILED

    @contextmanager
    def _process(self, stage: Stage) -> Iterator["subprocess.Popen[str]"]:
        """Its command in a process group of its own, so that all of it can be ended."""
        with subprocess.Popen(
            shlex.split(stage.command),
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process:
            with self._lock:
                self._running.add(process)
            if self._stop.is_set():  # it began while another failed
                _end(process)
            yield process
            with self._lock:
                self._running.discard(process)

    @contextmanager
    def _log(self, stage: Stage) -> Iterator[Callable[[str], object]]:
        self.logs.mkdir(parents=True, exist_ok=True)
        with self.log_file(stage.name).open("w", encoding="utf-8") as file:
            yield file.write

    def _time_out(self, process: "subprocess.Popen[str]", timed_out: Event) -> None:
        timed_out.set()
        _end(process)


def _end(process: "subprocess.Popen[str]") -> None:
    """Ask the stage's whole group to end, and kill what is still there after a while."""
    _signal(process, signal.SIGTERM)
    killer = Timer(STOP_GRACE_S, _signal, (process, signal.SIGKILL))
    killer.daemon = True
    killer.start()


def _signal(process: "subprocess.Popen[str]", number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has just ended
        if process.poll() is None:
            os.killpg(process.pid, number)
