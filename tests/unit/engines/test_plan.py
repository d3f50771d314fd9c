"""What `up` and `down` decide to do."""

from pathlib import Path

import pytest

from paystack_cli.engines.base import Action, Observed, State
from paystack_cli.engines.plan import bereaved, plan_down, plan_restart, plan_up, restartable
from paystack_cli.errors import UsageError
from paystack_cli.stack.model import Stack
from paystack_cli.stack.selection import Asked, select
from tests.support.compose_project import make_project, stack_of

COMPOSE = """
services:
  store: {command: [store]}
  init: {command: [init], depends_on: {store: {condition: service_healthy}}}
  app: {command: [app], depends_on: {init: {condition: service_completed_successfully}}}
"""
IDLE, UP, DONE = State.NOT_STARTED, State.RUNNING, State.COMPLETED
START, KEEP, AGAIN, RUN = (
    Action.STARTED,
    Action.UNCHANGED,
    Action.RESTARTED,
    Action.COMPLETED,
)


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """app waits for the one-shot init, which waits for store."""
    return stack_of(make_project(tmp_path, COMPOSE))


@pytest.mark.parametrize(
    ("states", "changed", "expected"),
    [
        ((IDLE, IDLE, IDLE), "", (START, RUN, START)),
        ((UP, DONE, UP), "", (KEEP, KEEP, KEEP)),
        ((UP, DONE, State.RESTARTING), "", (KEEP, KEEP, KEEP)),
        ((UP, DONE, State.STOPPED), "", (KEEP, RUN, START)),
        ((State.FAILED, DONE, UP), "", (START, RUN, KEEP)),
        ((UP, State.FAILED, IDLE), "", (KEEP, RUN, START)),
        ((UP, DONE, UP), "app", (KEEP, RUN, AGAIN)),
        ((UP, DONE, UP), "store", (AGAIN, RUN, KEEP)),
        ((UP, DONE, UP), "init", (KEEP, RUN, KEEP)),
    ],
)
def test_up(
    stack: Stack, states: tuple[State, ...], changed: str, expected: tuple[Action, ...]
) -> None:
    observed = {
        name: Observed(state, "it changed" if name == changed else "")
        for name, state in zip(("store", "init", "app"), states, strict=True)
    }
    steps = plan_up(stack, select(stack), observed, recreate=False)
    assert tuple(step.action for step in steps) == expected


def test_recreate_restarts_what_is_selected(stack: Stack) -> None:
    steps = plan_up(
        stack, select(stack, Asked(only=("store",))), {"store": Observed(UP)}, recreate=True
    )
    assert [(step.service, step.action, step.after) for step in steps] == [("store", AGAIN, ())]


def test_a_step_waits_for_selected_needs_only(stack: Stack) -> None:
    observed = dict.fromkeys(stack.services, Observed(IDLE))
    steps = plan_up(stack, select(stack, Asked(only=("store", "app"))), observed, recreate=False)
    assert {step.service: step.after for step in steps} == {"store": (), "app": ()}


def test_a_restart_says_why(stack: Stack) -> None:
    changed = {"app": Observed(UP, "its image changed")}
    (step,) = plan_up(stack, select(stack, Asked(only=("app",))), changed, recreate=False)
    assert step.reason == "its image changed"


@pytest.mark.parametrize(
    ("observed", "reason"),
    [
        ({"app": Observed(IDLE)}, "app starts after it"),
        ({"store": Observed(IDLE)}, "store starts before it"),
        ({"init": Observed(DONE, "its image changed")}, "its image changed"),
        ({"init": Observed(DONE, build="there is no image yet")}, "its image is to be built"),
        ({"init": Observed(State.FAILED)}, ""),
    ],
)
def test_a_one_shot_that_runs_again_says_why(
    stack: Stack, observed: dict[str, Observed], reason: str
) -> None:
    well = {"store": Observed(UP), "init": Observed(DONE), "app": Observed(UP)}
    steps = plan_up(stack, select(stack), {**well, **observed}, recreate=False)
    (step,) = (step for step in steps if step.service == "init")
    assert (step.action, step.reason) == (RUN, reason)


def test_an_image_that_is_to_be_built_restarts_what_runs(stack: Stack) -> None:
    observed = {"app": Observed(UP, build="there is no image yet")}
    (step,) = plan_up(stack, select(stack, Asked(only=("app",))), observed, recreate=False)
    assert (step.action, step.reason) == (AGAIN, "its image is to be built")
    assert (step.found, step.build) == (UP, "there is no image yet")


def test_down_stops_what_depends_first_and_only_what_runs(stack: Stack) -> None:
    steps = plan_down(stack, ("store", "init", "app"), {"store": UP, "init": DONE, "app": UP})
    assert [(step.service, step.action, step.after) for step in steps] == [
        ("app", Action.STOPPED, ()),
        ("init", KEEP, ("app",)),
        ("store", Action.STOPPED, ("init",)),
    ]


def test_restart_is_in_start_order_and_starts_what_has_stopped(stack: Stack) -> None:
    found = {"store": UP, "init": DONE, "app": State.FAILED}
    steps = plan_restart(stack, ("store", "init", "app"), found)
    assert [(step.service, step.action, step.after) for step in steps] == [
        ("store", AGAIN, ()),
        ("init", RUN, ("store",)),
        ("app", START, ("init",)),
    ]


def test_what_was_never_started_cannot_be_restarted(stack: Stack) -> None:
    with pytest.raises(UsageError, match="app is not started") as error:
        plan_restart(stack, ("store", "app"), {"store": UP, "app": IDLE})
    assert error.value.hint == "paystack up app"


def test_a_restart_of_all_means_what_runs_or_should(stack: Stack) -> None:
    found = {"store": UP, "init": DONE, "app": State.FAILED}
    assert restartable(stack, ("store", "init", "app"), found) == ("store", "app")
    with pytest.raises(UsageError, match="nothing runs"):
        restartable(stack, ("store", "init", "app"), {**found, "store": IDLE, "app": IDLE})


def test_who_runs_on_without_what_it_needs(stack: Stack) -> None:
    found = {"store": UP, "init": DONE, "app": UP}
    assert bereaved(stack, ("store",), found) == {"app": ("store",)}
    assert bereaved(stack, ("store", "app"), found) == {}
    assert bereaved(stack, ("init",), found) == {}, "what a one-shot has done stays done"
    assert bereaved(stack, ("store",), {**found, "app": IDLE}) == {}
