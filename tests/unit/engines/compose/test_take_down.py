"""What `down` and `up` remove, and what they never touch."""

from pathlib import Path
from typing import Any

import pytest

from paystack_cli.engines.base import Observed, State
from paystack_cli.engines.compose.container import Container
from paystack_cli.engines.compose.take_down import halt, obstacles, sort_out, take_down
from paystack_cli.engines.plan import plan_up
from paystack_cli.stack.model import Stack
from paystack_cli.stack.selection import Asked, in_order, select
from tests.support.compose_project import make_project, stack_of
from tests.support.fake_docker import AT, FakeDaemon, container
from tests.support.told import Told

COMPOSE = """
name: pay
services:
  store: {command: [x], container_name: pay-store}
  app: {command: [x], depends_on: [store]}
  client: {command: [x], profiles: [tooling]}
  guard: {command: [x], profiles: [protected]}
"""


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """app needs store; a tool; a protected service."""
    return stack_of(make_project(tmp_path, COMPOSE))


def _ids(containers: tuple[Container, ...]) -> list[str]:
    return [one.id for one in containers]


THERE = [
    *(container(service) for service in ("store", "app", "client", "guard", "renamed")),
    container("gone-guard", protected=True),
    container("client", id="left-behind", one_off=True),
    container("guard", id="guards-own", one_off=True),
]


def test_everything_is_neither_tools_nor_what_is_protected(stack: Stack) -> None:
    remains = sort_out(stack, THERE, in_order(stack), everything=True)
    assert _ids(remains.of_services) == ["id-store", "id-app"]
    assert _ids(remains.strays) == ["id-renamed", "left-behind"]
    assert _ids(remains.left) == ["id-client", "id-guard", "id-gone-guard", "guards-own"]


def test_what_is_named_and_nothing_else(stack: Stack) -> None:
    remains = sort_out(stack, THERE, ("guard",), everything=False)
    assert _ids(remains.of_services) == ["id-guard"]
    assert remains.strays == ()


def test_who_needs_others_is_stopped_first_and_only_what_runs(stack: Stack) -> None:
    daemon: Any = FakeDaemon()
    there = [container("store"), container("app"), container("old", "exited")]
    remains = sort_out(stack, there, in_order(stack), everything=True)
    told = Told()
    assert take_down(stack, daemon, remains, told) == ("app", "store")
    assert daemon.done == [
        ("remove", "id-old"),
        *(("stop", "id-app"), ("remove", "id-app")),
        *(("stop", "id-store"), ("remove", "id-store")),
    ]
    assert told.notes == ["removing pay-old, which belongs to no service of the stack"]


def test_what_is_halted_stays_and_who_needs_others_comes_first(stack: Stack) -> None:
    daemon: Any = FakeDaemon()
    there = [container("store"), container("app"), container("guard", "exited")]
    assert halt(stack, daemon, there, Told()) == ("app", "store")
    assert daemon.done == [("stop", "id-app"), ("stop", "id-store")]


def test_what_goes_on_running_is_named(stack: Stack) -> None:
    daemon: Any = FakeDaemon()
    told = Told()
    there = [container("guard"), container("client", "exited")]
    take_down(stack, daemon, sort_out(stack, there, in_order(stack), everything=True), told)
    assert told.notes == ["left running, for it was not named: guard"]
    assert daemon.done == []


@pytest.mark.parametrize(
    ("there", "change", "removed"),
    [
        ([container("store")], "", []),
        ([container("store")], "its image changed", ["id-store"]),
        ([container("store", "exited")], "", []),
        ([container("store", "exited")], "its image changed", ["id-store"]),
        ([container("store", "created")], "", ["id-store"]),
        ([container("store", "dead")], "", ["id-store"]),
        ([container("store", name="0123_pay-store")], "", ["id-store"]),
        ([container("store"), container("store", "created", id="second")], "", ["second"]),
        ([container("store"), container("store", id="run", one_off=True)], "", []),
        ([container("store"), container("app"), container("guard")], "", []),
    ],
)
def test_what_is_in_the_way_of_up(
    stack: Stack, there: list[Container], change: str, removed: list[str]
) -> None:
    state = State.RUNNING if there[0].status == "running" else State.STOPPED
    steps = plan_up(
        stack,
        select(stack, Asked(only=("store",))),
        {"store": Observed(state, change)},
        recreate=False,
    )
    changes = {"store": change} if change else {}
    assert _ids(obstacles(stack, steps, changes, there).of_services) == removed


def test_a_one_shot_that_runs_again_is_made_anew(tmp_path: Path) -> None:
    compose = """
services:
  init: {command: [x]}
  app: {command: [x], depends_on: {init: {condition: service_completed_successfully}}}
"""
    stack = stack_of(make_project(tmp_path / "one", compose))
    observed = {"init": Observed(State.COMPLETED), "app": Observed(State.STOPPED)}
    steps = plan_up(stack, select(stack), observed, recreate=False)
    done = container("init", "exited", finished_at=AT)
    assert _ids(obstacles(stack, steps, {}, [done]).of_services) == ["id-init"]
