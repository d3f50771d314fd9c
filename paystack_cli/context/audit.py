"""Examines the rules of an ignore file against the tree: which help, which do nothing, and why."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from paystack_cli.byte_size import format_size
from paystack_cli.context.builder import BuildKitFilter, ClassicFilter
from paystack_cli.context.errors import NotMeasurable
from paystack_cli.context.go_path import BadPatternError, match
from paystack_cli.context.ignore_file import Rule
from paystack_cli.context.matcher import Match
from paystack_cli.context.measurement import Amount, measure
from paystack_cli.context.walk import Visit, walk

RULES_MAX = 2000
"""Each rule is held against each path; an ignore file with more rules was not written by people."""

ANYWHERE = "**/"
"""Before a pattern: at any depth, as git reads every pattern without a slash."""


class Fault(StrEnum):
    """What can be wrong with a rule."""

    DEAD = "dead"
    SHADOWED = "shadowed"
    CONTRADICTORY = "contradictory"
    NOT_NESTED = "not-nested"
    ONE_BUILDER = "one-builder"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault, told for people; `saves` is what mending it would keep out in addition."""

    fault: Fault
    message: str
    saves: Amount | None = None


@dataclass(frozen=True, slots=True)
class AuditedRule:
    """A rule, what it keeps out, how many entries it lets through again, and its faults."""

    rule: Rule
    saved: Amount
    restored: int
    findings: tuple[Finding, ...]


def audit(root: Path, rules: Sequence[Rule]) -> list[AuditedRule]:
    """Examine every rule. Raises what `measure` raises, NotMeasurable above RULES_MAX."""
    if len(rules) > RULES_MAX:
        raise NotMeasurable(
            f"the ignore file has {len(rules)} rules, more than {RULES_MAX}",
            hint="paystack context show measures it all the same",
        )
    measured = measure(root, rules)
    tally = _Tally(rules)
    for visit in walk(root, _Everywhere(rules)):
        tally.add(visit)
    return [
        AuditedRule(
            rule,
            measured.saved[index],
            tally.restored[index],
            tuple(_findings(root, rules, index, tally, measured.after)),
        )
        for index, rule in enumerate(rules)
    ]


class _Everywhere(BuildKitFilter):
    """The same rules; excluded folders are looked into all the same."""

    def enters(self, folder: str, match: Match) -> bool:
        return True


@dataclass
class _Tally:
    rules: Sequence[Rule]
    matched: list[Counter[int | None]] = field(init=False)
    """By rule: who decided about the paths that it matches."""

    restored: Counter[int] = field(default_factory=Counter, init=False)
    buildkit_only: Counter[int] = field(default_factory=Counter, init=False)
    nested: Counter[int] = field(default_factory=Counter, init=False)
    """By rule: kept entries further down with a name that it would match at the root."""

    def __post_init__(self) -> None:
        self.matched = [Counter() for _ in self.rules]
        self._classic = ClassicFilter(self.rules)
        self._patterns = self._classic.matcher.patterns
        self._names = [index for index, rule in enumerate(self.rules) if _is_plain_name(rule)]
        self._closed = ""

    def add(self, visit: Visit) -> None:
        path, decided = visit.entry.path, visit.match.decided_by
        for index, pattern in enumerate(self._patterns):
            if pattern.matches(path):
                self.matched[index][decided] += 1
        if self._closed and not path.startswith(self._closed):
            self._closed = ""
        if visit.match.excluded:
            if not self._closed and not self._classic.enters(path, visit.match):
                self._closed = f"{path}/"
            return
        if decided is not None:
            self.restored[decided] += 1
            self.buildkit_only[decided] += bool(self._closed)
        above, _, name = path.rpartition("/")
        if above:
            for index in self._names:
                self.nested[index] += _matches_name(self.rules[index].pattern, name)


def _is_plain_name(rule: Rule) -> bool:
    """Whether git would look for the pattern at any depth, and the builders do not."""
    return not rule.is_exception and "/" not in rule.pattern and "**" not in rule.pattern


def _matches_name(pattern: str, name: str) -> bool:
    try:
        return match(pattern, name)
    except BadPatternError:
        return False


def _findings(
    root: Path, rules: Sequence[Rule], index: int, tally: _Tally, after: Amount
) -> Iterator[Finding]:
    rule, matched = rules[index], tally.matched[index]
    if tally.nested[index]:
        anywhere = rule._replace(pattern=ANYWHERE + rule.pattern, text=ANYWHERE + rule.text)
        mended = measure(root, [*rules[:index], anywhere, *rules[index + 1 :]]).after
        saves = Amount(after.files - mended.files, after.bytes - mended.bytes)
        if saves.files:
            yield Finding(
                Fault.NOT_NESTED,
                f"matches at the root only; {ANYWHERE}{rule.pattern} would keep out"
                f" {saves.files} files more, {format_size(saves.bytes)}",
                saves,
            )
    if not matched:
        yield Finding(Fault.DEAD, "matches nothing here")
    elif index not in matched:
        yield _idle(rules, index, matched)
    if only := tally.buildkit_only[index]:
        yield Finding(
            Fault.ONE_BUILDER,
            f"lets {only} entries through for BuildKit only: the classic builder does not look into"
            " an excluded folder unless an exception begins with its name",
        )


def _idle(rules: Sequence[Rule], index: int, matched: Counter[int | None]) -> Finding:
    """Why a rule that matches decides nothing."""
    decider, _ = matched.most_common(1)[0]
    if decider is None:
        return Finding(Fault.SHADOWED, "nothing that it matches is excluded before it")
    other = rules[decider]
    told = f"line {other.line} ({other.text})"
    if other.is_exception is rules[index].is_exception:
        return Finding(Fault.SHADOWED, f"{told} has decided already")
    return Finding(Fault.CONTRADICTORY, f"{told} undoes it")
