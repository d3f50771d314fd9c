"""The retry policy: every attempt counted, one deadline above all, hopeless cases end at once."""

import time
from collections.abc import Callable, Iterator
from threading import Event

import pytest

from paystack_cli.checks.model import (
    Attempt,
    AttemptFailed,
    Check,
    CheckResult,
    Evidence,
    Hopeless,
    NoAnswer,
    Outcome,
)
from paystack_cli.checks.progress import Silent
from paystack_cli.checks.retry import ATTEMPT_MAX_S, LAST_ATTEMPT_MIN_S, Deadline, run_check

PASSED = Evidence("it works", {"figure": 1})
REFUSED = NoAnswer("connection refused")
WRONG = AttemptFailed("lag 7", hint="look there", facts={"lag": 7})
FOREVER_WRONG = Hopeless("wrong password")

Ending = Evidence | AttemptFailed


def probe_that(*endings: Ending) -> Callable[[float], Evidence]:
    """A probe with one ending after the other; the last one repeats."""

    def sequence() -> Iterator[Ending]:
        yield from endings
        while True:
            yield endings[-1]

    script = sequence()

    def probe(_timeout_s: float) -> Evidence:
        ending = next(script)
        if isinstance(ending, AttemptFailed):
            raise ending
        return ending

    return probe


def run(*endings: Ending, timeout_s: float = 30.0) -> CheckResult:
    check = Check("subject", probe_that(*endings), hint="the next command")
    return run_check(check, Deadline.after(timeout_s), Silent(), Event())


@pytest.mark.parametrize(
    ("endings", "outcome", "reasons"),
    [
        pytest.param([PASSED], Outcome.PASSED, [None], id="at once"),
        pytest.param(
            [REFUSED, WRONG, PASSED],
            Outcome.PASSED,
            ["connection refused", "lag 7", None],
            id="after two failures",
        ),
        pytest.param([FOREVER_WRONG], Outcome.FAILED, ["wrong password"], id="hopeless"),
        pytest.param(
            [REFUSED, FOREVER_WRONG],
            Outcome.FAILED,
            ["connection refused", "wrong password"],
            id="hopeless later",
        ),
    ],
)
def test_every_attempt_is_counted_with_its_reason(
    endings: list[Ending], outcome: Outcome, reasons: list[str | None]
) -> None:
    result = run(*endings)
    assert result.outcome is outcome
    assert [attempt.reason for attempt in result.attempts] == reasons
    assert [attempt.number for attempt in result.attempts] == list(range(1, len(reasons) + 1))


@pytest.mark.parametrize(
    ("endings", "outcome"),
    [
        pytest.param([REFUSED], Outcome.TIMED_OUT, id="never an answer"),
        pytest.param([WRONG], Outcome.FAILED, id="always a wrong answer"),
        pytest.param([WRONG, REFUSED], Outcome.FAILED, id="a wrong answer, then none"),
    ],
)
def test_the_deadline_ends_it(endings: list[Ending], outcome: Outcome) -> None:
    timeout_s = LAST_ATTEMPT_MIN_S + 0.3
    begun_s = time.monotonic()
    result = run(*endings, timeout_s=timeout_s)
    assert result.outcome is outcome
    assert time.monotonic() - begun_s < timeout_s + LAST_ATTEMPT_MIN_S
    # The last attempt is made at the deadline, with the time kept back for it.
    assert result.attempts[-1].started_s == pytest.approx(0.3, abs=0.1)


def test_a_passed_deadline_still_leaves_one_attempt() -> None:
    assert run(PASSED, timeout_s=0).outcome is Outcome.PASSED
    assert len(run(WRONG, timeout_s=0).attempts) == 1


def test_a_failure_carries_hint_and_facts_and_a_pass_no_hint() -> None:
    failed = run(WRONG, timeout_s=0)
    assert (failed.summary, failed.hint, failed.facts) == ("lag 7", "look there", {"lag": 7})
    assert run(REFUSED, timeout_s=0).hint == "the next command"
    passed = run(PASSED)
    assert (passed.summary, passed.hint, passed.facts) == ("it works", None, {"figure": 1})


def test_a_late_silence_does_not_hide_what_was_answered() -> None:
    result = run(WRONG, REFUSED, timeout_s=LAST_ATTEMPT_MIN_S + 0.3)
    assert result.summary == "lag 7; then connection refused"
    assert (result.hint, result.facts) == ("look there", {"lag": 7})


def test_an_attempt_gets_no_more_time_than_its_limit() -> None:
    budgets: list[float] = []

    def probe(timeout_s: float) -> Evidence:
        budgets.append(timeout_s)
        return PASSED

    for timeout_s in (0.0, 1.0, 3600.0):
        run_check(Check("subject", probe, ""), Deadline.after(timeout_s), Silent(), Event())
    assert budgets == pytest.approx([LAST_ATTEMPT_MIN_S, 1.0, ATTEMPT_MAX_S], abs=0.01)


def test_a_cancelled_check_makes_no_further_attempt() -> None:
    cancelled = Event()
    told: list[Attempt] = []

    class Cancelling(Silent):
        def retrying(self, name: str, failed: Attempt) -> None:
            told.append(failed)
            cancelled.set()

    check = Check("subject", probe_that(WRONG), "")
    result = run_check(check, Deadline.after(60), Cancelling(), cancelled)
    assert len(told) == 1
    assert len(result.attempts) <= 2
    assert result.duration_s < 1


def test_a_fault_of_ours_is_no_failed_attempt() -> None:
    def broken(_timeout_s: float) -> Evidence:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_check(Check("subject", broken, ""), Deadline.after(60), Silent(), Event())
