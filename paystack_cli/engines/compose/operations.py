"""What changes a stack of containers, and what that is decided upon: the other half of `engine.py`.

It is a module of its own so that commands which only look do not import it.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from paystack_cli.engines.base import (
    UP_TIMEOUT_S,
    BuildReport,
    DownReport,
    ImageBuild,
    ImageOutcome,
    Observed,
    Progress,
    ServiceTiming,
    State,
    UpReport,
)
from paystack_cli.engines.compose.bring_up import BringUp
from paystack_cli.engines.compose.cli import ComposeCli
from paystack_cli.engines.compose.container import Container
from paystack_cli.engines.compose.daemon import Daemon
from paystack_cli.engines.compose.images import Built, Images, image_of
from paystack_cli.engines.compose.made import Made
from paystack_cli.engines.compose.observe import newest, state_of
from paystack_cli.engines.compose.take_down import halt, obstacles, sort_out, take_down
from paystack_cli.engines.compose.watch import Watch
from paystack_cli.engines.plan import Step, plan_restart, plan_up, with_images
from paystack_cli.engines.ports import check_ports
from paystack_cli.engines.state import StackFolder
from paystack_cli.stack.model import Port, Service, Stack
from paystack_cli.stack.selection import Selection, in_order

CRASH_LOOP = "it kept crashing"


class Operations:
    """The methods of `engines.base.Engine` of these names, of one stack of containers."""

    def __init__(
        self, stack: Stack, daemon: Daemon, cli: ComposeCli, folder: StackFolder, project_dir: Path
    ) -> None:
        self._stack = stack
        self._daemon = daemon
        self._cli = cli
        self._folder = folder
        self._made = Made(folder.root, cli)
        self._images = Images(project_dir, stack, cli, folder.root)

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
            watch = self._bring_up(progress, timeout_s).run(steps)
            self._made.remember(watch.made, there)
        return UpReport(
            services=tuple(_timing(step, watch, built.seconds, began) for step in steps),
            total_s=time.monotonic() - began,
        )

    def build(self, services: Sequence[str], progress: Progress) -> BuildReport:
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
            there = [c for c in self._daemon.containers() if c.service in names and not c.one_off]
            current = newest(there)
            states = {
                name: state_of(self._stack.services[name], current.get(name)) for name in names
            }
            steps = plan_restart(self._stack, names, states)
            halt(self._stack, self._daemon, there, progress)
            watch = self._bring_up(progress, timeout_s).run(steps)
        return UpReport(
            services=tuple(_timing(step, watch, {}, began) for step in steps),
            total_s=time.monotonic() - began,
        )

    def observe(self, services: Sequence[str]) -> Mapping[str, Observed]:
        meant = [self._stack.services[name] for name in services]
        containers, image_ids = newest(self._daemon.containers()), self._daemon.image_ids()
        changes = self._changes(meant, containers, image_ids)
        return _observed(meant, containers, changes, self.due_images(services))

    def volumes(self, services: Sequence[str]) -> tuple[str, ...]:
        keys = {
            volume.name
            for name in in_order(self._stack, services)
            for volume in self._stack.services[name].volumes
        }
        return tuple(sorted(v.name for v in self._daemon.volumes() if v.key in keys))

    def _bring_up(self, progress: Progress, timeout_s: float) -> BringUp:
        return BringUp(self._stack, self._daemon, self._cli, progress, time.monotonic() + timeout_s)

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
        hitch=watch.hitch(step.service),
    )
