"""One step of `up`: prepare a service, start it when its needs are met, wait until it is ready."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from paystack_cli.engines.base import Action, Progress, ServiceTiming, State
from paystack_cli.engines.executor import Gate
from paystack_cli.engines.failure import ended
from paystack_cli.engines.local.data_folder import MakerFailed
from paystack_cli.engines.local.diagnosis import Diagnosis
from paystack_cli.engines.local.launch import Launch
from paystack_cli.engines.local.observe import state_of
from paystack_cli.engines.local.services import probe_of
from paystack_cli.engines.local.supervisor import Supervisor
from paystack_cli.engines.plan import Step
from paystack_cli.stack.model import Stack

POLL_S = 0.1
PROBE_TIMEOUT_S = 3.0

TELL_AFTER_S = 5.0
"""A service that takes longer is told with the reason, whenever that changes."""

CRASHES_MAX = 3
"""Ends of a starting process before it counts as a crash loop."""


@dataclass(frozen=True, slots=True)
class BringUp:
    """Everything the steps of one `up` share. `began` and `deadline` are monotonic seconds."""

    stack: Stack
    launches: Mapping[str, Launch]
    supervisor: Supervisor
    diagnosis: Diagnosis
    changed: frozenset[str]
    progress: Progress
    began: float
    deadline: float

    def run(self, step: Step, gate: Gate) -> ServiceTiming:
        """Carry the step out. Raises UpFailed when it cannot be, or is late."""
        name = step.service
        entered = time.monotonic()
        if step.action is not Action.UNCHANGED:
            self.progress.service(name, "preparing")
            self._prepare(name)
        prepared = time.monotonic()
        if step.after:
            self.progress.service(name, "waiting", f"for {', '.join(step.after)}")
        gate.wait_for_needs()
        started = time.monotonic()
        if step.action is not Action.UNCHANGED:
            self.progress.service(name, "starting", step.reason)
            self._start(name)
        self._wait_until_ready(name, gate)
        ready = time.monotonic()
        self.progress.service(name, "done" if self.stack.services[name].one_shot else "healthy")
        return ServiceTiming(
            name=name,
            action=step.action,
            reason=step.reason,
            waited_s=started - prepared,
            prepared_s=prepared - entered,
            ready_s=ready - started,
            at_s=ready - self.began,
            hitch=self._hitch(name),
        )

    def _hitch(self, name: str) -> str:
        crashes = self.diagnosis.crashes(name)
        return ended(crashes) if crashes and not self.stack.services[name].one_shot else ""

    def _prepare(self, name: str) -> None:
        try:
            self.launches[name].prepare()
        except MakerFailed as error:
            raise self.diagnosis.not_prepared(name, error.how, error.said) from error

    def _start(self, name: str) -> None:
        self.supervisor.stop(name)
        if name in self.changed:
            self.supervisor.load(name)
        self.supervisor.start(name)

    def _crash_loops(self, name: str, state: State) -> bool:
        """Between two starts of a crashing process supervisor pauses long enough to be seen."""
        if state is not State.RESTARTING:
            return False
        return self.diagnosis.crashes(name) >= CRASHES_MAX

    def _wait_until_ready(self, name: str, gate: Gate) -> None:
        service = self.stack.services[name]
        probe = probe_of(self.stack, service)
        reason = told = None
        began = time.monotonic()
        while True:
            state = state_of(service, self.supervisor.processes().get(name))
            if state is State.COMPLETED:
                return
            if state is State.FAILED or self._crash_loops(name, state):
                raise self.diagnosis.crashed(name)
            if state in {State.NOT_STARTED, State.STOPPED, State.STOPPING}:
                raise self.diagnosis.stopped(name)
            if state in {State.STARTING, State.RUNNING} and not service.one_shot:
                reason = probe(PROBE_TIMEOUT_S) if probe else None
                if reason is None:
                    return
            if reason != told and time.monotonic() - began > TELL_AFTER_S:
                self.progress.service(name, "not ready", reason or "")
                told = reason
            if time.monotonic() > self.deadline:
                raise self.diagnosis.timed_out(name, time.monotonic() - began)
            gate.pause(POLL_S)
