"""One container as the Docker Engine describes it, and an event of its life. Pure."""

import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

PROJECT_LABEL = "com.docker.compose.project"
SERVICE_LABEL = "com.docker.compose.service"
ONE_OFF_LABEL = "com.docker.compose.oneoff"
CONFIG_HASH_LABEL = "com.docker.compose.config-hash"
PROTECTED_LABEL = "paystack.protected"
"""Says of a container what the profile says of its service, when that is gone from compose.yaml."""

SIGNALLED = 128
"""An exit code above this is the number of the signal that ended the process, plus this."""

_NEVER = "0001-01-01"
_NANOSECONDS = re.compile(r"(\.\d{6})\d*")


@dataclass(frozen=True, slots=True)
class Container:
    """What `docker inspect` says. `status` and `health` are Docker's own words.

    `ports` maps a container port ("3306/tcp") to the host's; `last_probe` is what the last health
    check wrote; `memory_limit_bytes` is 0 where there is none.
    """

    id: str
    name: str
    service: str
    one_off: bool
    protected: bool
    config_hash: str
    image_id: str
    status: str
    exit_code: int
    error: str
    oom_killed: bool
    pid: int
    started_at: datetime | None
    finished_at: datetime | None
    health: str | None
    last_probe: str
    restarts: int
    ports: Mapping[str, tuple[str, int]]
    memory_limit_bytes: int

    @property
    def ended(self) -> str:
        """How its last process ended: "exit status 1", "terminated by SIGKILL"."""
        return how_ended(self.exit_code, out_of_memory=self.oom_killed)


@dataclass(frozen=True, slots=True)
class ContainerEvent:
    """Something that happened to a container; `action` is Docker's own word."""

    container: str
    service: str
    one_off: bool
    action: str
    exit_code: int | None
    at: datetime

    @property
    def what(self) -> str:
        """The event in words."""
        return (
            self.action if self.exit_code is None else f"{self.action}: {how_ended(self.exit_code)}"
        )


def parse_container(inspected: Mapping[str, Any]) -> Container:
    """A container out of the engine's JSON (API: "Inspect a container")."""
    state, labels = inspected["State"], inspected["Config"].get("Labels") or {}
    health = state.get("Health") or {}
    probes = health.get("Log") or [{}]
    return Container(
        id=inspected["Id"],
        name=inspected["Name"].removeprefix("/"),
        service=labels.get(SERVICE_LABEL, ""),
        one_off=labels.get(ONE_OFF_LABEL) == "True",
        protected=labels.get(PROTECTED_LABEL) == "true",
        config_hash=labels.get(CONFIG_HASH_LABEL, ""),
        image_id=inspected["Image"],
        status=state["Status"],
        exit_code=state["ExitCode"],
        error=state.get("Error") or "",
        oom_killed=bool(state.get("OOMKilled")),
        pid=state["Pid"],
        started_at=parse_time(state["StartedAt"]),
        finished_at=parse_time(state["FinishedAt"]),
        health=health.get("Status"),
        last_probe=str(probes[-1].get("Output", "")).strip(),
        restarts=inspected.get("RestartCount", 0),
        ports=_host_ports(inspected["NetworkSettings"].get("Ports") or {}),
        memory_limit_bytes=inspected["HostConfig"].get("Memory") or 0,
    )


def parse_event(raw: Mapping[str, Any]) -> ContainerEvent:
    """An event out of the engine's JSON (API: "Monitor events")."""
    attributes = raw["Actor"]["Attributes"]
    exit_code = attributes.get("exitCode")
    return ContainerEvent(
        container=raw["Actor"]["ID"],
        service=attributes.get(SERVICE_LABEL, ""),
        one_off=attributes.get(ONE_OFF_LABEL) == "True",
        action=raw["Action"],
        exit_code=None if exit_code is None else int(exit_code),
        at=datetime.fromtimestamp(raw["timeNano"] / 1e9).astimezone(),
    )


def parse_time(text: str) -> datetime | None:
    """A time of the engine (RFC 3339, nanoseconds); None for "never"."""
    if text.startswith(_NEVER) or not text:
        return None
    return datetime.fromisoformat(_NANOSECONDS.sub(r"\1", text))


def signal_of(exit_code: int) -> str | None:
    """The signal that an exit code stands for ("SIGKILL"); None when it is a plain one."""
    if exit_code <= SIGNALLED:
        return None
    try:
        return signal.Signals(exit_code - SIGNALLED).name
    except ValueError:
        return None


def how_ended(exit_code: int, *, out_of_memory: bool = False) -> str:
    """An exit code in words."""
    if out_of_memory:
        return "killed for want of memory (OOM)"
    name = signal_of(exit_code)
    return f"terminated by {name}" if name else f"exit status {exit_code}"


def _host_ports(raw: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
    return {
        target: (bindings[0]["HostIp"], int(bindings[0]["HostPort"]))
        for target, bindings in raw.items()
        if bindings
    }
