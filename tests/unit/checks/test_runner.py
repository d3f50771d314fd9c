"""Running checks: all at once, or each after the one before."""

from threading import Barrier

import pytest

from paystack_cli.checks.model import (
    Check,
    CheckResult,
    Evidence,
    Hopeless,
    NoAnswer,
    Outcome,
    exit_code,
)
from paystack_cli.checks.progress import Silent
from paystack_cli.checks.retry import Deadline
from paystack_cli.checks.runner import Step, run_in_order, run_in_parallel
from paystack_cli.errors import ExitCode


def passing(name: str) -> Check:
    return Check(name, lambda _timeout_s: Evidence("ok"), "")


def failing(name: str) -> Check:
    def probe(_timeout_s: float) -> Evidence:
        raise Hopeless(f"{name} is broken")

    return Check(name, probe, "mend it")


class Recording(Silent):
    def __init__(self) -> None:
        self.ended: list[str] = []

    def finished(self, result: CheckResult) -> None:
        self.ended.append(result.name)


def test_all_checks_run_at_the_same_time() -> None:
    together = Barrier(5, timeout=10)

    def probe(_timeout_s: float) -> Evidence:
        together.wait()
        return Evidence("met the others")

    checks = [Check(str(number), probe, "") for number in range(5)]
    results = run_in_parallel(checks, Deadline.after(20), Silent())
    assert [(result.name, result.outcome) for result in results] == [
        (str(number), Outcome.PASSED) for number in range(5)
    ]


def test_a_failure_stops_no_other_check() -> None:
    progress = Recording()
    results = run_in_parallel(
        [failing("a"), passing("b"), failing("c")], Deadline.after(5), progress
    )
    assert [result.outcome for result in results] == [
        Outcome.FAILED,
        Outcome.PASSED,
        Outcome.FAILED,
    ]
    assert sorted(progress.ended) == ["a", "b", "c"]


def test_no_checks_are_no_failure() -> None:
    assert run_in_parallel([], Deadline.after(1), Silent()) == []


def test_steps_after_a_failure_are_not_run_and_say_what_they_need() -> None:
    progress = Recording()
    steps = [Step(check) for check in (passing("a"), failing("b"), passing("c"), passing("d"))]
    results = run_in_order(steps, Deadline.after(5), progress)
    assert [result.outcome for result in results] == [
        Outcome.PASSED,
        Outcome.FAILED,
        Outcome.NOT_RUN,
        Outcome.NOT_RUN,
    ]
    assert {result.summary for result in results[2:]} == {"needs b"}
    assert progress.ended == ["a", "b", "c", "d"]


def test_a_step_that_is_left_out_stops_none_after_it() -> None:
    steps = [Step(passing("a")), Step(failing("b"), "left out"), Step(passing("c"))]
    results = run_in_order(steps, Deadline.after(5), Silent())
    assert [(result.outcome, result.summary) for result in results] == [
        (Outcome.PASSED, "ok"),
        (Outcome.EXCLUDED, "left out"),
        (Outcome.PASSED, "ok"),
    ]


def test_a_fault_of_ours_in_one_check_ends_the_others_and_is_raised() -> None:
    def broken(_timeout_s: float) -> Evidence:
        raise ZeroDivisionError

    def never(_timeout_s: float) -> Evidence:
        raise NoAnswer("silence")

    with pytest.raises(ZeroDivisionError):
        run_in_parallel(
            [Check("broken", broken, ""), Check("never", never, "")], Deadline.after(60), Silent()
        )


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([], ExitCode.OK),
        ([Outcome.PASSED, Outcome.EXCLUDED], ExitCode.OK),
        ([Outcome.PASSED, Outcome.FAILED, Outcome.NOT_RUN], ExitCode.CHECK_FAILED),
        ([Outcome.TIMED_OUT, Outcome.PASSED], ExitCode.TIMED_OUT),
        ([Outcome.TIMED_OUT, Outcome.FAILED], ExitCode.CHECK_FAILED),
    ],
)
def test_exit_code(outcomes: list[Outcome], code: ExitCode) -> None:
    results = [CheckResult("subject", outcome, "") for outcome in outcomes]
    assert exit_code(results) is code
