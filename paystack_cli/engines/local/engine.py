"""The local engine: the services of one stack as supervised processes of this machine."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime

from paystack_cli.engines.base import (
    ACTIVE,
    UP_TIMEOUT_S,
    Address,
    BuildReport,
    CommandLine,
    Completed,
    DownReport,
    Event,
    KeepLine,
    LogLine,
    Observed,
    Progress,
    ServiceStatus,
    ServiceTiming,
    State,
    UpReport,
)
from paystack_cli.engines.executor import Gate, execute
from paystack_cli.engines.local.bring_up import BringUp
from paystack_cli.engines.local.diagnosis import Diagnosis
from paystack_cli.engines.local.environment import bound_ports, local_environment
from paystack_cli.engines.local.journal import read_journal
from paystack_cli.engines.local.launch import Launch
from paystack_cli.engines.local.logs import Follower, read_logs
from paystack_cli.engines.local.observe import observe, state_of
from paystack_cli.engines.local.preflight import check_disk
from paystack_cli.engines.local.programs import Program, ensure
from paystack_cli.engines.local.services import launch_of
from paystack_cli.engines.local.state import StateFolder
from paystack_cli.engines.local.strays import end_strays, find_strays
from paystack_cli.engines.local.supervisor import ProgramConfig, Supervisor
from paystack_cli.engines.plan import Step, plan_down, plan_restart, plan_up
from paystack_cli.engines.ports import check_ports
from paystack_cli.errors import PreflightError, TimedOut, UsageError
from paystack_cli.stack.model import Service, Stack
from paystack_cli.stack.selection import Selection, in_order
from paystack_cli.stack.settings import Settings

CHANGED = "its configuration changed"


class LocalEngine:
    """Engine without containers. See `engines.base.Engine` for what each method promises."""

    name = "local"
    has_network = False

    def __init__(self, stack: Stack, settings: Settings) -> None:
        self._stack = stack
        self._settings = settings
        self._folder = StateFolder(settings.state_dir(stack.name))
        self._supervisor = Supervisor(self._folder)

    def up(
        self,
        selection: Selection,
        progress: Progress,
        *,
        recreate: bool = False,
        timeout_s: float = UP_TIMEOUT_S,
    ) -> UpReport:
        began = time.monotonic()
        with self._folder.changing("up"):
            services = [self._stack.services[name] for name in selection.services]
            _refuse_profiles(services)
            self._repair(progress)
            before = self.states(selection.services)
            check_disk(self._folder.root)
            check_ports(
                (service.name, port)
                for service in services
                if before[service.name] not in ACTIVE
                for port in bound_ports(service)
            )
            launches = self._launches(services, progress.note)
            programs = _configured(services, launches)
            changed = self._supervisor.changed(programs)
            self._supervisor.configure(programs, known=self._stack.services)
            self._folder.remember_left_out(selection.excluded, selection.services)
            steps = plan_up(self._stack, selection, _observed(before, changed), recreate=recreate)
            timings = self._bring_up(steps, launches, changed, progress, began, timeout_s)
        return UpReport(services=timings, total_s=time.monotonic() - began)

    def build(self, services: Sequence[str], progress: Progress) -> BuildReport:
        raise _no_images()

    def due_images(self, services: Sequence[str]) -> Mapping[str, str]:
        raise _no_images()

    def down(
        self, services: Sequence[str], progress: Progress, *, volumes: bool = False
    ) -> DownReport:
        began = time.monotonic()
        if not self._folder.root.is_dir():
            return DownReport(stopped=(), removed_volumes=(), total_s=0.0)
        with self._folder.changing("down"):
            chosen = in_order(self._stack, services)
            stopped = self._stop(chosen, progress)
            if not services:
                self._supervisor.shut_down()
                end_strays(find_strays(self._folder.root), self._longest_grace_s())
            removed = self._remove_volumes(chosen) if volumes else ()
            if volumes and not services:
                self._folder.remove()
        return DownReport(
            stopped=stopped, removed_volumes=removed, total_s=time.monotonic() - began
        )

    def restart(
        self, services: Sequence[str], progress: Progress, *, timeout_s: float = UP_TIMEOUT_S
    ) -> UpReport:
        began = time.monotonic()
        with self._folder.changing("restart"):
            names = in_order(self._stack, services)
            steps = plan_restart(self._stack, names, self.states(names))
            launches = self._launches([self._stack.services[n] for n in names], progress.note)
            self._stop(names, progress)
            timings = self._bring_up(steps, launches, frozenset(), progress, began, timeout_s)
        return UpReport(services=timings, total_s=time.monotonic() - began)

    def states(self, services: Sequence[str]) -> Mapping[str, State]:
        processes = self._supervisor.processes()
        return {
            name: state_of(self._stack.services[name], processes.get(name)) for name in services
        }

    def observe(self, services: Sequence[str]) -> Mapping[str, Observed]:
        _refuse_profiles([self._stack.services[name] for name in services])
        states = self.states(services)
        # A change matters to what runs or has run to its end; and that has its programs already.
        kept = {*ACTIVE, State.COMPLETED}
        there = [self._stack.services[name] for name in services if states[name] in kept]
        launches = self._launches(there, tell=_nobody)
        return _observed(states, self._supervisor.changed(_configured(there, launches)))

    def ps(self, services: Sequence[str] = ()) -> list[ServiceStatus]:
        return observe(
            self._stack,
            in_order(self._stack, services),
            self._supervisor.processes(),
            read_journal(self._supervisor.log),
            self.excluded(),
            self._folder,
        )

    def problem(self) -> str | None:
        if self._supervisor.killed:
            return "the supervisor was killed, and its services ended with it: paystack up"
        return None

    def logs(
        self,
        services: Sequence[str],
        *,
        follow: bool = False,
        tail: int | None = None,
        since: datetime | None = None,
        keep: KeepLine | None = None,
    ) -> Iterator[LogLine]:
        chosen = in_order(self._stack, services)
        # Before reading, so that no line falls between.
        follower = Follower(self._folder, chosen, keep)
        yield from read_logs(self._folder, chosen, tail=tail, since=since, keep=keep)
        if follow:
            yield from follower.lines()

    def events(self) -> Iterator[Event]:
        for entry in read_journal(self._supervisor.log):
            yield Event(
                at=entry.at.isoformat(timespec="milliseconds"),
                service=entry.service,
                what=f"{entry.kind}: {entry.how}",
            )

    def run(
        self, service: str, command: Sequence[str], *, timeout_s: float | None = None
    ) -> Completed:
        try:
            done = subprocess.run(
                list(command),
                env={**os.environ, **self.environment(service)},
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise TimedOut(
                f"{command[0]} of {service} did not end within {timeout_s:g} s",
                hint="paystack status",
            ) from None
        return Completed(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def exec(
        self, service: str, command: Sequence[str], *, timeout_s: float | None = None
    ) -> Completed:
        self._require_running(service)
        return self.run(service, command, timeout_s=timeout_s)

    def exec_line(self, service: str, command: Sequence[str], *, terminal: bool) -> CommandLine:
        self._require_running(service)
        # With the service's server program come its tools, and what those need to run.
        meant = self._stack.services[service]
        programs = self._programs([meant], tell=_nobody).values()
        tools = {name: value for one in programs for name, value in one.environment.items()}
        folders = [str(folder) for one in programs for folder in one.folders]
        tools["PATH"] = os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)])
        environment = {**os.environ, **self.environment(service), **tools}
        return CommandLine(tuple(command), environment, self._folder.service(service))

    def address(self, service: str, target_port: int) -> Address:
        port = self._stack.services[service].published(target_port)
        if port is None:
            raise UsageError(
                f"{service} publishes no port {target_port}", hint="see stack/compose.yaml"
            )
        return Address(port.host, port.published)

    def environment(self, service: str) -> Mapping[str, str]:
        return local_environment(self._stack, self._stack.services[service])

    def excluded(self) -> frozenset[str]:
        return self._folder.excluded()

    def volumes(self, services: Sequence[str]) -> tuple[str, ...]:
        return tuple(
            volume.name
            for name in in_order(self._stack, services)
            for volume in self._stack.services[name].volumes
            if (self._folder.volumes / volume.name).is_dir()
        )

    def _require_running(self, service: str) -> None:
        state = self.states([service])[service]
        if state not in {State.STARTING, State.RUNNING}:
            raise UsageError(f"{service} is {state}", hint=f"paystack up {service}")

    def _bring_up(
        self,
        steps: Sequence[Step],
        launches: Mapping[str, Launch],
        changed: Collection[str],
        progress: Progress,
        began: float,
        timeout_s: float,
    ) -> tuple[ServiceTiming, ...]:
        """Carry the steps out; `began` is in monotonic seconds."""
        bring_up = BringUp(
            stack=self._stack,
            launches=launches,
            supervisor=self._supervisor,
            diagnosis=Diagnosis.begin(
                self._stack, self._folder, self._supervisor, (step.service for step in steps)
            ),
            changed=frozenset(changed),
            progress=progress,
            began=began,
            deadline=time.monotonic() + timeout_s,
        )
        return execute(steps, bring_up.run)

    def _repair(self, progress: Progress) -> None:
        """End what a killed supervisor has left behind, before it holds our ports and files."""
        if self._supervisor.running():
            return
        strays = find_strays(self._folder.root)
        if strays:
            progress.note(f"ending {len(strays)} processes that a killed supervisor left behind")
            end_strays(strays, self._longest_grace_s())

    def _launches(
        self, services: Sequence[Service], tell: Callable[[str], None]
    ) -> dict[str, Launch]:
        programs = self._programs(services, tell)
        return {s.name: launch_of(self._stack, s, self._folder, programs) for s in services}

    def _programs(
        self, services: Sequence[Service], tell: Callable[[str], None]
    ) -> dict[str, Program]:
        return ensure(
            {s.local.program for s in services if s.local.program},
            tools_dir=self._settings.tools_dir,
            locks_dir=self._settings.locks_dir,
            environment=self._settings.variables,
            progress=tell,
        )

    def _stop(self, names: tuple[str, ...], progress: Progress) -> tuple[str, ...]:
        def stop(step: Step, gate: Gate) -> str | None:
            gate.wait_for_needs()
            if not self._supervisor.stop(step.service):
                return None
            progress.service(step.service, "stopped")
            return step.service

        if not self._supervisor.running():
            return ()
        steps = plan_down(self._stack, names, self.states(names))
        return tuple(name for name in execute(steps, stop) if name)

    def _remove_volumes(self, names: Sequence[str]) -> tuple[str, ...]:
        volumes = self.volumes(names)
        for volume in volumes:
            shutil.rmtree(self._folder.volumes / volume)
        return volumes

    def _longest_grace_s(self) -> float:
        return max(service.stop_grace_s for service in self._stack.services.values())


def _configured(services: Sequence[Service], launches: Mapping[str, Launch]) -> list[ProgramConfig]:
    return [
        ProgramConfig(launches[s.name], restarts=s.restarts, stop_grace_s=s.stop_grace_s)
        for s in services
    ]


def _observed(states: Mapping[str, State], changed: Collection[str]) -> dict[str, Observed]:
    return {
        name: Observed(state, CHANGED if name in changed else "") for name, state in states.items()
    }


def _no_images() -> PreflightError:
    return PreflightError(
        "the local engine runs services from this checkout and builds no images",
        hint="paystack build --engine compose",
    )


def _nobody(_text: str) -> None:
    """Hears what nobody needs to know."""


def _refuse_profiles(services: Sequence[Service]) -> None:
    for service in services:
        if service.profiles:
            raise PreflightError(
                f"the local engine does not run {service.name}:"
                f" profile {', '.join(sorted(service.profiles))} needs containers",
                hint=f"paystack up {service.name} --engine compose",
            )
