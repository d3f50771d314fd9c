"""The stack as compose.yaml describes it: plain values, the same for every engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from paystack_cli.stack.builds import Build
from paystack_cli.stack.catalog import Catalog

PROTECTED = "protected"
"""The profile of services that no command for "all" may touch, not even to clean up."""


class Condition(StrEnum):
    """What a dependency must have reached before the dependent service starts."""

    STARTED = "service_started"
    HEALTHY = "service_healthy"
    COMPLETED = "service_completed_successfully"


@dataclass(frozen=True, slots=True)
class Port:
    """A port of the service (`target`) published on the host as `host:published`.

    `protocol` is "tcp" or "udp"; `variable` is the environment variable that moves the port, where
    compose.yaml names one.
    """

    host: str
    published: int
    target: int
    protocol: str
    variable: str | None


@dataclass(frozen=True, slots=True)
class Volume:
    """A named volume mounted at `target`; its data survives `down`."""

    name: str
    target: str


@dataclass(frozen=True, slots=True)
class Healthcheck:
    """The health check as compose.yaml writes it; times in seconds."""

    test: tuple[str, ...]
    interval_s: float
    timeout_s: float
    retries: int
    start_period_s: float

    @property
    def readiness_url(self) -> str | None:
        """The URL of a `… curl … URL` check (container address); None for any other program."""
        return self.test[-1] if self.test and self.test[-1].startswith("http") else None


@dataclass(frozen=True, slots=True)
class LocalOptions:
    """How the local engine runs the service.

    `program`: the server program, None for a command of ours; `environment`: values it sets;
    `extra_ports`: host ports that it binds besides the published ones.
    """

    program: str | None
    environment: Mapping[str, str]
    extra_ports: tuple[Port, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """One service, every `${VARIABLE}` already replaced.

    `page` is the path of what a person looks at in a browser, at the first published port.
    """

    name: str
    group: str
    check: str | None
    page: str | None
    image: str | None
    build: Build | None
    container_name: str | None
    profiles: frozenset[str]
    command: tuple[str, ...]
    environment: Mapping[str, str]
    depends_on: Mapping[str, Condition]
    ports: tuple[Port, ...]
    volumes: tuple[Volume, ...]
    healthcheck: Healthcheck | None
    stop_grace_s: float
    restarts: bool
    one_shot: bool
    local: LocalOptions
    definition: str
    """What compose.yaml, as interpolated, makes a container of the service from, as JSON."""

    @property
    def digest(self) -> str:
        """Changes when compose.yaml gives a container of the service otherwise."""
        import hashlib  # 2 ms that commands which only look can do without

        return hashlib.sha256(self.definition.encode()).hexdigest()

    @property
    def protected(self) -> bool:
        """Touched only when it is named; whoever means "all" does not mean it."""
        return PROTECTED in self.profiles

    def published(self, target: int) -> Port | None:
        """The host side of the container port `target`, None when it is not published."""
        return next((port for port in self.ports if port.target == target), None)


@dataclass(frozen=True, slots=True)
class Stack:
    """All services of one stack, in the order of compose.yaml."""

    name: str
    directory: Path
    services: Mapping[str, Service]
    groups: Mapping[str, tuple[str, ...]]
    local_environment: Mapping[str, str]
    catalog: Catalog

    @property
    def default_services(self) -> frozenset[str]:
        """Those that "all" means: a service with a profile takes part only when it is named."""
        return frozenset(name for name, service in self.services.items() if not service.profiles)
