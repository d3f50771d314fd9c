"""The runner of stages: what it tells, keeps, limits and leaves out."""

import time
from pathlib import Path

import pytest

from paystack_cli.pipeline.model import Node, Parallel, Stage
from paystack_cli.pipeline.run import Outcome, Runner

ENDLESS = "sh -c 'sleep 60 & wait'"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def runner(tmp_path: Path, said: list[str]) -> Runner:
    return Runner(
        folder=tmp_path,
        environment={"PATH": "/usr/bin:/bin", "WHO": "me"},
        engine="local",
        logs=tmp_path / "logs",
        tell=lambda stage, line: said.append(f"{stage}: {line}"),
    )


def _outcomes(runner: Runner, *nodes: Node) -> dict[str, Outcome]:
    runner.run(nodes)
    return {run.name: run.outcome for run in runner.runs}


def test_what_a_stage_says_is_told_and_kept(runner: Runner, said: list[str]) -> None:
    stage = Stage("Say It", "sh -c 'echo to $WHO; echo wrong >&2'", 1)
    assert _outcomes(runner, stage) == {"Say It": Outcome.PASSED}
    assert said == ["Say It: to me", "Say It: wrong"]
    assert runner.log_file("Say It").read_text() == "to me\nwrong\n"
    assert runner.failure is None


def test_after_a_failure_nothing_begins(runner: Runner) -> None:
    outcomes = _outcomes(runner, Stage("a", "sh -c 'exit 6'", 1), Stage("b", "true", 1))
    assert outcomes == {"a": Outcome.FAILED}
    assert runner.failure is not None
    assert runner.failure.exit_code == 6


def test_a_stage_is_ended_with_all_its_processes_when_its_time_is_over(runner: Runner) -> None:
    began = time.monotonic()
    assert _outcomes(runner, Stage("late", ENDLESS, 0)) == {"late": Outcome.TIMED_OUT}
    assert time.monotonic() - began < 30


def test_a_failure_ends_what_runs_beside_it_and_is_the_one_that_is_told(runner: Runner) -> None:
    branches = (Stage("endless", ENDLESS, 1), Stage("broken", "false", 1))
    assert _outcomes(runner, Parallel("both", branches)) == {
        "broken": Outcome.FAILED,
        "endless": Outcome.STOPPED,
    }
    assert runner.failure is not None
    assert runner.failure.name == "broken"


def test_a_stage_of_another_engine_is_left_out(runner: Runner) -> None:
    images = Stage("images", "false", 1, frozenset({"compose"}))
    assert _outcomes(runner, images, Stage("up", "true", 1)) == {"up": Outcome.PASSED}


def test_what_comes_afterwards_runs_after_a_failure_too(runner: Runner) -> None:
    runner.run([Stage("broken", "false", 1)])
    assert runner.run_afterwards(Stage("evidence", "true", 1)).outcome is Outcome.PASSED
    assert [run.name for run in runner.runs] == ["broken"]
