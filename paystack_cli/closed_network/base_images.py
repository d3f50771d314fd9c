"""Builds stand-ins for the stack's base images from Debian's packages, and selects them.

For a network that has packages and no image registry. An image that is there already is not built
again; --fresh builds all anew, with the packages of today.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paystack_cli.closed_network.answering import selected_engine_version
from paystack_cli.closed_network.apt_secret import write_apt_secret
from paystack_cli.closed_network.debian_root import make_debian_root
from paystack_cli.closed_network.images import BASE_IMAGES, REPOSITORY, BaseImage, name_images
from paystack_cli.closed_network.private_engine import PrivateEngine
from paystack_cli.closed_network.script import require_root, run_script, tell
from paystack_cli.closed_network.tool import run
from paystack_cli.engines.local.programs import Progress, ensure
from paystack_cli.engines.local.programs.catalog import KAFKA
from paystack_cli.engines.local.programs.fetch import fetch
from paystack_cli.engines.local.programs.store import Store
from paystack_cli.errors import PreflightError, StartFailed
from paystack_cli.stack.settings import BASE_IMAGES_FILE, Settings, load_settings

SCRIPT = "bash scripts/base-images"
RECIPES = Path("stack/base-images")

BUILD_TIMEOUT_S = 900
"""For one image; the longest takes 60 s on two cores."""

ROOT_PARENT = Path("/var/tmp")  # noqa: S108  the folder made in it has a random name
"""Debian's root folder is made here: debootstrap stumbles over a path with a space, and /tmp may
refuse devices or be too small."""

BUILD_LOG = Path(".paystack/base-images.log")
"""What the last build said."""

LOG_TAIL_LINES = 15
LINE_LENGTH_MAX = 300
"""Of a build that failed, this much goes into the error."""

PROXY_VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
"""Build arguments that every Dockerfile has, and that stay in no layer."""

DEBIAN_CONFIGURATION = (
    'LABEL org.opencontainers.image.title="paystack base of its stand-ins: Debian"',
    'LABEL org.opencontainers.image.vendor="paystack"',
    'LABEL org.opencontainers.image.description="Made from Debian packages; no official image"',
    "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    'CMD ["bash"]',
)
"""What the images made from it inherit."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every build of one run needs; `folder` is its own and is removed at the end."""

    settings: Settings
    engine: Mapping[str, str]
    names: Mapping[str, str]
    folder: Path
    progress: Progress
    fresh: bool

    @property
    def context(self) -> Path:
        """A copy of the recipes, to which artefacts are added."""
        return self.folder / "context"

    @property
    def apt_secret(self) -> Path:
        """What apt must know; see `apt_secret`."""
        return self.folder / "apt.tar.gz"


def build_base_images(settings: Settings, progress: Progress, *, fresh: bool) -> None:
    """Build what is missing (all, when `fresh`) and write the file that selects the images.

    Raises PreflightError without root or engine or on a machine that is not Debian, StartFailed
    when a build fails.
    """
    names = name_images(settings.project_dir / RECIPES, settings.locks_dir)
    engine = _engine_environment(settings, progress)
    there = set() if fresh else _images_there(engine)
    missing = [image for image in BASE_IMAGES if names[image.name] not in there]
    if missing:
        require_root("making base images", hint=f"sudo {SCRIPT}")
        state = settings.project_dir / BASE_IMAGES_FILE.parent
        state.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="base-images-", dir=state) as folder:
            shop = Workshop(settings, engine, names, Path(folder), progress, fresh)
            shutil.copytree(settings.project_dir / RECIPES, shop.context)
            write_apt_secret(shop.apt_secret)
            for image in missing:
                started = time.monotonic()
                progress(f"building {names[image.name]}")
                _build(image, shop)
                progress(f"built {image.name} in {time.monotonic() - started:.0f} s")
    _select(settings.project_dir / BASE_IMAGES_FILE, names)
    progress(
        f"{len(missing)} base images built, {len(BASE_IMAGES) - len(missing)} were there;"
        f" {BASE_IMAGES_FILE} selects them"
    )


def _engine_environment(settings: Settings, progress: Progress) -> Mapping[str, str]:
    """The environment of the client: the engine that answers there, else the private one."""
    version = selected_engine_version(settings.variables)
    if version:
        progress(f"building with Docker Engine {version}")
        return settings.variables
    private = PrivateEngine(settings, progress)
    if private.answers():
        progress("building with the private engine")
        return {**settings.variables, **private.client_variables()}
    raise PreflightError(
        "no Docker Engine answers", hint="bash scripts/docker-engine start (needs root)"
    )


def _images_there(engine: Mapping[str, str]) -> set[str]:
    """Full names; an image that is built is complete, whatever interrupted an earlier run."""
    command = ["docker", "image", "ls", "--filter", f"reference={REPOSITORY}/*"]
    return set(run([*command, "--format", "{{.Repository}}:{{.Tag}}"], engine).split())


def _build(image: BaseImage, shop: Workshop) -> None:
    if image.parent is None:
        _import_debian(image, shop)
        return
    if image.jars_lock:
        _add_jars(shop)
    command = ["docker", "build", "--progress=plain", "--tag", shop.names[image.name]]
    command += ["--file", str(shop.context / image.name / "Dockerfile")]
    command += ["--build-arg", f"{image.parent_argument}={shop.names[image.parent]}"]
    command += ["--secret", f"id=apt,src={shop.apt_secret}"]
    for name in PROXY_VARIABLES:
        if name in shop.settings.variables:
            command += ["--build-arg", name]
    if shop.fresh:
        command.append("--no-cache")
    _run_build([*command, str(shop.context)], shop)


def _run_build(command: list[str], shop: Workshop) -> None:
    log = shop.settings.project_dir / BUILD_LOG
    with log.open("wb") as file:
        done = subprocess.run(
            command,
            env={**shop.engine, "DOCKER_BUILDKIT": "1"},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            timeout=BUILD_TIMEOUT_S,
            check=False,
        )
    if done.returncode != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:]
        tail = "\n  ".join(line[:LINE_LENGTH_MAX] for line in lines)
        raise StartFailed(
            f"the image could not be built:\n  {tail}",
            hint=f"read {BUILD_LOG}, mend what it says, and run {SCRIPT} again",
        )


def _import_debian(image: BaseImage, shop: Workshop) -> None:
    settings = shop.settings
    debootstrap = ensure(
        ["debootstrap"],
        tools_dir=settings.tools_dir,
        locks_dir=settings.locks_dir,
        environment=settings.variables,
        progress=shop.progress,
    )["debootstrap"]
    archive = shop.folder / "debian.tar"
    with tempfile.TemporaryDirectory(prefix="paystack-debian-", dir=ROOT_PARENT) as root:
        make_debian_root(debootstrap, shop.context / image.name, Path(root))
        run(["tar", "--create", "--file", str(archive), "--directory", root, "."], {})
    changes = [word for change in DEBIAN_CONFIGURATION for word in ("--change", change)]
    command = ["docker", "import", *changes, str(archive), shop.names[image.name]]
    run(command, shop.engine, timeout_s=BUILD_TIMEOUT_S)


def _add_jars(shop: Workshop) -> None:
    """The pinned jars as the local engine fetches them; links, because they are large."""
    settings = shop.settings
    store = Store(settings.tools_dir, settings.locks_dir)
    if not store.place(KAFKA).exists():
        with store.staging(shop.progress) as staging:
            fetch([KAFKA], store, staging, settings.variables, shop.progress)
    folder = shop.context / "jars"
    folder.mkdir()
    for jar in store.place(KAFKA).glob("*.jar"):
        os.link(jar, folder / jar.name)


def _select(path: Path, names: Mapping[str, str]) -> None:
    """Write the file anew in one step: readers see the old one or the new one."""
    lines = [f"{image.setting}={names[image.name]}" for image in BASE_IMAGES if image.setting]
    new = path.with_suffix(".new")
    new.write_text("\n".join([f"# Written by {SCRIPT}.", *lines, ""]), encoding="utf-8")
    new.replace(path)


def main() -> int:
    """Entry point of scripts/base-images."""
    parser = argparse.ArgumentParser(prog="scripts/base-images", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="build all anew")
    fresh: bool = parser.parse_args().fresh

    return run_script("base-images", lambda: build_base_images(load_settings(), tell, fresh=fresh))


if __name__ == "__main__":
    sys.exit(main())
