"""Whether a path is excluded by the rules of an ignore file, and which rule decided it.

Source: moby/patternmatcher, PatternMatcher.MatchesUsingParentResults.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from paystack_cli.context.ignore_file import Rule
from paystack_cli.context.pattern import BYTE_ORDER_MARK, UNESCAPED, Pattern, Way

Inherited = tuple[object, ...]
"""What a path is told of the folder that holds it: for each pattern, whether it matched there."""

NO_MATCH: Inherited = ()
"""Of the context's root, and of a folder that no pattern matched."""


class Match(NamedTuple):
    """What the patterns say about one path.

    `excluded`; `inherited` by what the path holds when it is a folder; `decided_by` is the index of
    the last pattern that changed the outcome, None when none did.
    """

    excluded: bool
    inherited: Inherited
    decided_by: int | None


UNTOUCHED = Match(excluded=False, inherited=NO_MATCH, decided_by=None)


class Matcher:
    """The rules of one ignore file, compiled."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.patterns: Sequence[Pattern] = [Pattern(rule) for rule in rules]
        self.exceptions = [pattern.text for pattern in self.patterns if pattern.is_exception]
        self._may_match = _Hints(self.patterns)

    def match(self, path: str, inherited: Inherited = NO_MATCH) -> Match:
        """Decide about a path, relative to the root, whose folder gave `inherited`.

        Raises IgnoreFileRefused when a pattern is needed that RE2 cannot read.
        """
        if not inherited and not self._may_match(path):
            return UNTOUCHED
        excluded = False
        decided_by = None
        matched = [False] * len(self.patterns)
        for index, pattern in enumerate(self.patterns):
            if inherited and inherited[index]:
                match = True
            elif pattern.is_exception is excluded:
                match = pattern.matches(path)
            else:
                continue  # it could not change the outcome; Go does not even note its match
            if match:
                matched[index] = True
                if pattern.is_exception is excluded:
                    decided_by = index
                excluded = not pattern.is_exception
        return Match(excluded, tuple(matched) if any(matched) else NO_MATCH, decided_by)

    def matches_with_folders(self, path: str) -> bool:
        """The question of `MatchesOrParentMatches`: each pattern against the path and its folders.

        `match` does not note what could not change the outcome for a folder; this has no folder's
        outcome to start from, and now and then says otherwise.
        """
        if not self._may_match_at_all(path):
            return False
        above = _folders(path)
        excluded = False
        for pattern in self.patterns:
            if pattern.is_exception is excluded and (
                pattern.matches(path) or any(map(pattern.matches, above))
            ):
                excluded = not pattern.is_exception
        return excluded

    def _may_match_at_all(self, path: str) -> bool:
        return self._may_match(path) or any(map(self._may_match, _folders(path)))

    def matches_file(self, path: str) -> bool:
        """The older question of docker's client (`patternmatcher.Matches`) about a build file.

        It looks at one folder above the file only, the one as deep as the pattern.
        """
        folders = path.split("/")[:-1]
        excluded = False
        for pattern in self.patterns:
            if pattern.is_exception is not excluded:
                continue
            depth = pattern.text.count("/") + 1
            above = "/".join(folders[:depth]) if depth <= len(folders) else None
            if pattern.matches(path) or (above is not None and pattern.matches(above)):
                excluded = not pattern.is_exception
        return excluded


def _folders(path: str) -> list[str]:
    """The folders above a path, from the top down."""
    ends = (position for position, character in enumerate(path) if character == "/")
    return [path[:end] for end in ends]


_SPECIAL = re.compile(r"[*?\[\]\\]")


class _Hints:
    """A quick look whether any pattern could match a path; it may say yes without need.

    Most paths are touched by no rule, and asking each rule costs more than reading the tree.
    """

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        exact, heads, tails = set[str](), set[str](), set[str]()
        self._always = False
        self._levels = set[int]()
        for pattern in patterns:
            text = pattern.text
            match pattern.way:
                case Way.EXACT:
                    exact.add(text)
                case Way.PREFIX:
                    heads.add(text[:-2])
                case Way.SUFFIX:
                    tails.add(text[2:])
                    exact.add(text[3:])
                case Way.EXPRESSION:
                    self._add_expression(text, heads, tails)
        self._exact = exact
        self._heads = tuple(heads)
        self._tails = tuple(tails)

    def _add_expression(self, text: str, heads: set[str], tails: set[str]) -> None:
        text = text.removeprefix(BYTE_ORDER_MARK)
        if not UNESCAPED.isdisjoint(text):
            self._always = True
            return
        first, *_, last = [*_SPECIAL.finditer(text)] * 2
        head = text[: first.start()]
        # What follows a backslash may be a class of characters (\d) or belong to it (\x41).
        tail = "" if last.group() == "\\" else text[last.end() :].lstrip("/")
        if tail:
            tails.add(tail)
        elif head:
            heads.add(head)
        elif "**" in text or not set(text).isdisjoint("[]\\"):
            self._always = True
        else:
            self._levels.add(text.count("/"))

    def __call__(self, path: str) -> bool:
        return (
            path in self._exact
            or path.endswith(self._tails)
            or path.startswith(self._heads)
            or self._always
            or not path.isascii()
            or (bool(self._levels) and path.count("/") in self._levels)
        )
