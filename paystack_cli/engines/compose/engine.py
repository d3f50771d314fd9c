"""The compose engine: the services of one stack as containers of one Compose project."""

import time
from collections.abc import Iterator, Mapping, Sequence

from paystack_cli.engines.base import (
    UP_TIMEOUT_S,
    Address,
    BuildReport,
    Completed,
    DownReport,
    Event,
    ImageBuild,
    ImageOutcome,
    LogLine,
    Progress,
    ServiceStatus,
    ServiceTiming,
    State,
    UpReport,
)
from paystack_cli.engines.compose.bring_up import BringUp
from paystack_cli.engines.compose.cli import ComposeCli
from paystack_cli.engines.compose.container import Container
from paystack_cli.engines.compose.daemon import Daemon
from paystack_cli.engines.compose.images import Built, Images, image_of
from paystack_cli.engines.compose.logs import follow_logs, read_logs
from paystack_cli.engines.compose.made import Made
from paystack_cli.engines.compose.observe import newest, observe, state_of
from paystack_cli.engines.compose.take_down import obstacles, sort_out, take_down
from paystack_cli.engines.compose.watch import Watch
from paystack_cli.engines.plan import Observed, Step, plan_up
from paystack_cli.engines.ports import check_ports
from paystack_cli.engines.state import StackFolder
from paystack_cli.errors import UsageError
from paystack_cli.stack.model import Port, Service, Stack
from paystack_cli.stack.selection import Selection, in_order
from paystack_cli.stack.settings import Settings

CRASH_LOOP = "it kept crashing"


class ComposeEngine:
    """Engine with containers. See `engines.base.Engine` for what each method promises."""

    name = "compose"
    has_network = True

    def __init__(self, stack: Stack, settings: Settings, daemon: Daemon) -> None:
        self._stack = stack
        self._daemon = daemon
        self._cli = ComposeCli(settings.compose_file, stack.name, settings.variables)
        self._folder = StackFolder(settings.state_dir(stack.name))
        self._made = Made(self._folder.root, self._cli)
        self._images = Images(settings.project_dir, stack, self._cli, self._folder.root)

    def up(
        self,
        selection: Selection,
        progress: Progress,
        *,
        recreate: bool = False,
        timeout_s: float = UP_TIMEOUT_S,
    ) -> UpReport:
        began = time.monotonic()
        services = [self._stack.services[name] for name in selection.services]
        with self._folder.changing("up"):
            there = self._daemon.containers()
            self._check_ports(services, newest(there))
            built = self._build(services, progress)
            changes = self._changes(services, newest(there), built.image_ids)
            steps = self._plan(selection, newest(there), changes, recreate=recreate)
            in_the_way = obstacles(self._stack, steps, changes, there)
            take_down(self._stack, self._daemon, in_the_way, progress)
            self._folder.remember_left_out(selection.excluded, selection.services)
            bring_up = BringUp(
                self._stack, self._daemon, self._cli, progress, time.monotonic() + timeout_s
            )
            watch = bring_up.run(steps)
            self._made.remember(watch.made, there)
        return UpReport(
            services=tuple(_timing(step, watch, built.seconds, began) for step in steps),
            total_s=time.monotonic() - began,
        )

    def build(self, services: Sequence[str], progress: Progress) -> BuildReport:
        began = time.monotonic()
        meant = [self._stack.services[name] for name in in_order(self._stack, services)]
        chosen = [service for service in meant if service.build]
        if not chosen:
            raise UsageError(
                f"there is nothing to build: {', '.join(services)} runs an image of others",
                hint="paystack build, for all that there is",
            )
        with self._folder.changing("build"):
            built = self._build(chosen, progress)
        by_service = {image.service: image for image in built.images}
        return BuildReport(
            images=tuple(
                by_service.get(service.name)
                or ImageBuild(service.name, image_of(service), ImageOutcome.UNCHANGED, "", 0.0)
                for service in chosen
            ),
            artefacts_s=built.artefacts_s,
            total_s=time.monotonic() - began,
        )

    def down(
        self, services: Sequence[str], progress: Progress, *, volumes: bool = False
    ) -> DownReport:
        began = time.monotonic()
        with self._folder.changing("down"):
            meant = in_order(self._stack, services)
            remains = sort_out(
                self._stack, self._daemon.containers(), meant, everything=not services
            )
            stopped = take_down(self._stack, self._daemon, remains, progress)
            self._daemon.remove_unused_networks()
            removed = self.volumes(services) if volumes else ()
            for volume in removed:
                self._daemon.remove_volume(volume)
            if volumes and not services:
                self._folder.forget_left_out()
        return DownReport(
            stopped=stopped, removed_volumes=removed, total_s=time.monotonic() - began
        )

    def ps(self) -> list[ServiceStatus]:
        containers = newest(self._daemon.containers())
        return observe(
            [self._stack.services[name] for name in self._shown(containers)],
            containers,
            self.excluded(),
            self._daemon,
        )

    def problem(self) -> str | None:
        remains = sort_out(self._stack, self._daemon.containers(), (), everything=True)
        # A one-off container is a command under way, which is nobody's problem.
        names = ", ".join(stray.name for stray in remains.strays if not stray.one_off)
        if not names:
            return None
        return f"containers of no service of the stack: {names}: paystack down removes them"

    def logs(
        self, services: Sequence[str], *, follow: bool = False, tail: int | None = None
    ) -> Iterator[LogLine]:
        containers = newest(self._daemon.containers())
        meant = services or self._shown(containers)
        chosen = {name: found for name, found in containers.items() if name in meant}
        if follow:
            return follow_logs(self._daemon, chosen, meant, tail)
        return read_logs(self._daemon, chosen.values(), tail)

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
        container = self._container(service)
        if container is None or container.status != "running":
            state = state_of(self._stack.services[service], container)
            raise UsageError(f"{service} is {state}", hint=f"paystack up {service}")
        return self._cli.exec(container.id, command, timeout_s=timeout_s)

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

    def volumes(self, services: Sequence[str]) -> tuple[str, ...]:
        keys = {
            volume.name
            for name in in_order(self._stack, services)
            for volume in self._stack.services[name].volumes
        }
        return tuple(sorted(v.name for v in self._daemon.volumes() if v.key in keys))

    def _shown(self, containers: Mapping[str, Container]) -> tuple[str, ...]:
        """All services, and of those with a profile the ones that something is there of."""
        return in_order(self._stack, self._stack.default_services | containers.keys())

    def _build(self, services: Sequence[Service], progress: Progress) -> Built:
        image_ids = self._daemon.image_ids()
        due = self._images.due(services, image_ids)
        if not due:
            return Built(image_ids)
        return self._images.build(due, self._daemon.image_ids, progress)

    def _changes(
        self,
        services: Sequence[Service],
        containers: Mapping[str, Container],
        image_ids: Mapping[str, str],
    ) -> dict[str, str]:
        """What differs; a crash loop is broken, for the next try would be up to a minute away."""
        looping = {
            service.name: CRASH_LOOP
            for service in services
            if state_of(service, containers.get(service.name)) is State.RESTARTING
        }
        return looping | self._made.changes(services, containers, image_ids)

    def _plan(
        self,
        selection: Selection,
        containers: Mapping[str, Container],
        changes: Mapping[str, str],
        *,
        recreate: bool,
    ) -> tuple[Step, ...]:
        observed = {
            name: Observed(
                state_of(self._stack.services[name], containers.get(name)), changes.get(name, "")
            )
            for name in selection.services
        }
        return plan_up(self._stack, selection, observed, recreate=recreate)

    def _check_ports(
        self, services: Sequence[Service], containers: Mapping[str, Container]
    ) -> None:
        """On the engine's own machine: ports that our containers do not have must be free."""
        if self._daemon.is_local:
            check_ports(
                (service.name, port)
                for service in services
                for port in service.ports
                if not _binds(containers.get(service.name), port)
            )

    def _container(self, service: str) -> Container | None:
        return newest(self._daemon.containers()).get(service)


def _binds(container: Container | None, port: Port) -> bool:
    bound = container.ports if container else {}
    return (port.host, port.published) in bound.values()


def _timing(step: Step, watch: Watch, build_s: Mapping[str, float], began: float) -> ServiceTiming:
    started_at, ready_at = watch.times(step.service)
    prepared_s = build_s.get(step.service, 0.0)
    return ServiceTiming(
        name=step.service,
        action=step.action,
        reason=step.reason,
        waited_s=max(0.0, started_at - began - prepared_s),
        prepared_s=prepared_s,
        ready_s=ready_at - started_at,
        at_s=ready_at - began,
    )
