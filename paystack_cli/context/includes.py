"""The part of a context that a Dockerfile asks for: paths, with the links on their way followed.

Source: tonistiigi/fsutil, FollowLinks and filterFS.Walk.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from paystack_cli.context.builder import WILDCARDS, BuildKitFilter, without_trailing_glob
from paystack_cli.context.go_path import BadPatternError, clean, match
from paystack_cli.context.ignore_file import Rule, matcher_rule
from paystack_cli.context.matcher import UNTOUCHED, Inherited, Match, Matcher

_NAME_WILDCARDS = frozenset("*?[")


class WantedFilter(BuildKitFilter):
    """BuildKit's rules, and of what they keep only what a Dockerfile asks for.

    What is inherited are two matches: of the rules, and of the wanted paths.
    """

    def __init__(self, rules: Sequence[Rule], wanted: Iterable[str]) -> None:
        super().__init__(rules)
        sought = [rule for path in wanted if (rule := matcher_rule(path)) is not None]
        self._wanted = Matcher(sought)
        prefixes = [without_trailing_glob(r.pattern) for r in sought if not r.is_exception]
        self._only_prefixes_wanted = all(WILDCARDS.isdisjoint(text) for text in prefixes)
        self._prefixes = [f"{text}/" for text in prefixes]

    def match(self, path: str, inherited: Inherited) -> Match:
        above = inherited if isinstance(inherited, _Both) else _AT_THE_ROOT
        ruled = super().match(path, above.ruled.inherited)
        wanted = self._wanted.match(path, above.wanted.inherited)
        excluded = ruled.excluded or not _is_wanted(wanted)
        return Match(excluded, _Both(ruled, wanted), ruled.decided_by)

    def sends_content(self, path: str, match: Match) -> bool:
        assert isinstance(match.inherited, _Both)  # noqa: S101 - our own `match` made it
        is_wanted = not self._wanted.exceptions or self._wanted.matches_with_folders(path)
        return is_wanted and super().sends_content(path, match.inherited.ruled)

    def enters(self, folder: str, match: Match) -> bool:
        assert isinstance(match.inherited, _Both)  # noqa: S101 - our own `match` made it
        ruled, wanted = match.inherited
        may_hold = (
            _is_wanted(wanted)
            or not self._only_prefixes_wanted
            or any(prefix.startswith(f"{folder}/") for prefix in self._prefixes)
        )
        return may_hold and (not ruled.excluded or super().enters(folder, ruled))


class _Both(NamedTuple):
    """What the rules say about a folder, and what the wishes say."""

    ruled: Match
    wanted: Match


_AT_THE_ROOT = _Both(UNTOUCHED, UNTOUCHED)


def _is_wanted(match: Match) -> bool:
    """The matcher calls what its patterns match "excluded", whatever they are patterns of."""
    return match.excluded


def follow_links(root: Path, paths: Iterable[str]) -> tuple[str, ...] | None:
    """The paths and all that the links among them lead to; None when that is the whole context."""
    found: set[str] = set()
    for path in paths:
        _append(root, path, found)
    kept: list[str] = []
    for path in sorted(found):
        if path == ".":
            return None
        if not (kept and path.startswith(f"{kept[-1]}/")):
            kept.append(path)
    return tuple(kept)


def _append(root: Path, path: str, found: set[str]) -> None:
    rest = _join(".", path)
    current = "."
    while True:
        first, _, rest = rest.partition("/")
        current = _join(current, first)
        targets = _link_targets(root, current)
        if (not rest or targets is not None) and current in found:
            return
        if targets is not None:
            found.add(current)
            for target in targets:
                _append(root, _join(target, rest), found)
            return
        if not rest:
            found.add(current)
            return


def _link_targets(root: Path, path: str) -> list[str] | None:
    """Where the link leads, from the root; None for what is no link. A wildcard may mean many."""
    folder, _, name = path.rpartition("/")
    if not _NAME_WILDCARDS.isdisjoint(name):
        targets: list[str] = []
        for other in _names(root / folder):
            if _name_matches(name, other):
                targets += _link_target(root, _join(folder, other)) or []
        return targets or None
    return _link_target(root, path)


def _link_target(root: Path, path: str) -> list[str] | None:
    try:
        target = clean(os.readlink(root / path))  # noqa: PTH115 - a Path would be cleaned already
    except OSError:
        return None
    if target.startswith("/"):
        return [target]
    return [clean("/" + _join(path.rpartition("/")[0], target))]


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []


def _name_matches(pattern: str, name: str) -> bool:
    """Whether a component of a path is one of the names that a wildcard means."""
    try:
        return match(pattern, name)
    except BadPatternError:
        return False


def _join(*parts: str) -> str:
    """`filepath.Join`."""
    return clean("/".join(part for part in parts if part)) if any(parts) else ""
