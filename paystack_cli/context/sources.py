"""What a target of a Dockerfile takes from its context: sources of COPY, ADD and bind mounts.

Source: moby/buildkit, frontend/dockerfile/dockerfile2llb (convert.go, convert_runmount.go).
"""

import csv
import os
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from paystack_cli.context.dockerfile import (
    Dockerfile,
    Instruction,
    heredoc,
    parse_dockerfile,
    quoted_words,
)
from paystack_cli.context.errors import NotMeasurable
from paystack_cli.context.variables import expand

EVERYTHING = "/"
"""The source that is the whole context."""

_NOTHING = "scratch"
_REMOTE = re.compile(r"(?:https?|git|ssh)://|[\w.-]+@[\w.-]+:")
_KNOWN_SYNTAX = r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?:[:@].*)?"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def wanted_sources(
    text: str, *, target: str | None = None, args: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """The sources that building `target` (default: the last stage) asks of the context.

    Paths from the context's root, as BuildKit's client is told them; none when the build needs no
    context. `args` are the build's arguments. Raises NotMeasurable where that cannot be known.
    """
    dockerfile = parse_dockerfile(text)
    if dockerfile.syntax and not re.fullmatch(_KNOWN_SYNTAX, dockerfile.syntax):
        raise NotMeasurable(
            f"the Dockerfile is read by another frontend, {dockerfile.syntax}",
            hint="only docker/dockerfile is understood",
        )
    stages = _stages(dockerfile, dict(args or {}))
    wanted, is_used = set[str](), False
    for stage in _reachable(stages, _target(stages, target)):
        for source in stage.sources:
            wanted.add(source.path)
            is_used = is_used or source.is_read
    return tuple(sorted(wanted)) if is_used else ()


class _Source(NamedTuple):
    """`is_read`: the build really takes it; BuildKit is told of some that it never reads."""

    path: str
    is_read: bool = True


@dataclass
class _Stage:
    name: str
    base: "_Stage | None"
    variables: dict[str, str]
    is_known: bool
    """Whether each variable that is set is known, which a base image from elsewhere forbids."""

    sources: list[_Source] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    """Other stages by name or number; a name that is none is an image."""

    triggers: list[Instruction] = field(default_factory=list)


def _stages(dockerfile: Dockerfile, args: Mapping[str, str]) -> list[_Stage]:
    automatic = _platform_arguments()
    declared = dict(automatic)
    stages: list[_Stage] = []
    for instruction in dockerfile.instructions:
        if instruction.keyword == "FROM":
            stage = _open(instruction, stages, declared, dockerfile.escape)
            stages.append(stage)
            for trigger in stage.base.triggers if stage.base else ():
                _Run(stage, dockerfile.escape, args, declared).take(trigger)
        elif stages:
            _Run(stages[-1], dockerfile.escape, args, declared).take(instruction)
        elif instruction.keyword == "ARG":
            declared |= _declared(instruction, declared, args, {}, dockerfile.escape)
    if not stages:
        raise NotMeasurable("the Dockerfile has no FROM", hint="begin a stage with FROM")
    return stages


def _open(
    instruction: Instruction, stages: Sequence[_Stage], declared: Mapping[str, str], escape: str
) -> _Stage:
    words = instruction.text.split()
    if len(words) not in {1, 3} or (len(words) == 3 and words[1].upper() != "AS"):
        raise NotMeasurable(
            f"cannot read line {instruction.line} of the Dockerfile: FROM {instruction.text}",
            hint="write FROM image, or FROM image AS name",
        )
    image = expand(words[0], declared, escape=escape)
    name = words[2].lower() if len(words) == 3 else ""
    base = next((stage for stage in reversed(stages) if stage.name == image.lower()), None)
    if base is None or not image:
        return _Stage(name, None, {}, is_known=image == _NOTHING)
    return _Stage(name, base, dict(base.variables), base.is_known)


@dataclass(frozen=True, slots=True)
class _Run:
    """Follows the instructions of one stage."""

    stage: _Stage
    escape: str
    args: Mapping[str, str]
    declared: Mapping[str, str]

    def take(self, instruction: Instruction) -> None:
        match instruction.keyword:
            case "ARG":
                self.stage.variables |= _declared(
                    instruction, self.stage.variables, self.args, self.declared, self.escape
                )
            case "ENV":
                self.stage.variables |= self._environment(instruction)
            case "COPY" | "ADD":
                self._copy(instruction)
            case "RUN":
                for mount in instruction.flags_named("mount"):
                    self._mount(mount)
            case "ONBUILD" if instruction.trigger is not None:
                self.stage.triggers.append(instruction.trigger)

    def _copy(self, instruction: Instruction) -> None:
        origin = instruction.flag("from")
        if origin is not None:
            self.stage.needs.add(_origin(origin))
            return
        for item in instruction.items()[:-1]:
            if heredoc(item) is None:
                path = self._expand(item)
                if not _REMOTE.match(path):
                    self.stage.sources.append(_Source(_rooted(path)))

    def _mount(self, text: str) -> None:
        pairs = (entry.partition("=") for entry in next(csv.reader([text])))
        given = {key.strip().lower(): value for key, _, value in pairs}
        kind = given.get("type", "bind")
        if kind not in {"bind", "cache", "tmpfs"}:
            return
        if "from" in given:
            self.stage.needs.add(_origin(given["from"]))
        elif kind != "cache":
            path = given.get("source", given.get("src", ""))
            # A tmpfs, too, is booked to the context, whole, though nothing of it is read.
            self.stage.sources.append(_Source(_rooted(self._expand(path)), kind == "bind"))

    def _environment(self, instruction: Instruction) -> dict[str, str]:
        words = quoted_words(instruction.text, self.escape)
        if words and "=" not in words[0]:  # ENV NAME all the rest
            name, *rest = instruction.text.split(maxsplit=1)
            words = [f"{name}={rest[0] if rest else ''}"]
        # Each value sees the variables as they were before the instruction.
        pairs = [word.partition("=") for word in words]
        return {name: self._expand(value, strict=False) for name, _, value in pairs}

    def _expand(self, word: str, *, strict: bool = True) -> str:
        unknown = strict and not self.stage.is_known
        return expand(word, self.stage.variables, escape=self.escape, strict=unknown)


def _declared(
    instruction: Instruction,
    variables: Mapping[str, str],
    args: Mapping[str, str],
    outer: Mapping[str, str],
    escape: str,
) -> dict[str, str]:
    """What an ARG sets: the build's value, else its default, else that of the same ARG outside."""
    found: dict[str, str] = {}
    for word in quoted_words(instruction.text, escape):
        name, has_default, default = word.partition("=")
        if name in args:
            found[name] = args[name]
        elif has_default:
            found[name] = expand(default, {**variables, **found}, escape=escape)
        elif name in outer:
            found[name] = outer[name]
    return found


def _platform_arguments() -> dict[str, str]:
    """The arguments that BuildKit sets by itself; an unknown machine has none."""
    architecture = _ARCHITECTURES.get(os.uname().machine)
    if architecture is None:
        return {}
    parts = {
        "OS": "linux",
        "ARCH": architecture,
        "VARIANT": "",
        "PLATFORM": f"linux/{architecture}",
    }
    return {f"{side}{part}": value for side in ("BUILD", "TARGET") for part, value in parts.items()}


def _origin(name: str) -> str:
    if "$" in name:
        raise NotMeasurable(
            f"the Dockerfile takes from {name}: BuildKit replaces no variable there",
            hint="name a stage: FROM … AS name",
        )
    return name.lower()


def _rooted(path: str) -> str:
    """`path.Join("/", path)`: nothing leads out of the context."""
    return "/" + posixpath.normpath(f"/{path}").lstrip("/")


def _target(stages: Sequence[_Stage], target: str | None) -> _Stage:
    if target is None:
        return stages[-1]
    found = _find(stages, target.lower())
    if found is None:
        raise NotMeasurable(
            f"the Dockerfile has no stage {target}",
            hint="stages: " + (", ".join(stage.name for stage in stages if stage.name) or "none"),
        )
    return found


def _find(stages: Sequence[_Stage], name: str) -> _Stage | None:
    if name.isdigit():
        return stages[int(name)] if int(name) < len(stages) else None
    return next((stage for stage in reversed(stages) if stage.name == name), None)


def _reachable(stages: Sequence[_Stage], target: _Stage) -> Iterator[_Stage]:
    """The target, and every stage that it is made from or takes something from."""
    seen: set[int] = set()
    waiting = [target]
    while waiting:
        stage = waiting.pop()
        if id(stage) in seen:
            continue
        seen.add(id(stage))
        yield stage
        needed = (_find(stages, name) for name in stage.needs)
        waiting += [other for other in (stage.base, *needed) if other is not None]
