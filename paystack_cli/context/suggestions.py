"""New lines for an ignore file, each measured, none that drops what the Dockerfile takes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from paystack_cli.context.audit import ANYWHERE
from paystack_cli.context.build import Build
from paystack_cli.context.builder import BuildKitFilter
from paystack_cli.context.ignore_file import Rule, parse_ignore_file
from paystack_cli.context.measurement import Amount, Measurement, measure
from paystack_cli.context.secrets import is_secret_like
from paystack_cli.context.sources import EVERYTHING
from paystack_cli.context.walk import walk

LINES_MAX = 20
"""How many lines are suggested at most."""

NEEDLESS = (
    *(".git", ".hg", ".svn", ".idea", ".vscode", ".DS_Store", "Thumbs.db", "*.swp", "*~"),
    *("node_modules", "bower_components", ".npm", ".next", ".nuxt", ".parcel-cache", ".turbo"),
    *("__pycache__", "*.pyc", ".venv", "venv", ".tox", ".nox", ".mypy_cache", ".ruff_cache"),
    *(".pytest_cache", ".hypothesis", "*.egg-info", ".coverage", "htmlcov", "coverage"),
    *(".gradle", ".terraform", ".cache", ".eslintcache", "*.log", "*.tmp", "*.bak", "*.orig"),
)
"""What tools leave behind, and no image needs unless its Dockerfile names it."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A line, and what it keeps out besides all lines before it."""

    line: str
    saves: Amount


def suggest(build: Build) -> list[Suggestion]:
    """Lines to add to the build's ignore file, in their order. Raises what `measure` raises."""
    rules = list(build.rules)
    before = measure(build.root, rules)
    found: list[Suggestion] = []
    for line in _candidates(build, before):
        added = parse_ignore_file(line.encode("utf-8", "surrogateescape"))
        after = measure(build.root, [*rules, *added])
        saves = Amount(
            before.after.files - after.after.files, before.after.bytes - after.after.bytes
        )
        if saves.files and not _drops_named(build, [*rules, *added]):
            found.append(Suggestion(line, saves))
            rules += added
            before = after
        if len(found) == LINES_MAX:
            break
    return found


def write_lines(build: Build, suggestions: Iterable[Suggestion]) -> None:
    """Append the lines to the build's ignore file, which is made where there is none."""
    path = build.ignore_file
    text = path.read_bytes() if path.exists() else b""
    if text and not text.endswith(b"\n"):
        text += b"\n"
    lines = (
        f"{suggestion.line}\n".encode("utf-8", "surrogateescape") for suggestion in suggestions
    )
    path.write_bytes(text + b"".join(lines))


def _candidates(build: Build, measured: Measurement) -> Iterator[str]:
    """Names that are here and needless, secret-like files, then folders that nothing takes."""
    here = set(_names(build.root, build.rules))
    known = parse_ignore_file("\n".join(NEEDLESS).encode())
    for rule in known:
        matcher = BuildKitFilter([rule])
        if any(matcher.match(name, ()).excluded for name in here):
            yield ANYWHERE + rule.pattern
    for path in measured.secrets:
        if is_secret_like(path):
            yield _literal(path)


def _names(root: Path, rules: Sequence[Rule]) -> Iterator[str]:
    """The last component of every entry that is let through."""
    for visit in walk(root, BuildKitFilter(rules)):
        if not visit.match.excluded:
            yield visit.entry.path.rpartition("/")[2]


def _literal(path: str) -> str:
    """A pattern that means this path alone."""
    return "".join(f"\\{c}" if c in "*?[]\\" else c for c in path)


def _drops_named(build: Build, rules: Sequence[Rule]) -> bool:
    """Whether a source that the Dockerfile names would lose something that it was sent."""
    named = [source.strip("/") for source in build.wanted if source != EVERYTHING]
    if not named:
        return False
    chosen = BuildKitFilter(rules)
    kept_before = _kept(build.root, BuildKitFilter(build.rules), named)
    return kept_before != _kept(build.root, chosen, named)


def _kept(root: Path, chosen: BuildKitFilter, named: Sequence[str]) -> int:
    """How many entries at or below the named sources are let through."""
    return sum(
        not visit.match.excluded and not visit.entry.is_folder
        for visit in walk(root, chosen)
        if any(
            visit.entry.path == name or visit.entry.path.startswith(f"{name}/") for name in named
        )
    )
