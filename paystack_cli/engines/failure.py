"""Why a service did not become ready: what an engine saw, and what follows. Plain values."""

from dataclasses import dataclass
from enum import StrEnum

from paystack_cli.engines.base import WELL, Health, State
from paystack_cli.engines.log_excerpt import Excerpt
from paystack_cli.errors import PaystackError, StartFailed, TimedOut


class Trouble(StrEnum):
    """In which way a service did not become ready."""

    CRASH_LOOP = "crash loop"
    ENDED = "ended"
    """It ended once and nothing starts it again."""
    ONE_SHOT_FAILED = "one-shot failed"
    STOPPED = "stopped"
    """By somebody else, while it started."""
    NOT_MADE = "not made"
    """What runs services refused to make or start it."""
    UNHEALTHY = "unhealthy"
    """It runs, and its probe has failed for longer than a start may take."""
    SLOW_START = "slow start"
    """It runs, has not crashed and had no longer than a start may take."""
    WAITING = "waiting"
    """Its turn never came."""


LATE = {Trouble.UNHEALTHY, Trouble.SLOW_START, Trouble.WAITING}
"""Troubles that more time may mend: known only at the deadline."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an engine knows of one service when something fails.

    `crashes`: how often it ended by itself since the command began; `memory_limit_bytes`: 0 where
    there is none; `probe`: what is asked, where the answer does not say; `probe_output`: what it
    last said while it failed; `engine_error`: why the engine could not start it; `log`: what it
    wrote since then.
    """

    service: str
    state: State
    health: Health = Health.NONE
    exit_code: int | None = None
    signal: str | None = None
    out_of_memory: bool = False
    memory_limit_bytes: int = 0
    crashes: int = 0
    probe: str = ""
    probe_output: str = ""
    engine_error: str = ""
    log: Excerpt = Excerpt()  # noqa: RUF009 - it is frozen

    @property
    def well(self) -> bool:
        """Whether nothing speaks against it: it runs, starts or has done its work."""
        return self.state in WELL and self.health is not Health.UNHEALTHY


@dataclass(frozen=True, slots=True)
class Failed:
    """A service that did not become ready: the trouble, and in words what happened to it."""

    service: str
    trouble: Trouble
    what: str


@dataclass(frozen=True, slots=True)
class Cause:
    """The one cause: a service, what is wrong with it, and the command that helps."""

    service: str
    what: str
    next_command: str


@dataclass(frozen=True, slots=True)
class FailureReport:
    """One service that did not become ready, and why.

    `what`: the trouble in words; `path`: from the service to the one at fault, by need; `evidence`:
    of the service, then of the one at fault where that is another; `held_up`: services whose turn
    did not come for it; `also_late`: others that were not ready at the deadline either.
    """

    service: str
    trouble: Trouble
    what: str
    cause: Cause
    path: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    held_up: tuple[str, ...] = ()
    also_late: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        """The true cause in one line."""
        if self.cause.service == self.service:
            return f"{self.service} {self.what}: {self.cause.what}"
        return (
            f"{self.service} {self.what}: {self.cause.service}, which it needs, {self.cause.what}"
        )


class UpFailed(PaystackError):
    """A service did not become ready; `report` says all that is known."""

    def __init__(self, report: FailureReport) -> None:
        super().__init__(report.headline, hint=report.cause.next_command)
        self.report = report


class ServiceFailed(UpFailed, StartFailed):
    """It ended, was stopped or could not be started."""


class ServiceLate(UpFailed, TimedOut):
    """It was not ready at the deadline."""


def up_failed(report: FailureReport) -> UpFailed:
    """The error that the report's trouble is."""
    return ServiceLate(report) if report.trouble in LATE else ServiceFailed(report)


def ended(times: int) -> str:
    """How often a service has ended by itself, in words."""
    return "ended once" if times == 1 else f"ended {times} times"
