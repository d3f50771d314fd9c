"""What is ready, what may recover and what has failed, by what happens to the containers."""

from pathlib import Path

import pytest

from paystack_cli.engines.base import Action, State
from paystack_cli.engines.compose.watch import SETTLED_AFTER_S, Watch
from paystack_cli.engines.plan import Observed, plan_up
from paystack_cli.stack.model import Stack
from paystack_cli.stack.selection import select
from tests.support.compose_project import make_project, stack_of
from tests.support.fake_docker import container, event
from tests.support.told import Told

COMPOSE = """
services:
  store:
    {command: [x], restart: always, healthcheck: {test: [CMD, y]}}
  init: {command: [x], depends_on: {store: {condition: service_healthy}}}
  app:
    command: [x]
    restart: always
    depends_on: {init: {condition: service_completed_successfully}}
"""
BACK = container("store", "restarting")
GONE = container("store", "exited")


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """app, which has no probe, waits for the one-shot init, which waits for store."""
    return stack_of(make_project(tmp_path, COMPOSE))


@pytest.fixture
def told() -> Told:
    """What the watch tells."""
    return Told()


@pytest.fixture
def watch(stack: Stack, told: Told) -> Watch:
    """Nothing is there yet."""
    observed = dict.fromkeys(stack.services, Observed(State.NOT_STARTED))
    steps = plan_up(stack, select(stack), observed, recreate=False)
    return Watch(stack.services, steps, told)


def test_each_becomes_ready_in_its_own_way(watch: Watch, told: Told) -> None:
    watch.tell_plan()
    pending = [watch.pending]
    for number, happened in enumerate(
        [
            event("store", "start"),
            event("store", "health_status: healthy"),
            event("init", "start"),
            event("init", "die", 0),
            event("app", "start"),
        ]
    ):
        watch.hear(happened, None, float(number))
        pending.append(watch.pending)
    watch.settle(4.0 + SETTLED_AFTER_S)
    pending.append(watch.pending)
    assert pending == [
        ["store", "init", "app"],
        ["store", "init", "app"],
        ["init", "app"],
        ["init", "app"],
        ["app"],
        ["app"],
        [],
    ]
    assert watch.times("store") == (0.0, 1.0)
    assert watch.failure is None
    assert [phase for name, phase, _ in told.phases if name == "init"] == [
        "waiting",
        "starting",
        "done",
    ]


def test_the_second_end_is_a_crash_loop(watch: Watch) -> None:
    watch.hear(event("store", "die", 3), BACK, 0)
    assert (watch.failure, watch.troubled) == (None, ["store"])
    watch.hear(event("store", "die", 3), BACK, 1)
    assert watch.failure is not None
    assert watch.failure.failed.what == "crashed at start, 2 times, at last exit status 3"


def test_what_is_not_started_again_has_failed_at_once(watch: Watch) -> None:
    watch.hear(event("store", "die", 137), GONE, 0)
    assert watch.failure is not None
    assert watch.failure.failed.what == "ended at start, terminated by SIGKILL"


def test_a_one_shot_fails_with_its_exit_code(watch: Watch) -> None:
    watch.hear(event("init", "die", 7), container("init", "exited"), 0)
    assert watch.failure is not None
    assert watch.failure.failed.what == "failed, exit status 7"


def test_want_of_memory_is_told_and_remembered(watch: Watch) -> None:
    watch.hear(event("store", "oom"), None, 0)
    watch.hear(event("store", "die", 137), container("store", "exited"), 1)
    assert watch.failure is not None
    assert "want of memory (OOM)" in watch.failure.failed.what
    assert watch.ends("store").out_of_memory


def test_unhealthy_is_bad_news_and_no_end(watch: Watch, told: Told) -> None:
    watch.hear(event("store", "start"), None, 0)
    watch.hear(
        event("store", "health_status: unhealthy"), container("store", last_probe="no ledger"), 1
    )
    assert (watch.failure, watch.troubled) == (None, ["store"])
    assert told.phases[-1] == ("store", "unhealthy", "no ledger")
    watch.hear(event("store", "health_status: healthy"), None, 2)
    assert (watch.troubled, watch.pending) == ([], ["init", "app"])


def test_a_hitch_on_the_way_is_remembered(watch: Watch) -> None:
    watch.hear(event("store", "start"), None, 0)
    watch.hear(event("store", "health_status: unhealthy"), None, 1)
    watch.hear(event("store", "die", 1), BACK, 2)
    watch.hear(event("store", "start"), None, 3)
    watch.hear(event("store", "health_status: healthy"), None, 4)
    watch.hear(event("init", "start"), None, 5)
    watch.hear(event("init", "die", 0), container("init", "exited"), 6)
    assert watch.failure is None
    assert watch.hitch("store") == "ended once, unhealthy at first"
    assert watch.hitch("init") == ""


def test_what_was_ready_and_dies_is_waited_for_again(watch: Watch) -> None:
    watch.hear(event("app", "start"), None, 0)
    watch.settle(SETTLED_AFTER_S)
    assert "app" not in watch.pending
    watch.hear(event("app", "die", 1), container("app", "restarting"), 2)
    assert "app" in watch.pending
    watch.hear(event("app", "start"), None, 3)
    watch.settle(3 + SETTLED_AFTER_S)
    assert "app" not in watch.pending


@pytest.mark.parametrize("action", ["stop", "destroy"])
def test_a_service_that_somebody_else_stops(watch: Watch, action: str) -> None:
    watch.hear(event("store", action), None, 0)
    assert watch.failure is not None
    assert "stopped from outside" in watch.failure.failed.what


def test_one_off_containers_and_those_not_chosen_are_none_of_it(watch: Watch) -> None:
    import dataclasses

    watch.hear(dataclasses.replace(event("store", "die", 1), one_off=True), None, 0)
    watch.hear(event("client", "die", 1), None, 0)
    watch.adopt(container("client"), 0)
    assert (watch.failure, watch.troubled) == (None, [])


@pytest.mark.parametrize(
    ("found", "ready", "troubled"),
    [
        (container("store", health="healthy"), True, False),
        (container("store", health="starting"), False, False),
        (container("store", health="unhealthy"), False, True),
        (container("store", "restarting", health="healthy"), False, True),
        (container("store", "exited", health="healthy"), False, False),
        (container("app"), True, False),
        (container("init", "exited"), False, False),
    ],
)
def test_what_is_there_already(watch: Watch, found: object, ready: bool, troubled: bool) -> None:
    watch.adopt(found, 0)  # type: ignore[arg-type]
    name = found.service  # type: ignore[attr-defined]
    assert (name not in watch.pending, name in watch.troubled) == (ready, troubled)


def test_a_one_shot_that_need_not_run_is_done(stack: Stack, told: Told) -> None:
    observed = {
        "store": Observed(State.RUNNING),
        "init": Observed(State.COMPLETED),
        "app": Observed(State.RUNNING),
    }
    steps = plan_up(stack, select(stack), observed, recreate=False)
    assert {step.action for step in steps} == {Action.UNCHANGED}
    watch = Watch(stack.services, steps, told)
    watch.adopt(container("init", "exited"), 0)
    assert watch.pending == ["store", "app"]


def test_the_record_of_what_was_made_from_what(stack: Stack, watch: Watch) -> None:
    watch.hear(event("store", "start"), None, 0)
    watch.adopt(container("app"), 0)
    assert watch.made == {
        "id-store": stack.services["store"].digest,
        "id-app": stack.services["app"].digest,
    }


def test_a_service_without_a_probe_that_ends_at_once_was_never_ready(watch: Watch) -> None:
    watch.hear(event("app", "start"), None, 0.0)
    watch.hear(event("app", "die", 2), container("app", "exited"), SETTLED_AFTER_S / 2)
    watch.settle(SETTLED_AFTER_S)
    assert "app" in watch.pending
    assert watch.settles_at is None
    assert watch.failure is not None
    assert "exit status 2" in watch.failure.failed.what
