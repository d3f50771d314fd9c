"""The images of the stack's own services: which are out of date, and building those.

Whether an image is out of date is decided without Docker: by what its build reads, recorded beside
the id of the image that came out of it. So `up` of an unchanged stack builds nothing and asks for
nothing; what has changed is built by Compose, which knows better and may find it cached.
"""

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paystack_cli.engines.base import ImageBuild, ImageOutcome, Progress
from paystack_cli.engines.compose.child import Child
from paystack_cli.engines.compose.cli import ComposeCli
from paystack_cli.engines.compose.record import read_record, write_record
from paystack_cli.engines.signs import remedy
from paystack_cli.errors import StartFailed
from paystack_cli.stack.builds import Build
from paystack_cli.stack.model import Service, Stack

ARTEFACTS = Path("scripts/artefacts")
"""Makes the wheels that images copy in; relative to the project folder."""

SHARED_INPUTS = (ARTEFACTS, Path("requirements"), Path("stack/schemas"))
"""What every image may hold besides its build context."""

RECORD = "images.json"
OUTPUT_LINES = 20

_NOT_INPUTS = {"build", "dist", "tests", "__pycache__", ".pytest_cache"}
"""Folders that no image holds, or whose content is made from what is read anyway."""
_NOT_INPUT_SUFFIXES = (".egg-info", ".md")

_STEP = re.compile(r"#\d+ \[([\w.-]+)[ \]]")
_NUMBER = re.compile(r"#(\d+) ")
"""Lines of BuildKit's plain progress: a step is named once, then goes by its number."""


@dataclass(frozen=True, slots=True)
class Due:
    """An image that must be built: why, and the digest of what its build reads now."""

    service: Service
    reason: str
    digest: str


class Images:
    """The images of one stack; in `folder` is remembered what they were made from."""

    def __init__(self, project_dir: Path, stack: Stack, cli: ComposeCli, folder: Path) -> None:
        self._project_dir = project_dir
        self._stack = stack
        self._cli = cli
        self._record = folder / RECORD
        self._variables = cli.variables

    def due(self, services: Iterable[Service], image_ids: Mapping[str, str]) -> list[Due]:
        """Those of `services` whose image is absent or out of date."""
        known = read_record(self._record)
        found = []
        for service in services:
            if service.build is not None:
                digest = self._digest(service.build, image_ids)
                reason = _reason(image_of(service), digest, known, image_ids)
                if reason:
                    found.append(Due(service, reason, digest))
        return found

    def build(
        self, due: Sequence[Due], image_ids: Callable[[], Mapping[str, str]], progress: Progress
    ) -> "Built":
        """Build what is due; `image_ids` asks the engine for what there is.

        Raises StartFailed with the last words of what went wrong.
        """
        began = time.monotonic()
        for one in due:
            progress.service(one.service.name, "building", one.reason)
        self._make_artefacts()
        artefacts_s = time.monotonic() - began
        before = image_ids()
        output = _BuildOutput()
        names = [one.service.name for one in due]
        child = self._cli.start(
            *("build", *names),
            profiles=(profile for one in due for profile in one.service.profiles),
            tell=output.hear,
        )
        if child.wait() != 0:
            raise _failed("docker compose build", output.lines)
        after = image_ids()
        self._remember(due, after)
        images = tuple(_outcome(one, before, after, output.seconds(one.service)) for one in due)
        return Built(after, images, artefacts_s)

    def _make_artefacts(self) -> None:
        script = self._project_dir / ARTEFACTS
        said: list[str] = []
        if (
            script.is_file()
            and Child(["bash", str(script)], self._variables, tell=said.append).wait()
        ):
            raise _failed(str(ARTEFACTS), said)

    def _digest(self, build: Build, image_ids: Mapping[str, str]) -> str:
        """Of all that the build reads: files, arguments, and the images that they name."""
        digest = hashlib.sha256()
        arguments = sorted(build.args.items())
        bases = [image_ids.get(tagged(value)) for _, value in arguments]
        digest.update(json.dumps([str(build.dockerfile), arguments, bases]).encode())
        for path in self._inputs(build):
            digest.update(f"{path.relative_to(self._project_dir)}\0".encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def _inputs(self, build: Build) -> Iterator[Path]:
        """The files that may end up in the image; not those in the folder of another Dockerfile."""
        roots = [build.context, *(self._project_dir / shared for shared in SHARED_INPUTS)]
        others = {
            other.build.dockerfile.parent
            for other in self._stack.services.values()
            if other.build is not None and other.build.dockerfile != build.dockerfile
        }
        for root in roots:
            if root.is_file():
                yield root
            for folder, folders, files in os.walk(root):
                here = Path(folder)
                folders[:] = sorted(
                    name for name in folders if _is_input(name) and here / name not in others
                )
                yield from (here / name for name in sorted(files) if _is_input(name))

    def _remember(self, built: Iterable[Due], image_ids: Mapping[str, str]) -> None:
        known = read_record(self._record)
        for one in built:
            tag = image_of(one.service)
            known[tag] = {"inputs": one.digest, "id": image_ids.get(tag, "")}
        write_record(self._record, known)


@dataclass(frozen=True, slots=True)
class Built:
    """What was built, how long making what images copy in took, and which images there are now."""

    image_ids: Mapping[str, str]
    images: tuple[ImageBuild, ...] = ()
    artefacts_s: float = 0.0

    @property
    def seconds(self) -> dict[str, float]:
        """How long each service's image took."""
        return {image.service: image.built_s for image in self.images}


class _BuildOutput:
    """What the build says: kept for an error, timed by service."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._service_of: dict[str, str] = {}
        self._heard: dict[str, list[float]] = {}

    def hear(self, line: str) -> None:
        self.lines.append(line)
        number = _NUMBER.match(line)
        if number is None:
            return
        step = _STEP.match(line)
        if step is not None:
            self._service_of[number[1]] = step[1]
        service = self._service_of.get(number[1])
        if service is not None:
            self._heard.setdefault(service, []).append(time.monotonic())

    def seconds(self, service: Service) -> float:
        """From the first to the last word of the service's build."""
        heard = self._heard.get(service.name, [0.0])
        return heard[-1] - heard[0]


def image_of(service: Service) -> str:
    """The image's name as the engine lists it."""
    return tagged(service.image or "")


def tagged(image: str) -> str:
    """An image's name with its tag, `latest` where it has none."""
    return image if ":" in image.rpartition("/")[2] else f"{image}:latest"


def _is_input(name: str) -> bool:
    return name not in _NOT_INPUTS and not name.endswith(_NOT_INPUT_SUFFIXES)


def _reason(
    tag: str, digest: str, known: Mapping[str, Mapping[str, str]], image_ids: Mapping[str, str]
) -> str:
    """Why the image must be built; empty when it need not."""
    if tag not in image_ids:
        return "there is no image yet"
    record = known.get(tag)
    if record is None or record["id"] != image_ids[tag]:
        return "what the image was made from is not known"
    return "" if record["inputs"] == digest else "what it is made from changed"


def _outcome(
    due: Due, before: Mapping[str, str], after: Mapping[str, str], built_s: float
) -> ImageBuild:
    tag = image_of(due.service)
    same = before.get(tag) == after.get(tag)
    outcome = ImageOutcome.CACHED if same else ImageOutcome.BUILT
    return ImageBuild(due.service.name, tag, outcome, due.reason, built_s)


def _failed(command: str, said: Sequence[str]) -> StartFailed:
    words = "\n".join(line for line in said if line)
    last = "\n".join(f"  {line}" for line in words.splitlines()[-OUTPUT_LINES:])
    return StartFailed(f"{command} failed:\n{last}", hint=remedy(words))
