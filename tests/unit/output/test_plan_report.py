"""What a plan says of each service."""

import json

import pytest

from paystack_cli.engines.base import Action, State
from paystack_cli.engines.plan import Step
from paystack_cli.output.plan_report import document, report_plan, why
from tests.support.documents import keeps_schema

IDLE = State.NOT_STARTED
RUNS = State.RUNNING


def step(action: Action, found: State, reason: str = "", build: str = "") -> Step:
    return Step("app", action, reason, (), found, build)


@pytest.mark.parametrize(
    ("planned", "reason", "plan"),
    [
        (step(Action.STARTED, IDLE), "it is not started", "start"),
        (step(Action.STARTED, IDLE, build="no image"), "no image", "build, start"),
        (step(Action.RESTARTED, RUNS, "it changed"), "it changed", "restart"),
        (step(Action.RESTARTED, RUNS, "a", "b"), "b; a", "build, restart"),
        (step(Action.UNCHANGED, RUNS), "it is running and has not changed", "leave alone"),
        (step(Action.UNCHANGED, RUNS, build="no image"), "no image", "build"),
        (step(Action.UNCHANGED, IDLE), "it is not started", "leave alone"),
        (step(Action.STOPPED, RUNS), "it is running", "stop"),
    ],
)
def test_each_step_says_what_and_why(
    planned: Step, reason: str, plan: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert why(planned) == reason
    report_plan("up", [planned], engine="local", as_json=False)
    row = capsys.readouterr().out.splitlines()[1]
    assert [cell.strip() for cell in row.split("  ") if cell] == [
        "app",
        planned.found,
        plan,
        reason,
    ]
    told = document("up", [planned], "local", ())
    keeps_schema("plan", json.loads(json.dumps(told)))


def test_data_that_would_be_deleted_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    steps = [step(Action.STOPPED, RUNS)]
    report_plan("down", steps, engine="local", as_json=False, removed_volumes=["store-data"])
    assert "the data in store-data would be removed for good" in capsys.readouterr().out
