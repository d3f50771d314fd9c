"""What a check is and what it says: Check -> attempts -> CheckResult."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from paystack_cli.errors import ExitCode

Facts = Mapping[str, object]
"""Measured figures of a check, plain JSON values, names with their unit last (`lag_records`)."""


class Outcome(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    """Nothing answered in any attempt before the deadline."""
    EXCLUDED = "excluded"
    """Left out on purpose: by `--exclude`, or already when the stack was brought up."""
    NOT_RUN = "not_run"
    """A step that an earlier one had to pass first."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one attempt proved: a line for people, figures for machines."""

    summary: str
    facts: Facts = field(default_factory=dict)


class AttemptFailed(Exception):
    """The subject answered, but not as it must; a later attempt may pass.

    `hint` is the next command to run should it stay so.
    """

    def __init__(self, reason: str, *, hint: str | None = None, facts: Facts | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.facts = facts or {}


class NoAnswer(AttemptFailed):
    """Nothing answered: refused, unreachable, or silent until the attempt's time was over."""


class Hopeless(AttemptFailed):
    """Waiting cannot change it (wrong password, never started), so the check ends at once."""


Probe = Callable[[float], Evidence]
"""One attempt within the given number of seconds; raises AttemptFailed."""


@dataclass(frozen=True, slots=True)
class Check:
    """A named probe; `hint` is the next command when a failed attempt names none."""

    name: str
    probe: Probe
    hint: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: when it began (seconds after the check's start), how long it took, why it failed."""

    number: int
    started_s: float
    duration_s: float
    reason: str | None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The end of a check with every attempt.

    `hint`, `cause` (the service whose failure explains this one, None where it is its own),
    `details` (lines that help to find the cause) and `hopeless` (neither time nor another service
    could have mended it) are for those that failed.
    """

    name: str
    outcome: Outcome
    summary: str
    hint: str | None = None
    details: tuple[str, ...] = ()
    facts: Facts = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    duration_s: float = 0.0
    cause: str | None = None
    hopeless: bool = False


_EXIT_CODES = (
    (Outcome.FAILED, ExitCode.CHECK_FAILED),
    (Outcome.TIMED_OUT, ExitCode.TIMED_OUT),
)
"""The first outcome that occurs decides: a wrong answer says more than none."""


def exit_code(results: Sequence[CheckResult]) -> ExitCode:
    """1 when a check failed, else 5 when one never got an answer, else 0."""
    outcomes = {result.outcome for result in results}
    return next((code for outcome, code in _EXIT_CODES if outcome in outcomes), ExitCode.OK)
