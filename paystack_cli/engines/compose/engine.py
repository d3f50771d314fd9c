"""The compose engine: the services of one stack as containers of one Compose project.

What changes containers is imported where it is used: `status` would wait for it.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    ImageBuild,
    ImageOutcome,
    KeepLine,
    LogLine,
    Observed,
    Progress,
    ServiceStatus,
    ServiceTiming,
    State,
    UpReport,
)
from paystack_cli.engines.compose.cli import ComposeCli
from paystack_cli.engines.compose.container import Container
from paystack_cli.engines.compose.daemon import Daemon
from paystack_cli.engines.compose.logs import follow_logs, read_logs
from paystack_cli.engines.compose.observe import newest, observe, state_of
from paystack_cli.engines.compose.take_down import halt, obstacles, sort_out, take_down
from paystack_cli.engines.plan import Step, plan_restart, plan_up, with_images
from paystack_cli.engines.ports import check_ports
from paystack_cli.engines.state import StackFolder
from paystack_cli.errors import UsageError
from paystack_cli.stack.model import Port, Service, Stack
from paystack_cli.stack.selection import Selection, in_order
from paystack_cli.stack.settings import Settings

if TYPE_CHECKING:
    from paystack_cli.engines.compose.bring_up import BringUp
    from paystack_cli.engines.compose.images import Built, Images
    from paystack_cli.engines.compose.made import Made
    from paystack_cli.engines.compose.watch import Watch

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
        self._project_dir = settings.project_dir

    @cached_property
    def _made(self) -> "Made":
        from paystack_cli.engines.compose.made import Made

        return Made(self._folder.root, self._cli)

    @cached_property
    def _images(self) -> "Images":
        from paystack_cli.engines.compose.images import Images

        return Images(self._project_dir, self._stack, self._cli, self._folder.root)

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
            observed = _observed(services, newest(there), changes)
            steps = plan_up(self._stack, selection, observed, recreate=recreate)
            in_the_way = obstacles(self._stack, steps, changes, there)
            take_down(self._stack, self._daemon, in_the_way, progress)
            self._folder.remember_left_out(selection.excluded, selection.services)
            bring_up = self._bring_up(progress, timeout_s)
            watch = bring_up.run(steps)
            self._made.remember(watch.made, there)
        return UpReport(
            services=tuple(_timing(step, watch, built.seconds, began) for step in steps),
            total_s=time.monotonic() - began,
        )

    def build(self, services: Sequence[str], progress: Progress) -> BuildReport:
        from paystack_cli.engines.compose.images import image_of

        began = time.monotonic()
        meant = with_images(self._stack, in_order(self._stack, services))
        chosen = [self._stack.services[name] for name in meant]
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

    def due_images(self, services: Sequence[str]) -> Mapping[str, str]:
        meant = [self._stack.services[name] for name in services]
        due = self._images.due(meant, self._daemon.image_ids())
        return {one.service.name: one.reason for one in due}

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

    def restart(
        self, services: Sequence[str], progress: Progress, *, timeout_s: float = UP_TIMEOUT_S
    ) -> UpReport:
        began = time.monotonic()
        with self._folder.changing("restart"):
            names = in_order(self._stack, services)
            steps = plan_restart(self._stack, names, self.states(names))
            there = [c for c in self._daemon.containers() if c.service in names and not c.one_off]
            halt(self._stack, self._daemon, there, progress)
            bring_up = self._bring_up(progress, timeout_s)
            watch = bring_up.run(steps)
        return UpReport(
            services=tuple(_timing(step, watch, {}, began) for step in steps),
            total_s=time.monotonic() - began,
        )

    def states(self, services: Sequence[str]) -> Mapping[str, State]:
        containers = newest(self._daemon.containers())
        return {
            name: state_of(self._stack.services[name], containers.get(name)) for name in services
        }

    def observe(self, services: Sequence[str]) -> Mapping[str, Observed]:
        meant = [self._stack.services[name] for name in services]
        containers, image_ids = newest(self._daemon.containers()), self._daemon.image_ids()
        changes = self._changes(meant, containers, image_ids)
        return _observed(meant, containers, changes, self.due_images(services))

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
            for one in self._daemon.neighbours()
            if one.project == self._stack.name
            and one.service not in self._stack.services
            and not (one.one_off or one.protected)
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

    def _bring_up(self, progress: Progress, timeout_s: float) -> "BringUp":
        from paystack_cli.engines.compose.bring_up import BringUp

        return BringUp(self._stack, self._daemon, self._cli, progress, time.monotonic() + timeout_s)

    def _build(self, services: Sequence[Service], progress: Progress) -> "Built":
        from paystack_cli.engines.compose.images import Built

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

    def _running(self, service: str) -> Container:
        """Raises UsageError when there is none that runs."""
        container = self._container(service)
        if container is None or container.status != "running":
            state = state_of(self._stack.services[service], container)
            raise UsageError(f"{service} is {state}", hint=f"paystack up {service}")
        return container


def _observed(
    services: Iterable[Service],
    containers: Mapping[str, Container],
    changes: Mapping[str, str],
    builds: Mapping[str, str] | None = None,
) -> dict[str, Observed]:
    return {
        service.name: Observed(
            state_of(service, containers.get(service.name)),
            changes.get(service.name, ""),
            (builds or {}).get(service.name, ""),
        )
        for service in services
    }


def _binds(container: Container | None, port: Port) -> bool:
    bound = container.ports if container else {}
    return (port.host, port.published) in bound.values()


def _timing(
    step: Step, watch: "Watch", build_s: Mapping[str, float], began: float
) -> ServiceTiming:
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
        hitch=watch.hitch(step.service),
    )
