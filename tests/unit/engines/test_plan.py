"""What `up` and `down` decide to do."""

from pathlib import Path

import pytest

from paystack_cli.engines.base import Action, State
from paystack_cli.engines.plan import Observed, plan_down, plan_up
from paystack_cli.stack.model import Stack
from paystack_cli.stack.selection import select
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
    steps = plan_up(stack, select(stack, only=["store"]), {"store": Observed(UP)}, recreate=True)
    assert [(step.service, step.action, step.after) for step in steps] == [("store", AGAIN, ())]


def test_a_step_waits_for_selected_needs_only(stack: Stack) -> None:
    observed = dict.fromkeys(stack.services, Observed(IDLE))
    steps = plan_up(stack, select(stack, only=["store", "app"]), observed, recreate=False)
    assert {step.service: step.after for step in steps} == {"store": (), "app": ()}


def test_a_restart_says_why(stack: Stack) -> None:
    changed = {"app": Observed(UP, "its image changed")}
    (step,) = plan_up(stack, select(stack, only=["app"]), changed, recreate=False)
    assert step.reason == "its image changed"


def test_down_stops_what_depends_first(stack: Stack) -> None:
    steps = plan_down(stack, ("store", "init", "app"))
    assert [(step.service, step.after) for step in steps] == [
        ("app", ()),
        ("init", ("app",)),
        ("store", ("init",)),
    ]
