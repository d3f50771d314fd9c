"""The contexts of a whole stack: each folder measured once, and what each service takes of it."""

import os
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from paystack_cli.context.build import Build, open_build
from paystack_cli.context.builder import Builder, with_build_files
from paystack_cli.context.errors import NotMeasurable
from paystack_cli.context.measurement import Measurement, measure
from paystack_cli.context.sent import Transfer
from paystack_cli.context.sources import EVERYTHING
from paystack_cli.errors import UsageError
from paystack_cli.stack.builds import Build as ServiceBuild
from paystack_cli.stack.builds import Builds


class ServiceTransfer(NamedTuple):
    """What the builders transfer for one service; bytes.

    `buildkit_bytes`: only what the Dockerfile takes; `rerun_bytes`: by BuildKit, once the largest
    of these files has changed; `classic_bytes`: the classic builder's tar, each time.
    """

    service: str
    buildkit_bytes: int
    rerun_bytes: int
    classic_bytes: int


class SurveyedContext(NamedTuple):
    """One folder with one ignore file, and the services that are built from it.

    `name` is the folder as compose.yaml names it; `budget_bytes` None where it sets none.
    """

    name: str
    build: Build
    measurement: Measurement
    budget_bytes: int | None
    services: tuple[ServiceTransfer, ...]


def survey(stack: Builds, services: Iterable[str] = ()) -> list[SurveyedContext]:
    """Measure what builds of these services, or of all that are built, are sent.

    Raises UsageError for a service that is not built, NotMeasurable, IgnoreFileRefused and
    ContextRefused for a build that cannot be measured.
    """
    return [_surveyed(stack, builds) for builds in _by_context(stack, services)]


def stack_builds(stack: Builds, services: Iterable[str] = ()) -> list[tuple[str, Build]]:
    """One build for each context of these services, with the context's name.

    Of a context that several services share it wants what any of them takes. Raises what `survey`
    raises, but for ContextRefused.
    """
    found = []
    for builds in _by_context(stack, services):
        _, first = builds[0]
        wanted = sorted({source for _, build in builds for source in build.wanted})
        found.append((context_name(stack, first.root), first._replace(wanted=tuple(wanted))))
    return found


def context_holding(stack: Builds, path: Path) -> tuple[Path, str, Path]:
    """The innermost context that holds a path, the path in it, and a Dockerfile built from it.

    Raises UsageError for a path in none.
    """
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - a link is sent as a link
    built = stack.services.values()
    holding = [build for build in built if absolute.is_relative_to(build.context.absolute())]
    if not holding:
        raise UsageError(
            f"{path} is in no context of the stack", hint="name its context: --dir DIR"
        )
    inner = max(holding, key=lambda build: len(build.context.absolute().parts))
    inside = absolute.relative_to(inner.context.absolute()).as_posix()
    nearest = [build for build in holding if absolute.is_relative_to(build.dockerfile.parent)]
    return inner.context, inside, (nearest or [inner])[0].dockerfile


def _by_context(stack: Builds, services: Iterable[str]) -> list[list[tuple[str, Build]]]:
    """Builds by service, those of one folder and one ignore file together."""
    contexts: dict[tuple[Path, Path], list[tuple[str, Build]]] = {}
    for name, build in _builds(stack, tuple(services)).items():
        opened = _opened(name, build)
        contexts.setdefault((opened.root, opened.ignore_file), []).append((name, opened))
    return list(contexts.values())


def _builds(stack: Builds, named: Sequence[str]) -> Mapping[str, ServiceBuild]:
    built = stack.services
    unknown = [name for name in named if name not in built]
    if unknown:
        raise UsageError(
            f"no service that is built: {', '.join(unknown)}", hint=f"built: {', '.join(built)}"
        )
    return {name: built[name] for name in named or built}


def _opened(service: str, build: ServiceBuild) -> Build:
    if build.others:
        raise NotMeasurable(
            f"{service} is built with {', '.join(sorted(build.others))}, which is not measured",
            hint="measure its folders one by one: paystack context files DIR",
        )
    return open_build(
        build.context, dockerfile=build.dockerfile, target=build.target, args=build.args
    )


def _surveyed(stack: Builds, builds: Sequence[tuple[str, Build]]) -> SurveyedContext:
    _, first = builds[0]
    measurement = measure(first.root, first.rules)
    return SurveyedContext(
        name=context_name(stack, first.root),
        build=first,
        measurement=measurement,
        budget_bytes=stack.context_budgets.get(first.root),
        services=tuple(_transfer(name, build, measurement) for name, build in builds),
    )


def context_name(stack: Builds, root: Path) -> str:
    """The folder from where compose.yaml lies, as far as it lies below."""
    if root.is_relative_to(stack.directory):
        return root.relative_to(stack.directory).as_posix()
    return root.as_posix()


def _transfer(service: str, build: Build, measurement: Measurement) -> ServiceTransfer:
    classic = _classic_bytes(build, measurement)
    if build.wanted == (EVERYTHING,):
        wire, rerun = measurement.wire_bytes, measurement.rerun_bytes
    elif build.wanted:
        transfer = Transfer(build.root, build.rules, build.wanted)
        deque(transfer.entries(), maxlen=0)
        wire, rerun = transfer.size.total, transfer.rerun_bytes
    else:
        wire = rerun = 0
    return ServiceTransfer(service, wire, rerun, classic)


def _classic_bytes(build: Build, measurement: Measurement) -> int:
    """The tar that the measurement has found, where the classic builder's rules are the same."""
    classic = open_build(build.root, builder=Builder.CLASSIC, dockerfile=build.dockerfile)
    same = classic.ignore_file == build.ignore_file
    if same and with_build_files(classic.rules, classic.dockerfile_name) == classic.rules:
        return measurement.tar_bytes
    return classic.sent().bytes
