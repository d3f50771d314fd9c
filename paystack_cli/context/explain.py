"""Why one path is sent or not, by either builder."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paystack_cli.context.build import Build, open_build
from paystack_cli.context.builder import (
    Builder,
    BuildKitFilter,
    ClassicFilter,
    Filter,
    with_build_files,
)
from paystack_cli.context.ignore_file import Rule
from paystack_cli.context.matcher import NO_MATCH
from paystack_cli.errors import UsageError


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a builder is sent the path; `rule` decided it, where one did."""

    builder: Builder
    is_sent: bool
    rule: Rule | None
    reason: str


def explain(
    root: Path, path: str, *, dockerfile: Path | None = None, target: str | None = None
) -> list[Verdict]:
    """What each builder does with a path of the context, relative to its root.

    Raises UsageError for a path that does not exist, and what `open_build` and `sent` raise.
    """
    place = root / path
    if not (place.exists() or place.is_symlink()):
        raise UsageError(f"{root} holds no {path}", hint=f"ls {root}")
    verdicts = []
    for builder in Builder:
        build = open_build(root, builder=builder, dockerfile=dockerfile, target=target)
        verdicts.append(_verdict(build, path))
    return verdicts


def _verdict(build: Build, path: str) -> Verdict:
    sent = build.sent()
    is_sent = path in sent.paths
    rule, reason = _decision(_filter(build), path)
    if is_sent and reason is not None:
        return Verdict(build.builder, True, rule, "its folder is sent for what it holds")
    if is_sent:
        return Verdict(build.builder, True, rule, _restored(rule))
    if reason is not None:
        return Verdict(build.builder, False, rule, reason)
    if (build.root / path).is_socket():
        return Verdict(build.builder, False, rule, "this builder leaves out sockets")
    return Verdict(build.builder, False, None, _unwanted(build))


def _filter(build: Build) -> Filter:
    if build.builder is Builder.CLASSIC:
        return ClassicFilter(with_build_files(build.rules, build.dockerfile_name))
    return BuildKitFilter(build.rules)


def _restored(rule: Rule | None) -> str:
    if rule is None:
        return "no rule matches it"
    if rule.line is None:
        return "the builder keeps its own files"
    return "an exception lets it through"


def _unwanted(build: Build) -> str:
    if not build.wanted:
        return "the Dockerfile takes nothing from the context"
    return f"the Dockerfile takes only {', '.join(build.wanted)}"


def _decision(chosen: Filter, path: str) -> tuple[Rule | None, str | None]:
    """The rule that decides, and why the path is not sent; no reason for one that is."""
    inherited = NO_MATCH
    rule: Rule | None = None
    for part, is_last in _parts(path):
        found = chosen.match(part, inherited)
        inherited = found.inherited
        index = found.decided_by
        rule = None if index is None else chosen.matcher.patterns[index].rule
        if found.excluded and is_last:
            return rule, "a rule excludes it"
        if found.excluded and not chosen.enters(part, found):
            return rule, f"a rule excludes the folder {part}, and the builder does not enter it"
    return rule, None


def _parts(path: str) -> Iterator[tuple[str, bool]]:
    """The folders above the path from the top down, then itself, which is the last one."""
    names = path.split("/")
    for depth in range(1, len(names) + 1):
        yield "/".join(names[:depth]), depth == len(names)
