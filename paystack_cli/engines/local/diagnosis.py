"""Why a service did not start: how it ended, what it wrote last, which need of it is at fault."""

from dataclasses import dataclass
from datetime import datetime

from paystack_cli.engines.base import State
from paystack_cli.engines.local.journal import exits_since, read_journal
from paystack_cli.engines.local.logs import read_logs
from paystack_cli.engines.local.observe import state_of
from paystack_cli.engines.local.state import StateFolder
from paystack_cli.engines.local.supervisor import Supervisor
from paystack_cli.errors import StartFailed, TimedOut
from paystack_cli.stack.model import Stack

LOG_LINES = 15
WELL = {State.STARTING, State.RUNNING, State.COMPLETED}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Makes the errors of `up` out of what is on record."""

    stack: Stack
    folder: StateFolder
    supervisor: Supervisor

    def crashes(self, name: str, since: datetime) -> int:
        """How often the service ended by itself since then."""
        return len(exits_since(read_journal(self.supervisor.log), name, since))

    def crashed(self, name: str, since: datetime) -> StartFailed:
        """The error for a service that ends instead of becoming ready."""
        exits = exits_since(read_journal(self.supervisor.log), name, since)
        how = exits[-1].how if exits else "ended"
        times = "" if len(exits) < 2 else f" {len(exits)} times, at last"
        return StartFailed(
            f"{name} crashed at start:{times} {how}{self._context(name)}",
            hint=f"paystack logs {self._root_cause(name) or name}",
        )

    def stopped(self, name: str) -> StartFailed:
        """The error for a service that somebody else stopped, or whose supervisor was killed."""
        return StartFailed(
            f"{name} was stopped from outside while it started{self._context(name)}",
            hint="paystack up",
        )

    def timed_out(self, name: str, reason: str) -> TimedOut:
        """The error for a service that runs and does not become ready in time."""
        return TimedOut(
            f"{name} did not become ready in time: {reason}{self._context(name)}",
            hint=f"paystack status, paystack logs {self._root_cause(name) or name};"
            " or more time: paystack up --timeout SECONDS",
        )

    def _context(self, name: str) -> str:
        cause = self._root_cause(name)
        parts = [f"\nroot cause: {cause}, which {name} needs, does not run"] if cause else []
        lines = read_logs(self.folder, [cause or name], LOG_LINES)
        parts += [f"\n  {line.service} | {line.text}" for line in lines]
        return "".join(parts)

    def _root_cause(self, name: str) -> str | None:
        """The deepest need of the service that is not well; None when all of them are."""
        processes = self.supervisor.processes()
        for need in self.stack.services[name].depends_on:
            deeper = self._root_cause(need)
            if deeper is not None:
                return deeper
            if state_of(self.stack.services[need], processes.get(need)) not in WELL:
                return need
        return None
