"""Which services `up` means."""

from pathlib import Path

import pytest

from paystack_cli.errors import ExitCode, UsageError
from paystack_cli.stack.model import Stack
from paystack_cli.stack.selection import in_order, select, start_order
from tests.support.compose_project import make_project, stack_of

COMPOSE = """
x-paystack:
  groups: {data: [store, init], front: [door]}
services:
  door: {command: [door], depends_on: [app]}
  app: {command: [app], depends_on: {init: {condition: service_completed_successfully}}}
  init: {command: [init], depends_on: [store]}
  store: {command: [store]}
  alone: {command: [alone]}
"""


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """door -> app -> init -> store, and alone."""
    return stack_of(make_project(tmp_path, COMPOSE))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, ["store", "init", "app", "door", "alone"]),
        ({"names": ["init"]}, ["store", "init"]),
        ({"names": ["door"]}, ["store", "init", "app", "door"]),
        ({"names": ["data"]}, ["store", "init"]),
        ({"names": ["front"], "no_deps": True}, ["door"]),
        ({"only": ["app"]}, ["app"]),
        ({"only": ["app,store"]}, ["store", "app"]),
        ({"only": ["app", "store"]}, ["store", "app"]),
        ({"exclude": ["alone"]}, ["store", "init", "app", "door"]),
        ({"exclude": ["door,alone"]}, ["store", "init", "app"]),
        ({"exclude": ["store"], "no_deps": True}, ["init", "app", "door", "alone"]),
        ({"names": ["app"], "exclude": ["door"]}, ["store", "init", "app"]),
    ],
)
def test_select(stack: Stack, arguments: dict[str, object], expected: list[str]) -> None:
    assert list(select(stack, **arguments).services) == expected  # type: ignore[arg-type]


def test_what_is_excluded_is_part_of_the_answer(stack: Stack) -> None:
    assert select(stack, exclude=["alone", "front"]).excluded == {"alone", "door"}


@pytest.mark.parametrize(
    ("arguments", "complaint", "hint"),
    [
        ({"names": ["stroe"]}, "no service or group 'stroe'", "did you mean store"),
        ({"exclude": ["xyz"]}, "no service or group 'xyz'", "one of: door, app, init"),
        ({"names": ["app"], "only": ["store"]}, "contradict", "--only"),
        ({"exclude": ["store"]}, "init -> store|app -> init -> store", "init"),
        ({"names": ["door"], "exclude": ["init"]}, "door -> app -> init", "door,app"),
        ({"only": ["app"], "exclude": ["app"]}, "excluded", "paystack"),
    ],
)
def test_refuses(stack: Stack, arguments: dict[str, object], complaint: str, hint: str) -> None:
    with pytest.raises(UsageError, match=complaint) as error:
        select(stack, **arguments)  # type: ignore[arg-type]
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
    ("arguments", "expected"),
    [
        ({}, ["door"]),
        ({"names": ["edge"]}, ["door"]),
        ({"names": ["tunnel"]}, ["door", "tunnel"]),
        ({"only": ["tunnel"]}, ["tunnel"]),
        ({"only": ["tools"]}, ["tunnel", "client"]),
        ({"exclude": ["client"]}, ["door"]),
    ],
)
def test_a_service_with_a_profile_is_meant_only_by_its_name(
    tmp_path: Path, arguments: dict[str, list[str]], expected: list[str]
) -> None:
    stack = stack_of(make_project(tmp_path, PROFILES))
    assert list(select(stack, **arguments).services) == expected
    assert in_order(stack) == ("door",)
