"""The one retry policy of all checks: full-jitter exponential pauses under one shared deadline."""

import time
from dataclasses import dataclass, replace
from threading import Event

from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential
from tenacity.nap import sleep_using_event

from paystack_cli.checks.model import (
    Attempt,
    AttemptFailed,
    Check,
    CheckResult,
    Evidence,
    Facts,
    Hopeless,
    NoAnswer,
    Outcome,
)
from paystack_cli.checks.progress import Progress

FIRST_PAUSE_MAX_S = 0.1
PAUSE_MAX_S = 2.0
ATTEMPT_MAX_S = 5.0
"""Longest single attempt, so that a silent peer cannot eat the whole deadline."""
LAST_ATTEMPT_MIN_S = 0.5
"""Time kept back for a last attempt at the deadline; a shorter one would prove nothing."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point in monotonic time that checks share."""

    at_s: float

    @classmethod
    def after(cls, timeout_s: float) -> "Deadline":
        return cls(time.monotonic() + timeout_s)

    @property
    def remaining_s(self) -> float:
        return max(0.0, self.at_s - time.monotonic())


def run_check(
    check: Check, deadline: Deadline, progress: Progress, cancelled: Event
) -> CheckResult:
    """Try until the probe passes, is hopeless, the deadline is reached, or `cancelled` is set."""
    trial = _Trial(check, deadline)
    full_jitter = wait_random_exponential(multiplier=FIRST_PAUSE_MAX_S, max=PAUSE_MAX_S)

    def pause_within_deadline(state: RetryCallState) -> float:
        return min(full_jitter(state), max(0.0, deadline.remaining_s - LAST_ATTEMPT_MIN_S))

    retrying = Retrying(
        retry=retry_if_exception(_may_pass_later),
        stop=lambda _: cancelled.is_set() or deadline.remaining_s < LAST_ATTEMPT_MIN_S,
        wait=pause_within_deadline,
        sleep=sleep_using_event(cancelled),
        before_sleep=lambda _: progress.retrying(check.name, trial.attempts[-1]),
        reraise=True,
    )
    try:
        return trial.passed(retrying(trial.attempt))
    except AttemptFailed as failure:
        return trial.failed(failure)


def _may_pass_later(error: BaseException) -> bool:
    return isinstance(error, AttemptFailed) and not isinstance(error, Hopeless)


class _Trial:
    """One check on trial: makes the attempts, counts and times them, words the result."""

    def __init__(self, check: Check, deadline: Deadline) -> None:
        self._check = check
        self._deadline = deadline
        self._begun_s = time.monotonic()
        self.attempts: list[Attempt] = []
        self._last_answer: AttemptFailed | None = None

    def attempt(self) -> Evidence:
        begun_s = time.monotonic()
        budget_s = min(ATTEMPT_MAX_S, max(self._deadline.remaining_s, LAST_ATTEMPT_MIN_S))
        try:
            evidence = self._check.probe(budget_s)
        except AttemptFailed as failure:
            if not isinstance(failure, NoAnswer):
                self._last_answer = failure
            self._record(begun_s, failure.reason)
            raise
        self._record(begun_s, None)
        return evidence

    def _record(self, begun_s: float, reason: str | None) -> None:
        attempt = Attempt(
            number=len(self.attempts) + 1,
            started_s=begun_s - self._begun_s,
            duration_s=time.monotonic() - begun_s,
            reason=reason,
        )
        self.attempts.append(attempt)

    def passed(self, evidence: Evidence) -> CheckResult:
        return self._result(Outcome.PASSED, evidence.summary, evidence.facts, None)

    def failed(self, failure: AttemptFailed) -> CheckResult:
        answer = self._last_answer
        hint = failure.hint or self._check.hint
        if answer is None:
            return self._result(Outcome.TIMED_OUT, failure.reason, failure.facts, hint)
        # A late silence must not hide what the subject said while it still answered.
        reason = failure.reason if answer is failure else f"{answer.reason}; then {failure.reason}"
        result = self._result(Outcome.FAILED, reason, answer.facts, answer.hint or hint)
        return replace(result, hopeless=isinstance(failure, Hopeless))

    def _result(
        self, outcome: Outcome, summary: str, facts: Facts, hint: str | None
    ) -> CheckResult:
        return CheckResult(
            name=self._check.name,
            outcome=outcome,
            summary=summary,
            hint=hint,
            facts=facts,
            attempts=tuple(self.attempts),
            duration_s=time.monotonic() - self._begun_s,
        )
