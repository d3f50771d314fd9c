"""Makes the errors of `up` out of what is on record here: supervisor, its journal, logs, probes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from paystack_cli.clients.sanitize import sanitize
from paystack_cli.engines.base import Health, State
from paystack_cli.engines.failure import Evidence, Failed, Trouble, UpFailed, up_failed
from paystack_cli.engines.local.journal import Entry, exits_since, read_journal
from paystack_cli.engines.local.observe import state_of
from paystack_cli.engines.local.services import probe_of
from paystack_cli.engines.local.state import StateFolder
from paystack_cli.engines.local.supervisor import Supervisor
from paystack_cli.engines.local.written_since import sizes, written_since
from paystack_cli.engines.log_excerpt import excerpt
from paystack_cli.engines.root_cause import explain, late
from paystack_cli.stack.model import Service, Stack

PROBE_TIMEOUT_S = 2.0
"""For the probe of each service that may be at fault."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Of one command: the services that it is about, when it began, how long the logs were then."""

    stack: Stack
    folder: StateFolder
    supervisor: Supervisor
    selected: frozenset[str]
    since: datetime
    written: Mapping[Path, int]

    @classmethod
    def begin(
        cls, stack: Stack, folder: StateFolder, supervisor: Supervisor, selected: Iterable[str]
    ) -> "Diagnosis":
        """To be made before anything starts."""
        return cls(
            stack=stack,
            folder=folder,
            supervisor=supervisor,
            selected=frozenset(selected),
            since=_now_ms(),
            written=sizes(folder.log(name) for name in stack.services),
        )

    def crashes(self, name: str) -> int:
        """How often the service ended by itself since the command began."""
        return len(self._exits(name))

    def crashed(self, name: str) -> UpFailed:
        """The error for a service that ends instead of becoming ready."""
        exits = self._exits(name)
        how = exits[-1].how if exits else "nobody knows how"
        if self.stack.services[name].one_shot:
            return self._error(Failed(name, Trouble.ONE_SHOT_FAILED, f"failed, {how}"))
        if len(exits) < 2:
            return self._error(Failed(name, Trouble.ENDED, f"ended at start, {how}"))
        what = f"crashed at start, {len(exits)} times, at last {how}"
        return self._error(Failed(name, Trouble.CRASH_LOOP, what))

    def not_prepared(self, name: str, how: str, said: str) -> UpFailed:
        """The error for a server whose data folder could not be made; `said` by the maker."""
        failed = Failed(name, Trouble.NOT_MADE, f"could not make its data folder, {how}")
        own = Evidence(name, State.NOT_STARTED, log=excerpt(said.splitlines()))
        return up_failed(explain(self.stack, failed, lambda _name: own, selected=self.selected))

    def stopped(self, name: str) -> UpFailed:
        """The error for a service that somebody else stopped, or whose supervisor was killed."""
        what = "was stopped from outside while it started"
        return self._error(Failed(name, Trouble.STOPPED, what))

    def timed_out(self, name: str, waited_s: float) -> UpFailed:
        """The error for a service that runs and does not become ready in time."""
        return self._error(late(self.stack.services[name], waited_s, self.crashes(name)))

    def evidence(self, name: str) -> Evidence:
        """All that is known of a service; asks its probe when it runs."""
        service = self.stack.services[name]
        state = state_of(service, self.supervisor.processes().get(name))
        exits = self._exits(name)
        reason = self._ask(service, state)
        return Evidence(
            service=name,
            state=state,
            health=Health.UNHEALTHY if reason else Health.NONE,
            exit_code=exits[-1].exit_code if exits else None,
            signal=exits[-1].signal if exits else None,
            crashes=len(exits),
            probe_output=sanitize(reason or ""),
            log=excerpt(written_since(self.folder.log(name), self.written)),
        )

    def _error(self, failed: Failed) -> UpFailed:
        report = explain(self.stack, failed, cache(self.evidence), selected=self.selected)
        return up_failed(report)

    def _exits(self, name: str) -> list[Entry]:
        return exits_since(read_journal(self.supervisor.log), name, self.since)

    def _ask(self, service: Service, state: State) -> str | None:
        """Why a running service is not ready; None when it is, or nothing can be asked."""
        probe = probe_of(self.stack, service) if state in {State.STARTING, State.RUNNING} else None
        return probe(PROBE_TIMEOUT_S) if probe else None


def _now_ms() -> datetime:
    """Now, as exact as supervisor's log: whole milliseconds."""
    now = datetime.now().astimezone()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
