"""What is there: the state of each service out of supervisor, its journal, probes and /proc."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from paystack_cli.engines.base import DOWN, Health, ServiceStatus, State
from paystack_cli.engines.failure import Evidence
from paystack_cli.engines.local.environment import bound_ports
from paystack_cli.engines.local.journal import Entry, Kind, restarts
from paystack_cli.engines.local.services import probe_of
from paystack_cli.engines.local.state import StateFolder
from paystack_cli.engines.local.supervisor import ProcessInfo, ProcessState
from paystack_cli.engines.local.written_since import last_written
from paystack_cli.engines.log_excerpt import excerpt
from paystack_cli.engines.memory import resident_bytes
from paystack_cli.engines.root_cause import words_for
from paystack_cli.stack.model import Service, Stack

PROBE_TIMEOUT_S = 2.0
"""For each service's probe in `status`; all are asked at once."""

_DAEMON_STATES = {
    ProcessState.STOPPED: State.STOPPED,
    ProcessState.STARTING: State.STARTING,
    ProcessState.RUNNING: State.RUNNING,
    ProcessState.BACKOFF: State.RESTARTING,
    ProcessState.STOPPING: State.STOPPING,
    ProcessState.EXITED: State.RESTARTING,  # supervisor starts it again within the second
    ProcessState.FATAL: State.FAILED,
    ProcessState.UNKNOWN: State.FAILED,
}


def state_of(service: Service, process: ProcessInfo | None) -> State:
    """The state of a service, given what supervisor knows of it."""
    if process is None or (process.state is ProcessState.STOPPED and not process.started_at):
        return State.NOT_STARTED
    if service.one_shot and process.state is ProcessState.EXITED:
        return State.COMPLETED if process.exit_status == 0 else State.FAILED
    return _DAEMON_STATES[process.state]


def observe(
    stack: Stack,
    names: Sequence[str],
    processes: Mapping[str, ProcessInfo],
    journal: Sequence[Entry],
    excluded: frozenset[str],
    folder: StateFolder,
) -> list[ServiceStatus]:
    """One status per name; the probes run in parallel."""
    memory = resident_bytes(process.pid for process in processes.values() if process.pid)

    def status(name: str) -> ServiceStatus:
        service, process = stack.services[name], processes.get(name)
        state = state_of(service, process)
        health, detail = _health(stack, service, state)
        if state is State.STARTING and health is Health.HEALTHY:
            state = State.RUNNING  # supervisor waits a second before it says so
        running = process is not None and process.pid > 0
        return ServiceStatus(
            name=name,
            group=service.group,
            state=state,
            health=health,
            health_detail=detail,
            excluded=name in excluded,
            pid=process.pid if process and running else None,
            ended=_last_end(journal, name),
            uptime_s=max(0.0, time.time() - process.started_at) if process and running else None,
            restarts=0 if service.one_shot else restarts(journal, name),
            ports=tuple(port.published for port in bound_ports(service)),
            memory_bytes=memory.get(process.pid) if process and running else None,
            cause=_cause(name, state, journal, folder),
        )

    with ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
        return list(pool.map(status, names))


def _health(stack: Stack, service: Service, state: State) -> tuple[Health, str]:
    probe = probe_of(stack, service) if state in {State.STARTING, State.RUNNING} else None
    if probe is None:
        return Health.NONE, ""
    reason = probe(PROBE_TIMEOUT_S)
    return (Health.HEALTHY, "") if reason is None else (Health.UNHEALTHY, reason)


def _cause(name: str, state: State, journal: Sequence[Entry], folder: StateFolder) -> str | None:
    """Why a service is down; its log is read for those alone."""
    if state not in DOWN:
        return None
    last = next((e for e in reversed(journal) if e.service == name and e.kind is Kind.EXITED), None)
    signal = last.signal if last else None
    log = excerpt(last_written(folder.log(name)))
    return words_for(Evidence(name, state, signal=signal, log=log)) or None


def _last_end(journal: Sequence[Entry], name: str) -> str | None:
    ends = (e.how for e in reversed(journal) if e.service == name and e.kind is not Kind.SPAWNED)
    return next(ends, None)
