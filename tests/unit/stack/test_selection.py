"""Which services a command means."""

from pathlib import Path

import pytest

from paystack_cli.errors import ExitCode, UsageError
from paystack_cli.stack.model import Stack
from paystack_cli.stack.selection import Asked, in_order, select, select_exactly, start_order
from tests.support.compose_project import make_project, stack_of

COMPOSE = """
x-paystack:
  groups: {data: [store, init], front: [door], later: []}
services:
  door: {command: [door], depends_on: [app]}
  app: {command: [app], depends_on: {init: {condition: service_completed_successfully}}}
  init: {command: [init], depends_on: [store]}
  store: {command: [store]}
  alone: {command: [alone]}
"""
ALL = ["store", "init", "app", "door", "alone"]


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """door -> app -> init -> store, and alone."""
    return stack_of(make_project(tmp_path, COMPOSE))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Asked(), ALL),
        (Asked(names=("init",)), ["store", "init"]),
        (Asked(names=("door",)), ["store", "init", "app", "door"]),
        (Asked(names=("data",)), ["store", "init"]),
        (Asked(groups=("front",)), ["store", "init", "app", "door"]),
        (Asked(names=("alone",), groups=("data",)), ["store", "init", "alone"]),
        (Asked(only=("app",)), ["app"]),
        (Asked(only=("app,store",)), ["store", "app"]),
        (Asked(only=("app", "store")), ["store", "app"]),
        (Asked(only=("front",)), ["door"]),
        (Asked(exclude=("alone",)), ["store", "init", "app", "door"]),
        (Asked(exclude=("door,alone",)), ["store", "init", "app"]),
        (Asked(names=("app",), exclude=("door",)), ["store", "init", "app"]),
    ],
)
def test_what_starts_takes_its_needs_along(stack: Stack, asked: Asked, expected: list[str]) -> None:
    assert list(select(stack, asked).services) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Asked(groups=("front",)), ["door"]),
        (Asked(exclude=("store",)), ["init", "app", "door", "alone"]),
        (Asked(names=("door",), exclude=("init",)), ["door"]),
    ],
)
def test_without_needs(stack: Stack, asked: Asked, expected: list[str]) -> None:
    assert list(select(stack, asked, no_deps=True).services) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Asked(), ALL),
        (Asked(names=("door",)), ["door"]),
        (Asked(only=("door",)), ["door"]),
        (Asked(groups=("data",)), ["store", "init"]),
        (Asked(names=("app",), groups=("front",)), ["app", "door"]),
        (Asked(exclude=("store",)), ["init", "app", "door", "alone"]),
        (Asked(groups=("data",), exclude=("store",)), ["init"]),
    ],
)
def test_every_other_command_means_what_is_named(
    stack: Stack, asked: Asked, expected: list[str]
) -> None:
    assert list(select_exactly(stack, asked).services) == expected


def test_what_is_excluded_is_part_of_the_answer(stack: Stack) -> None:
    assert select(stack, Asked(exclude=("alone", "front"))).excluded == {"alone", "door"}


@pytest.mark.parametrize(
    ("asked", "complaint", "hint"),
    [
        (Asked(names=("stroe",)), "no service or group 'stroe'", "did you mean store"),
        (Asked(only=("dor",)), "no service or group 'dor'", "did you mean door"),
        (Asked(exclude=("xyz",)), "no service or group 'xyz'", "one of: door, app, init"),
        (Asked(groups=("store",)), "no group 'store'", "one of: data, front"),
        (Asked(groups=("dat",)), "no group 'dat'", "did you mean data"),
        (Asked(groups=("later",)), "group later has no services", "one of: data, front"),
        (Asked(exclude=("later",)), "group later has no services", "data"),
        (Asked(names=("app",), only=("store",)), "contradict", "--only"),
        (Asked(groups=("front",), only=("store",)), "contradict", "--only"),
        (Asked(exclude=("store",)), "init -> store|app -> init -> store", "init"),
        (Asked(names=("door",), exclude=("init",)), "door -> app -> init", "door,app"),
        (Asked(groups=("front",), exclude=("init",)), "door -> app -> init", "door,app"),
        (Asked(only=("app",), exclude=("app",)), "excluded", "less"),
    ],
)
def test_refuses(stack: Stack, asked: Asked, complaint: str, hint: str) -> None:
    with pytest.raises(UsageError, match=complaint) as error:
        select(stack, asked)
    assert hint in error.value.hint
    assert error.value.exit_code is ExitCode.USAGE


def test_a_circle_of_dependencies_is_named(tmp_path: Path) -> None:
    circle = "services:\n  a: {command: [a], depends_on: [b]}\n  b: {depends_on: [a]}\n"
    with pytest.raises(UsageError, match="a -> b -> a"):
        start_order(stack_of(make_project(tmp_path, circle)))


PROFILES = """
x-paystack:
  groups: {edge: [door, tunnel], tools: [tunnel, client]}
services:
  door: {command: [x]}
  tunnel: {command: [x], profiles: [protected], depends_on: [door]}
  client: {command: [x], profiles: [tooling]}
"""


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Asked(), ["door"]),
        (Asked(names=("edge",)), ["door"]),
        (Asked(groups=("edge",)), ["door"]),
        (Asked(names=("tunnel",)), ["door", "tunnel"]),
        (Asked(only=("tunnel",)), ["tunnel"]),
        (Asked(only=("tools",)), ["tunnel", "client"]),
        (Asked(exclude=("client",)), ["door"]),
    ],
)
def test_a_service_with_a_profile_is_meant_only_by_its_name(
    tmp_path: Path, asked: Asked, expected: list[str]
) -> None:
    stack = stack_of(make_project(tmp_path, PROFILES))
    assert list(select(stack, asked).services) == expected
    assert in_order(stack) == ("door",)
