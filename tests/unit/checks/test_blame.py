"""One root cause, and its symptoms named for it."""

from dataclasses import replace
from typing import Any, cast

import pytest

from paystack_cli.checks.blame import blame_needs, blame_services
from paystack_cli.checks.model import Check, CheckResult, Evidence, Outcome
from paystack_cli.checks.runner import Step
from paystack_cli.engines.base import Engine, Health, ServiceStatus, State
from paystack_cli.stack.model import Stack
from tests.support.compose_project import make_project, stack_of

COMPOSE = """
services:
  store: {command: [x], restart: always}
  init: {command: [x], depends_on: [store]}
  app:
    command: [x]
    restart: always
    depends_on: {init: {condition: service_completed_successfully}}
  door: {command: [x], restart: always, depends_on: [app]}
  aside: {command: [x], restart: always}
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """door -> app -> init (a one-shot) -> store; aside needs nobody."""
    return stack_of(make_project(tmp_path_factory.mktemp("blame"), COMPOSE))


def status(name: str, state: State, health: Health = Health.NONE) -> ServiceStatus:
    return ServiceStatus(name, "", state, health, "", False, None, None, None, 0, (), None)


def failed(name: str, outcome: Outcome = Outcome.FAILED) -> CheckResult:
    return CheckResult(name, outcome, "…", hint=f"paystack logs {name}", details=("log: …",))


def passed(name: str) -> CheckResult:
    return CheckResult(name, Outcome.PASSED, "…")


ALL_RUN = [
    *(status(name, State.RUNNING) for name in ("store", "app", "door", "aside")),
    status("init", State.NOT_STARTED),
]


def test_the_deepest_failed_need_is_the_cause_of_the_others(stack: Stack) -> None:
    results = [failed("store"), failed("app", Outcome.TIMED_OUT), failed("door"), failed("aside")]
    blamed = {one.name: one for one in blame_needs(stack, results, ALL_RUN)}
    assert {name: one.cause for name, one in blamed.items()} == {
        "store": None,
        "app": "store",
        "door": "store",
        "aside": None,
    }
    assert blamed["door"].hint == "paystack logs store"
    assert (blamed["door"].details, blamed["store"].details) == ((), ("log: …",))


def test_what_nothing_could_have_mended_is_its_own_cause(stack: Stack) -> None:
    _, app = blame_needs(stack, [failed("store"), replace(failed("app"), hopeless=True)], ALL_RUN)
    assert app.cause is None


def test_a_need_that_was_not_checked_counts_by_its_state(stack: Stack) -> None:
    statuses = [status("store", State.STOPPED), *ALL_RUN[1:]]
    (door,) = blame_needs(stack, [failed("door")], statuses)
    assert (door.cause, door.hint) == ("store", "paystack up store")


def test_what_passed_its_check_is_well_whatever_its_probe_said(stack: Stack) -> None:
    statuses = [status("store", State.RUNNING, Health.UNHEALTHY), *ALL_RUN[1:]]
    _, app = blame_needs(stack, [passed("store"), failed("app")], statuses)
    assert app.cause is None


@pytest.mark.parametrize(("state", "cause"), [(State.NOT_STARTED, None), (State.FAILED, "init")])
def test_a_one_shot_is_a_cause_only_when_it_failed(
    stack: Stack, state: State, cause: str | None
) -> None:
    statuses = [*ALL_RUN[:-1], status("init", state)]
    (app,) = blame_needs(stack, [failed("app")], statuses)
    assert app.cause == cause


class Statuses:
    """The part of an engine that a journey asks."""

    def __init__(self, *statuses: ServiceStatus) -> None:
        self._statuses = statuses

    def ps(self) -> list[ServiceStatus]:
        return list(self._statuses)


def nothing(_timeout_s: float) -> Evidence:
    raise NotImplementedError


def test_a_step_that_failed_names_the_service_that_it_takes(stack: Stack) -> None:
    takes = {"authorize": ("door",), "captured": ("door", "aside")}
    steps = [Step(Check(name, nothing, ""), takes=services) for name, services in takes.items()]
    engine: Any = Statuses(*ALL_RUN[:3], status("aside", State.RESTARTING))
    results = blame_services(
        stack, steps, [passed("authorize"), failed("captured")], cast(Engine, engine)
    )
    assert [result.cause for result in results] == [None, "aside"]
    assert results[1].hint == "paystack health aside"


def test_a_journey_that_succeeded_asks_nobody(stack: Stack) -> None:
    steps = [Step(Check("authorize", nothing, ""), takes=("door",))]
    nobody = cast(Engine, object())
    assert blame_services(stack, steps, [passed("authorize")], nobody) == [passed("authorize")]
