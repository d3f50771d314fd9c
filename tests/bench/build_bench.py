"""The run of `tests/bench/build`: a copy of the sources, built cold, warm, and with one change."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paystack_cli.artefacts import make_artefacts
from paystack_cli.errors import ExitCode
from paystack_cli.stack.settings import Settings, load_settings
from tests.support.docker import docker, engine_selected, what_is_missing
from tests.support.stack import PROJECT, stack_environment

CONTEXTS_MAX_BYTES = 26_000_000
WARM_MAX_S = 5.0
BUILD_TIMEOUT_S = 600
CHANGED = "settlement-worker"
SLICE = ("ingest-service", CHANGED, "gateway")
CONTEXTS = ("backend", "gateway", "jenkins")
SENDS_ALL = "FROM scratch\nCOPY . /\n"
"""BuildKit fetches what a Dockerfile names: here everything that .dockerignore lets through."""


def main(arguments: Sequence[str], description: str) -> int:
    parser = argparse.ArgumentParser(
        prog="tests/bench/build",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--full", action="store_true", help="all images, and the times are judged")
    options = parser.parse_args(arguments)
    with engine_selected():
        if reason := what_is_missing():
            print(f"tests/bench/build: {reason}", file=sys.stderr)
            return ExitCode.PREFLIGHT
        with _copied() as builds:
            faults = _measure(builds, judged=options.full)
    for fault in faults:
        print(f"WRONG: {fault}")
    return ExitCode.CHECK_FAILED if faults else ExitCode.OK


@dataclass(frozen=True)
class Builds:
    """A copy of the sources, and builds of it under a name of its own."""

    settings: Settings
    environment: Mapping[str, str]

    @property
    def stack(self) -> Path:
        return self.settings.compose_file.parent

    def images(self, services: Sequence[str]) -> dict[str, str]:
        """The image of each service."""
        name = self.environment["PAYSTACK_NAME"]
        return {
            service: docker("images", "--no-trunc", "--quiet", f"{name}/{service}")
            for service in services
        }

    def build(self, services: Sequence[str]) -> float:
        """Seconds for artefacts and images."""
        command = ["docker", "compose", "--file", str(self.settings.compose_file), "build"]
        began_s = time.monotonic()
        make_artefacts(self.settings)
        subprocess.run(
            [*command, *services],
            env=dict(self.environment),
            capture_output=True,
            check=True,
            timeout=BUILD_TIMEOUT_S,
        )
        return time.monotonic() - began_s


@contextmanager
def _copied() -> Iterator[Builds]:
    """The copy, gone with its images afterwards. Wheels of others come with it where they are."""
    with tempfile.TemporaryDirectory(prefix="paystack-bench-") as folder:
        project = Path(folder) / "project"
        for part in ("stack", "requirements"):
            # With times of their own, or the engine knows the files from an earlier run.
            shutil.copytree(PROJECT / part, project / part, copy_function=shutil.copy)
        bases = {
            name: value
            for name, value in load_settings(project_dir=PROJECT).variables.items()
            if name.endswith("_IMAGE")
        }
        name = f"bench-build-{uuid.uuid4().hex[:8]}"
        environment = stack_environment(name, Path(folder) / "state", **bases)
        builds = Builds(Settings(project, environment, "compose"), environment)
        make_artefacts(builds.settings)
        try:
            yield builds
        finally:
            if made := docker("images", "--quiet", f"{name}/*").split():
                docker("rmi", "--force", *set(made))


def _measure(builds: Builds, *, judged: bool) -> list[str]:
    """Print the figures and return what is wrong."""
    services = _all_services(builds) if judged else SLICE
    faults = _contexts(builds)
    yardstick_s = _seconds(lambda: _install(builds))
    print(f"yardstick: {yardstick_s:.1f} s to install the packages into a virtual environment")

    def told(name: str, took_s: float, made: str) -> None:
        print(f"{name}: {took_s:.1f} s, ratio {took_s / yardstick_s:.2f}; {made}")

    _forget(builds)
    cold_s = builds.build(services)
    first = builds.images(services)
    told("cold", cold_s, f"{len(services)} images")

    warm_s = builds.build(services)
    told("warm", warm_s, f"goal at most {WARM_MAX_S:.0f} s")
    if judged and warm_s > WARM_MAX_S:
        faults.append(f"a warm build took {warm_s:.1f} s, more than {WARM_MAX_S:.0f} s")
    if builds.images(services) != first:
        faults.append("a warm build made images anew")

    _change(builds)
    changed_s = builds.build(services)
    second = builds.images(services)
    anew = [service for service in services if second[service] != first[service]]
    told("one change", changed_s, f"made anew: {', '.join(anew)}")
    if anew != [CHANGED]:
        faults.append(f"a change in {CHANGED} made anew: {', '.join(anew) or 'nothing'}")
    return faults


def _all_services(builds: Builds) -> list[str]:
    """Those that `docker compose build` builds; jenkins only when it is named."""
    command = ["docker", "compose", "--file", str(builds.settings.compose_file), "config"]
    done = subprocess.run(
        [*command, "--format", "json"],
        env=dict(builds.environment),
        capture_output=True,
        check=True,
        text=True,
    )
    services: dict[str, dict[str, Any]] = json.loads(done.stdout)["services"]
    return [name for name, service in services.items() if "build" in service]


def _contexts(builds: Builds) -> list[str]:
    sent = {name: _sent_bytes(builds, builds.stack / name) for name in CONTEXTS}
    total = sum(sent.values())
    each = ", ".join(f"{name} {count:,}" for name, count in sent.items())
    print(f"contexts: {total:,} bytes ({each}; goal at most {CONTEXTS_MAX_BYTES:,})")
    return [f"the contexts are {total:,} bytes"] if total > CONTEXTS_MAX_BYTES else []


def _sent_bytes(builds: Builds, context: Path) -> int:
    """What BuildKit says it received of a context that it has not seen before."""
    command = ["docker", "buildx", "build", "--progress=rawjson", "--output=type=cacheonly"]
    done = subprocess.run(
        [*command, "--file=-", str(context)],
        input=SENDS_ALL,
        env=dict(builds.environment),
        capture_output=True,
        check=True,
        text=True,
    )
    received: list[int] = [
        status["current"]
        for event in _documents(done.stderr)
        for status in event.get("statuses", ())
        if status["id"] == "transferring context:"
    ]
    return max(received)


def _documents(text: str) -> Iterator[dict[str, Any]]:
    """JSON documents one after the other."""
    decoder, position = json.JSONDecoder(), 0
    while (position := position + len(text[position:]) - len(text[position:].lstrip())) < len(text):
        document, position = decoder.raw_decode(text, position)
        yield document


def _install(builds: Builds) -> None:
    """The yardstick: pip installs the wheels of others, as the images do."""
    wheels = builds.stack / "backend" / "build"
    with tempfile.TemporaryDirectory(prefix="paystack-bench-") as folder:
        venv.create(folder, with_pip=True)
        command = [f"{folder}/bin/pip", "install", "--quiet", "--no-index", "--require-hashes"]
        subprocess.run(
            [*command, f"--find-links={wheels}", f"--requirement={wheels / 'services.lock'}"],
            check=True,
            timeout=BUILD_TIMEOUT_S,
        )


def _forget(builds: Builds) -> None:
    """A comment of this run in what every image copies in, so that no cache knows it.

    `--no-cache` would do more than a first build: make what images share once for each of them.
    """
    for file in (
        builds.settings.locks_dir / "services.lock",
        *(builds.stack / "gateway" / "templates").iterdir(),
    ):
        file.write_text(f"{file.read_text('utf-8')}# {uuid.uuid4()}\n", "utf-8")


def _change(builds: Builds) -> None:
    module = CHANGED.replace("-", "_")
    source = builds.stack / "backend" / CHANGED / "src" / module / "__init__.py"
    source.write_text(source.read_text("utf-8") + "\nCHANGED = True\n", "utf-8")


def _seconds(act: Callable[[], None]) -> float:
    began_s = time.monotonic()
    act()
    return time.monotonic() - began_s
