"""One `up`: Compose and the engine's events, both played by a script."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from paystack_cli.engines.base import State
from paystack_cli.engines.compose.bring_up import BringUp
from paystack_cli.engines.compose.container import Container, ContainerEvent
from paystack_cli.engines.compose.errors import EngineGone
from paystack_cli.engines.compose.watch import Watch
from paystack_cli.engines.plan import Observed, plan_up
from paystack_cli.errors import StartFailed, TimedOut
from paystack_cli.stack.model import Stack
from paystack_cli.stack.selection import select
from tests.support.compose_project import make_project, stack_of
from tests.support.fake_docker import FakeDaemon, container, event
from tests.support.told import Told

COMPOSE = """
services:
  store: {image: pay/store, command: [x], restart: always, healthcheck: {test: [CMD, y]}}
  app:
    image: pay/app
    command: [x]
    restart: always
    depends_on: {store: {condition: service_healthy}}
"""
IMAGES = ("pay/store:latest", "pay/app:latest")
STARTS = event("store", "start")
HEALTHY = event("store", "health_status: healthy")
UNHEALTHY = event("store", "health_status: unhealthy")
APP_STARTS = event("app", "start")
TIMEOUT_S = 10.0


class Stream:
    """Events that the script puts; `forwarded` waits until they have been heard of."""

    def __init__(self) -> None:
        self._queue: queue.Queue[ContainerEvent | None] = queue.Queue()

    def put(self, happened: ContainerEvent | None) -> None:
        self._queue.put(happened)

    def forwarded(self) -> None:
        self._queue.join()

    def __iter__(self) -> Iterator[ContainerEvent]:
        while (happened := self._queue.get()) is not None:
            yield happened
            self._queue.task_done()

    def close(self) -> None:
        self._queue.put(None)


@dataclass
class Act:
    """What happens while one Compose command runs, how it ends, and what happens after it."""

    events: tuple[ContainerEvent, ...]
    exit_code: int | None = 0
    after: tuple[ContainerEvent | None, ...] = ()
    said: str = ""


class Play:
    """The engine and Compose of one `up`."""

    def __init__(self, stack: Stack, *acts: Act, there: tuple[Container, ...] = ()) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.ended = 0
        self._stack = stack
        self._acts = list(acts)
        self._stream = Stream()
        self._daemon: Any = FakeDaemon(there, images=IMAGES)
        self._daemon.events = lambda: self._stream
        self._daemon.container = lambda _id: container("store", last_probe="no ledger yet")

    def start(
        self, *arguments: str, profiles: object, tell: Callable[[str], None], ended: Any
    ) -> "Play":
        """`docker compose up` begins."""
        self.asked.append(arguments)
        act = self._acts.pop(0)
        tell(act.said)

        def run() -> None:
            for happened in act.events:
                self._stream.put(happened)
            self._stream.forwarded()
            if act.exit_code is not None:
                ended(act.exit_code)
            for later in act.after:
                self._stream.put(later)

        threading.Thread(target=run, daemon=True).start()
        return self

    def end(self) -> None:
        """Compose is ended."""
        self.ended += 1

    def up(self, state: State = State.NOT_STARTED, timeout_s: float = TIMEOUT_S) -> Watch:
        """`paystack up` of everything, which is in this state."""
        observed = dict.fromkeys(self._stack.services, Observed(state))
        steps = plan_up(self._stack, select(self._stack), observed, recreate=False)
        cli: Any = self
        bring_up = BringUp(self._stack, self._daemon, cli, Told(), time.monotonic() + timeout_s)
        return bring_up.run(steps)


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """app, which has no probe, waits for store, which has one."""
    return stack_of(make_project(tmp_path, COMPOSE))


def test_up_is_over_when_all_are_ready_and_compose_has_ended(stack: Stack) -> None:
    play = Play(stack, Act((STARTS, HEALTHY, APP_STARTS)))
    assert play.up().pending == []
    (asked,) = play.asked
    assert asked[0] == "up"
    assert {"--no-build", "--no-deps", "--no-recreate"} < set(asked)
    assert asked[-2:] == ("store", "app")


def test_what_runs_and_is_healthy_needs_no_compose(stack: Stack) -> None:
    there = (container("store", health="healthy"), container("app"))
    play = Play(stack, there=there)
    assert play.up(State.RUNNING).pending == []
    assert play.asked == []


def test_compose_that_gave_up_is_started_again_after_the_recovery(stack: Stack) -> None:
    play = Play(stack, Act((STARTS, UNHEALTHY), exit_code=1, after=(HEALTHY,)), Act((APP_STARTS,)))
    assert play.up().pending == []
    assert len(play.asked) == 2


def test_a_refusal_is_told_in_composes_words(stack: Stack) -> None:
    play = Play(stack, Act((STARTS,), exit_code=1, said="Error: no such image: store"))
    with pytest.raises(StartFailed, match="no such image: store"):
        play.up()
    assert play.ended == 1


def test_a_failed_service_ends_compose(stack: Stack) -> None:
    play = Play(stack, Act((event("store", "die", 3), event("store", "die", 3)), exit_code=None))
    with pytest.raises(StartFailed, match="store crashed at start, 2 times"):
        play.up()
    assert play.ended == 1


def test_the_deadline_ends_compose(stack: Stack) -> None:
    play = Play(stack, Act((STARTS, UNHEALTHY), exit_code=None))
    with pytest.raises(TimedOut, match="store is not healthy after 0 s"):
        play.up(timeout_s=0.2)
    assert play.ended == 1


def test_an_engine_that_goes_away_ends_compose(stack: Stack) -> None:
    play = Play(stack, Act((STARTS,), exit_code=None, after=(None,)))
    with pytest.raises(EngineGone, match="its events have ended"):
        play.up()
    assert play.ended == 1
