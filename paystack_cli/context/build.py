"""One build as far as its context goes: the folder, its ignore file, what the Dockerfile takes.

Sources: docker/cli (build.GetContextFromLocalDir), buildx (LoadInputs) and moby/buildkit
(frontend/dockerui) for how the files are found.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from paystack_cli.context.builder import Builder
from paystack_cli.context.errors import NotMeasurable
from paystack_cli.context.ignore_file import IGNORE_FILE, Rule, read_ignore_file
from paystack_cli.context.sent import Sent, sent_by_buildkit, sent_by_classic
from paystack_cli.context.sources import EVERYTHING, wanted_sources

DOCKERFILE = "Dockerfile"
OTHER_DOCKERFILE = "dockerfile"
"""Taken where there is no `Dockerfile`."""

DOCKERFILE_BYTES_MAX = 1024 * 1024
"""Of a Dockerfile that is read; a larger one is none."""

_REMOTE = re.compile(
    r"-|(?:https?|git|ssh)://.*|git@.*|github\.com/.*|(?:docker-image|oci-layout):.*"
)


class Build(NamedTuple):
    """`root` is the context's folder; `dockerfile` None where there is none to read.

    `ignore_file` is where the rules of this builder come from, whether it exists or not; `wanted`
    are the sources that BuildKit's client is asked for.
    """

    root: Path
    builder: Builder
    dockerfile: Path | None
    ignore_file: Path
    rules: tuple[Rule, ...]
    wanted: tuple[str, ...]

    @property
    def dockerfile_name(self) -> str:
        """Where the Dockerfile lies in the context. Raises NotMeasurable when it lies outside."""
        if self.dockerfile is None:
            return DOCKERFILE
        try:
            return self.dockerfile.absolute().relative_to(self.root.absolute()).as_posix()
        except ValueError as error:
            raise NotMeasurable(
                f"{self.dockerfile} is not in {self.root}: the classic builder adds it to what it"
                " sends under a random name",
                hint="measure --builder buildkit, or keep the Dockerfile in the context",
            ) from error

    def sent(self) -> Sent:
        """The exact list and its bytes. Raises IgnoreFileRefused, ContextRefused, NotMeasurable."""
        if self.builder is Builder.CLASSIC:
            return sent_by_classic(self.root, self.rules, dockerfile=self.dockerfile_name)
        return sent_by_buildkit(self.root, self.rules, wanted=self.wanted)


def open_build(
    context: str | Path,
    *,
    builder: Builder = Builder.BUILDKIT,
    dockerfile: Path | None = None,
    ignore_file: Path | None = None,
    target: str | None = None,
    args: Mapping[str, str] | None = None,
) -> Build:
    """Find and read the files that decide about a context.

    A relative `dockerfile` or `ignore_file` is looked for in the current folder, then in the
    context. Without a Dockerfile the build is taken for one that wants everything. Raises
    NotMeasurable for a context that is no folder here, IgnoreFileRefused for refused rules.
    """
    root = _folder(context)
    found = _dockerfile(root, dockerfile)
    rules_file = _ignore_file(root, ignore_file, found, builder)
    wanted: tuple[str, ...] = (EVERYTHING,)
    if found is not None and builder is Builder.BUILDKIT:
        wanted = wanted_sources(_text(found), target=target, args=args)
    return Build(root, builder, found, rules_file, read_ignore_file(rules_file), wanted)


def _folder(context: str | Path) -> Path:
    if _REMOTE.fullmatch(str(context)):
        raise NotMeasurable(
            f"the context {context} does not lie on this machine: what is sent cannot be measured",
            hint="fetch it into a folder and measure that",
        )
    root = Path(context)
    if not root.is_dir():
        raise NotMeasurable(f"{context} is no folder", hint="name the folder that a build is given")
    return root


def _dockerfile(root: Path, named: Path | None) -> Path | None:
    if named is not None:
        return _existing(root, named, "Dockerfile")
    usual = (root / DOCKERFILE, root / OTHER_DOCKERFILE)
    return next((path for path in usual if path.is_file()), None)


def _ignore_file(root: Path, named: Path | None, dockerfile: Path | None, builder: Builder) -> Path:
    if named is not None:
        return _existing(root, named, "ignore file")
    if dockerfile is not None and builder is Builder.BUILDKIT:
        own = dockerfile.with_name(dockerfile.name + IGNORE_FILE)
        if own.is_file():
            return own
    return root / IGNORE_FILE


def _existing(root: Path, named: Path, what: str) -> Path:
    for path in (named, root / named):
        if path.is_file():
            return path
    raise NotMeasurable(f"there is no {what} {named}", hint=f"name a file here or in {root}")


def _text(dockerfile: Path) -> str:
    try:
        content = dockerfile.read_bytes()
    except OSError as error:
        raise NotMeasurable(
            f"cannot read {dockerfile}: {error.strerror}", hint="make it readable"
        ) from error
    if len(content) > DOCKERFILE_BYTES_MAX:
        raise NotMeasurable(f"{dockerfile} is no Dockerfile", hint="name another --dockerfile")
    return content.decode("utf-8", "surrogateescape")
