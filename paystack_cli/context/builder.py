"""The two builders: which folders each one enters, and which files it keeps by itself.

Sources: docker/cli (TrimBuildFilesFromExcludes) and moby/go-archive for the classic builder,
tonistiigi/fsutil (filterFS.Walk) for BuildKit.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from enum import StrEnum

from paystack_cli.context.ignore_file import IGNORE_FILE, Rule, added_rule
from paystack_cli.context.matcher import Inherited, Match, Matcher


class Builder(StrEnum):
    """What builds the image."""

    BUILDKIT = "buildkit"
    CLASSIC = "classic"


class Filter(ABC):
    """The rules of an ignore file as one builder applies them."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.matcher = Matcher(rules)

    def match(self, path: str, inherited: Inherited) -> Match:
        """What the rules say about a path whose folder gave `inherited`."""
        return self.matcher.match(path, inherited)

    @abstractmethod
    def enters(self, folder: str, match: Match) -> bool:
        """Whether the builder looks into a folder that `match` excludes."""


class ClassicFilter(Filter):
    """It enters when an exception begins, to the letter, with the folder's path."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        super().__init__(rules)
        self._exceptions = [f"{exception}/" for exception in self.matcher.exceptions]

    def enters(self, folder: str, match: Match) -> bool:
        return any(exception.startswith(f"{folder}/") for exception in self._exceptions)


class BuildKitFilter(Filter):
    """It enters when an exception begins so, or when any exception holds a wildcard."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        super().__init__(rules)
        exceptions = [without_trailing_glob(text) for text in self.matcher.exceptions]
        self._only_prefixes = all(WILDCARDS.isdisjoint(text) for text in exceptions)
        self._exceptions = [f"{text}/" for text in exceptions]

    def sends_content(self, path: str, match: Match) -> bool:
        """Whether a file that `match` lets through arrives with its content, and not empty.

        When a file is opened BuildKit asks its rules in another way than during the walk, and a
        few files with exceptions among their rules it then finds excluded.
        """
        if not (self._exceptions and match.inherited):
            return True  # no rule at all matches it or a folder above it
        return not self.matcher.matches_with_folders(path)

    def enters(self, folder: str, match: Match) -> bool:
        return not self._only_prefixes or any(
            exception.startswith(f"{folder}/") for exception in self._exceptions
        )


WILDCARDS = frozenset("*[]?^\\")


def without_trailing_glob(pattern: str) -> str:
    """The pattern without a last component of stars, which only says "all in it"."""
    return pattern.removesuffix("/**").removesuffix("/*")


def with_build_files(rules: Sequence[Rule], dockerfile: str) -> tuple[Rule, ...]:
    """The rules, and an exception for each of the client's own files that they exclude.

    The exception is a pattern, too: a name with a star in it keeps more than one file.
    """
    kept = list(rules)
    for file in (IGNORE_FILE, dockerfile):
        if Matcher(kept).matches_file(file):
            kept.append(added_rule(file))
    return tuple(kept)
