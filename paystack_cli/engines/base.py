"""What every engine can do. Commands and checks know this protocol and nothing of an engine."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from paystack_cli.stack.selection import Selection

UP_TIMEOUT_S = 180.0
"""How long `up` waits for everything to be healthy, unless `--timeout` says otherwise."""


class State(StrEnum):
    """What a service's process is doing."""

    NOT_STARTED = "not started"
    STARTING = "starting"
    RUNNING = "running"
    RESTARTING = "restarting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    COMPLETED = "completed"
    FAILED = "failed"


class Health(StrEnum):
    """What the readiness probe of a running service says; NONE when there is nothing to probe."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    NONE = "-"


class Action(StrEnum):
    """What `up` or `down` does with a service."""

    STARTED = "started"
    RESTARTED = "restarted"
    COMPLETED = "completed"
    UNCHANGED = "unchanged"
    STOPPED = "stopped"


WELL = {State.STARTING, State.RUNNING, State.COMPLETED}
"""Nothing speaks against a service in one of these; its probe may."""

DOWN = {State.FAILED, State.RESTARTING}
"""A service in one of these has ended by itself, and that is wrong."""

ACTIVE = {State.STARTING, State.RUNNING, State.RESTARTING}
"""A service in one of these has a process, or will have one again without being asked."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What is there of a service: its state, and what `up` would have to change about it.

    `change`: what differs by now from what it was started with; `build`: why its image is to be
    built; both "" for nothing.
    """

    state: State
    change: str = ""
    build: str = ""


class Address(NamedTuple):
    """Where a service's port is reached from this machine."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One line of `status`.

    `ended` is how the last process ended ("terminated by SIGKILL"); `ports` are all host ports that
    the service binds, the published one first; `cause` is why it is down, where that is known.
    """

    name: str
    group: str
    state: State
    health: Health
    health_detail: str
    excluded: bool
    pid: int | None
    ended: str | None
    uptime_s: float | None
    restarts: int
    ports: tuple[int, ...]
    memory_bytes: int | None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceTiming:
    """What `up` did with one service and how long each part took; times in seconds.

    `waited_s`: for its dependencies; `prepared_s`: data folder and configuration; `ready_s`: from
    the start of the process to the first good probe (or the end of a one-shot); `at_s`: when that
    was, counted from the start of `up`; `hitch`: what went wrong on the way ("ended once"), "" for
    nothing.
    """

    name: str
    action: Action
    reason: str
    waited_s: float
    prepared_s: float
    ready_s: float
    at_s: float
    hitch: str = ""


@dataclass(frozen=True, slots=True)
class UpReport:
    """What `up` did, in start order."""

    services: tuple[ServiceTiming, ...]
    total_s: float


class ImageOutcome(StrEnum):
    """What `build` did with an image.

    BUILT gave another image; CACHED was built again to the same one; UNCHANGED was left alone.
    """

    BUILT = "built"
    CACHED = "cached"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class ImageBuild:
    """What `build` did with one service's image and why; `built_s` in seconds."""

    service: str
    image: str
    outcome: ImageOutcome
    reason: str
    built_s: float


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What `build` did, in the order of compose.yaml; `artefacts_s` made what images copy in."""

    images: tuple[ImageBuild, ...]
    artefacts_s: float
    total_s: float


@dataclass(frozen=True, slots=True)
class DownReport:
    """What `down` stopped and removed."""

    stopped: tuple[str, ...]
    removed_volumes: tuple[str, ...]
    total_s: float


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a service's output, as written; `at` is its time, or that of a line before it."""

    service: str
    text: str
    at: datetime | None = None


KeepLine = Callable[[LogLine], bool]
"""Whether a line is meant."""


@dataclass(frozen=True, slots=True)
class Event:
    """A change of a service's process: `at` is local time in ISO 8601."""

    at: str
    service: str
    what: str


@dataclass(frozen=True, slots=True)
class Completed:
    """A command that ran to its end."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A command that may take the place of this process; `folder` None is where we are."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path | None = None


class Progress(Protocol):
    """Where an engine tells what it is doing; renderers implement it."""

    def service(self, name: str, phase: str, detail: str = "") -> None:
        """`name` has entered `phase` ("waiting", "preparing", "starting", "healthy", …)."""

    def note(self, text: str) -> None:
        """Something worth a line that belongs to no service."""


class Engine(Protocol):
    """Runs the services of one stack. Every method raises PaystackError and nothing else."""

    @property
    def name(self) -> str:
        """The name that `--engine` takes."""

    def up(
        self,
        selection: Selection,
        progress: Progress,
        *,
        recreate: bool = False,
        timeout_s: float = UP_TIMEOUT_S,
    ) -> UpReport:
        """Start what is selected and not running, in dependency order, until all are healthy."""

    def build(self, services: Sequence[str], progress: Progress) -> BuildReport:
        """Make the images of these services, or of all, where what they hold has changed."""

    def due_images(self, services: Sequence[str]) -> Mapping[str, str]:
        """Why `build` would make an image anew, by service; those it would leave are left out."""

    def down(
        self, services: Sequence[str], progress: Progress, *, volumes: bool = False
    ) -> DownReport:
        """Stop services in reverse order; no names mean all and the engine's own parts too."""

    def restart(
        self, services: Sequence[str], progress: Progress, *, timeout_s: float = UP_TIMEOUT_S
    ) -> UpReport:
        """Stop services and start them again as they were made, until all are healthy.

        Raises UsageError for a service that there is nothing of.
        """

    def states(self, services: Sequence[str]) -> Mapping[str, State]:
        """What each service's process does. Asks no probe and never waits for another command."""

    def observe(self, services: Sequence[str]) -> Mapping[str, Observed]:
        """What `up` decides upon, of each service. Changes nothing, never waits for a command."""

    def ps(self, services: Sequence[str] = ()) -> list[ServiceStatus]:
        """These services, or all of the stack, in start order. Never waits for another command."""

    def logs(
        self,
        services: Sequence[str],
        *,
        follow: bool = False,
        tail: int | None = None,
        since: datetime | None = None,
        keep: KeepLine | None = None,
    ) -> Iterator[LogLine]:
        """The services' output, interleaved by time, oldest first.

        Nothing older than `since`, and of the rest only what `keep` keeps; `tail`: how many of
        these lines of each service to begin with. `follow` goes on with what is written later.
        """

    def events(self) -> Iterator[Event]:
        """What happened to the services since the engine was started, oldest first."""

    @property
    def has_network(self) -> bool:
        """Whether the services share a network of their own, which `run` joins."""

    def run(
        self, service: str, command: Sequence[str], *, timeout_s: float | None = None
    ) -> Completed:
        """Run a command to its end in a new process with the service's environment.

        Beyond `timeout_s` it is ended and TimedOut raised.
        """

    def exec(
        self, service: str, command: Sequence[str], *, timeout_s: float | None = None
    ) -> Completed:
        """As `run`, in the running service; an error when it does not run."""

    def exec_line(self, service: str, command: Sequence[str], *, terminal: bool) -> CommandLine:
        """The command line that does the same with this process's own input and output.

        `terminal` says that a person sits there. Raises as `exec` when the service does not run.
        """

    def address(self, service: str, target_port: int) -> Address:
        """Where the container port `target_port` of a service is reached from this machine."""

    def environment(self, service: str) -> Mapping[str, str]:
        """The service's environment as this engine gives it."""

    def excluded(self) -> frozenset[str]:
        """What the last `up` was told to leave out."""

    def problem(self) -> str | None:
        """What is wrong with the engine itself and the command that mends it; None when nothing."""

    def volumes(self, services: Sequence[str]) -> tuple[str, ...]:
        """The named volumes that exist: what `down SERVICE… --volumes` would remove."""
