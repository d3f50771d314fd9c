"""The compose engine: the services of one stack as containers of one Compose project.

What changes containers is `operations.py`, imported when it is called: `status` would wait for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from paystack_cli.engines.base import (
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
    State,
    UpReport,
)
from paystack_cli.engines.compose.cli import ComposeCli
from paystack_cli.engines.compose.container import Container
from paystack_cli.engines.compose.daemon import Daemon
from paystack_cli.engines.compose.observe import newest, observe, state_of
from paystack_cli.engines.state import StackFolder
from paystack_cli.errors import UsageError
from paystack_cli.stack.model import Stack
from paystack_cli.stack.selection import Selection, in_order
from paystack_cli.stack.settings import Settings

if TYPE_CHECKING:
    from paystack_cli.engines.compose.operations import Operations


class ComposeEngine:
    """Engine with containers. See `engines.base.Engine` for what each method promises."""

    name = "compose"
    has_network = True

    def __init__(self, stack: Stack, settings: Settings, daemon: Daemon) -> None:
        self._stack = stack
        self._daemon = daemon
        self._cli = ComposeCli(settings.compose_file, stack.name, settings.variables)
        self._folder = StackFolder(settings.state_dir(stack.name))
        self._project_dir = settings.project_dir

    @cached_property
    def _operations(self) -> "Operations":
        from paystack_cli.engines.compose.operations import Operations

        return Operations(self._stack, self._daemon, self._cli, self._folder, self._project_dir)

    def up(
        self,
        selection: Selection,
        progress: Progress,
        *,
        recreate: bool = False,
        timeout_s: float = UP_TIMEOUT_S,
    ) -> UpReport:
        return self._operations.up(selection, progress, recreate=recreate, timeout_s=timeout_s)

    def build(self, services: Sequence[str], progress: Progress) -> BuildReport:
        return self._operations.build(services, progress)

    def due_images(self, services: Sequence[str]) -> Mapping[str, str]:
        return self._operations.due_images(services)

    def down(
        self, services: Sequence[str], progress: Progress, *, volumes: bool = False
    ) -> DownReport:
        return self._operations.down(services, progress, volumes=volumes)

    def restart(
        self, services: Sequence[str], progress: Progress, *, timeout_s: float = UP_TIMEOUT_S
    ) -> UpReport:
        return self._operations.restart(services, progress, timeout_s=timeout_s)

    def observe(self, services: Sequence[str]) -> Mapping[str, Observed]:
        return self._operations.observe(services)

    def volumes(self, services: Sequence[str]) -> tuple[str, ...]:
        return self._operations.volumes(services)

    def states(self, services: Sequence[str]) -> Mapping[str, State]:
        containers = newest(self._daemon.containers())
        return {
            name: state_of(self._stack.services[name], containers.get(name)) for name in services
        }

    def ps(self, services: Sequence[str] = ()) -> list[ServiceStatus]:
        containers = newest(self._daemon.containers())
        shown = in_order(self._stack, services) if services else self._shown(containers)
        return observe(
            [self._stack.services[name] for name in shown],
            containers,
            self.excluded(),
            self._daemon,
        )

    def problem(self) -> str | None:
        # A one-off container is a command under way, which is nobody's problem.
        names = ", ".join(
            one.name
            for one in self._daemon.members()
            if one.service not in self._stack.services and not (one.one_off or one.protected)
        )
        if not names:
            return None
        return f"containers of no service of the stack: {names}: paystack down removes them"

    def logs(
        self,
        services: Sequence[str],
        *,
        follow: bool = False,
        tail: int | None = None,
        since: datetime | None = None,
        keep: KeepLine | None = None,
    ) -> Iterator[LogLine]:
        from paystack_cli.engines.compose.logs import follow_logs, read_logs

        containers = newest(self._daemon.containers())
        meant = services or self._shown(containers)
        chosen = {name: found for name, found in containers.items() if name in meant}
        if follow:
            return follow_logs(self._daemon, chosen, meant, tail=tail, since=since, keep=keep)
        return read_logs(self._daemon, chosen.values(), tail=tail, since=since, keep=keep)

    def events(self) -> Iterator[Event]:
        for event in self._daemon.history():
            yield Event(
                at=event.at.isoformat(timespec="milliseconds"),
                service=event.service,
                what=event.what,
            )

    def run(
        self, service: str, command: Sequence[str], *, timeout_s: float | None = None
    ) -> Completed:
        return self._cli.run(
            *("run", "--rm", "--no-deps", "-T", service, *command),
            profiles=self._stack.services[service].profiles,
            timeout_s=timeout_s,
        )

    def exec(
        self, service: str, command: Sequence[str], *, timeout_s: float | None = None
    ) -> Completed:
        return self._cli.exec(self._running(service).id, command, timeout_s=timeout_s)

    def exec_line(self, service: str, command: Sequence[str], *, terminal: bool) -> CommandLine:
        container = self._running(service)
        options = ("--interactive", "--tty") if terminal else ("--interactive",)
        return CommandLine(
            ("docker", "exec", *options, container.id, *command), self._cli.variables
        )

    def address(self, service: str, target_port: int) -> Address:
        port = self._stack.services[service].published(target_port)
        if port is None:
            raise UsageError(
                f"{service} publishes no port {target_port}", hint="see stack/compose.yaml"
            )
        container = self._container(service)
        bound = container.ports if container else {}
        host, published = bound.get(f"{port.target}/{port.protocol}", (port.host, port.published))
        return Address(host, published)

    def environment(self, service: str) -> Mapping[str, str]:
        return self._stack.services[service].environment

    def excluded(self) -> frozenset[str]:
        return self._folder.excluded()

    def _shown(self, containers: Mapping[str, Container]) -> tuple[str, ...]:
        """All services, and of those with a profile the ones that something is there of."""
        return in_order(self._stack, self._stack.default_services | containers.keys())

    def _container(self, service: str) -> Container | None:
        return newest(self._daemon.containers()).get(service)

    def _running(self, service: str) -> Container:
        """Raises UsageError when there is none that runs."""
        container = self._container(service)
        if container is None or container.status != "running":
            state = state_of(self._stack.services[service], container)
            raise UsageError(f"{service} is {state}", hint=f"paystack up {service}")
        return container
