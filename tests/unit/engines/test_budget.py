"""How long `up` may take, and who has taken longer."""

import pytest

from paystack_cli.engines.base import Action, ServiceTiming, UpReport
from paystack_cli.engines.budget import Budget, Excess, read_budget
from paystack_cli.engines.critical_path import CriticalPath, Link
from paystack_cli.errors import UsageError
from paystack_cli.stack.model import Stack
from tests.support.compose_project import make_project, stack_of

COMPOSE = """
x-paystack: {groups: {both: [store, app]}}
services:
  store: {command: [x]}
  app: {command: [x], depends_on: [store]}
"""
PATH = CriticalPath(0.0, (Link("store", 4.0), Link("app", 1.0)))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Two services, and a group of both."""
    return stack_of(make_project(tmp_path_factory.mktemp("budget"), COMPOSE))


def report(**ready_s: float) -> UpReport:
    timings = (
        ServiceTiming(name, Action.STARTED, "", 0, 0, took_s, took_s)
        for name, took_s in ready_s.items()
    )
    return UpReport(tuple(timings), 5.0)


@pytest.mark.parametrize(
    ("texts", "budget"),
    [
        ([], Budget()),
        (["20"], Budget(20.0)),
        (["store=8", "0.5"], Budget(0.5, {"store": 8.0})),
        (["store=8", "store=9"], Budget(None, {"store": 9.0})),
        (["both=2", "app=3"], Budget(None, {"store": 2.0, "app": 3.0})),
    ],
)
def test_what_the_option_says(stack: Stack, texts: list[str], budget: Budget) -> None:
    assert read_budget(texts, stack) == budget


@pytest.mark.parametrize("text", ["", "x", "store=", "store=x", "0", "-1", "nan", "inf", "=3"])
def test_what_is_no_time_is_refused(stack: Stack, text: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_budget([text], stack)
    assert refused.value.hint


def test_an_unknown_service_gets_the_nearest(stack: Stack) -> None:
    with pytest.raises(UsageError) as refused:
        read_budget(["stroe=3"], stack)
    assert "store" in refused.value.hint


def test_who_has_taken_longer_and_whether_it_mattered() -> None:
    budget = Budget(4.5, {"store": 3.0, "app": 3.0, "aside": 1.0})
    assert budget.exceeded(report(store=4.0, app=1.0, aside=2.0), PATH) == (
        Excess("up took 5.0 s, its budget is 4.5 s: store -> app", "store"),
        Excess("store took 4.0 s, its budget is 3 s, on the critical path store -> app", "store"),
        Excess("aside took 2.0 s, its budget is 1 s, not on the critical path", "aside"),
    )


def test_what_keeps_its_budget_or_ran_already_is_not_named() -> None:
    ran = UpReport((ServiceTiming("store", Action.UNCHANGED, "", 0, 0, 9.0, 9.0),), 1.0)
    assert Budget(2.0, {"store": 3.0}).exceeded(ran, CriticalPath()) == ()
