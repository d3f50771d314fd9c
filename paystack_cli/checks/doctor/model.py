"""What an examination finds: a fact, how bad it is, and what mends it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is; only FAIL makes the exit code 1."""

    OK = "ok"
    WARN = "warn"
    """The stack works, or can be brought up, yet something should be seen to."""
    FAIL = "fail"
    """Something of the stack does not work, or could not be brought up."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A safe way to mend a finding: it loses no data, ends no process, and can be done twice."""

    does: str
    run: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact. `id` is stable ("port.gateway.8080"); `fix` is a command, None where all is well.

    `repair` is what `--fix` does about it.
    """

    id: str
    title: str
    severity: Severity
    seen: str
    fix: str | None = None
    repair: Repair | None = field(default=None, compare=False)


def well(id: str, title: str, seen: str) -> Finding:
    """A finding of nothing wrong."""
    return Finding(id, title, Severity.OK, seen)


def warning(id: str, title: str, seen: str, fix: str, repair: Repair | None = None) -> Finding:
    """A finding that should be seen to."""
    return Finding(id, title, Severity.WARN, seen, fix, repair)


def failure(id: str, title: str, seen: str, fix: str, repair: Repair | None = None) -> Finding:
    """A finding that keeps the stack from working."""
    return Finding(id, title, Severity.FAIL, seen, fix, repair)


def has_failed(findings: Iterable[Finding]) -> bool:
    """Whether any of them is a failure."""
    return any(finding.severity is Severity.FAIL for finding in findings)
