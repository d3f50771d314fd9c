"""Reads `.dockerignore` as the engine's clients do: lines become patterns, with their origin.

Source: moby/patternmatcher, ignorefile.ReadAll and patternmatcher.New; Go's bufio.Scanner.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from paystack_cli.context.go_path import WHITE_SPACE, BadPatternError, clean, match
from paystack_cli.errors import UsageError

IGNORE_FILE = ".dockerignore"

LINE_BYTES_MAX = 64 * 1024
"""A longer line is refused (bufio.MaxScanTokenSize counts the line's end, too)."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class IllegalExceptionError(ValueError):
    """An exception from nothing."""

    def __init__(self) -> None:
        super().__init__('illegal exclusion pattern: "!"')


class IgnoreFileRefused(UsageError):
    """The engine refuses every build with this ignore file; `reason` is in its words."""

    def __init__(self, reason: str, *, line: int | None = None, origin: str = IGNORE_FILE) -> None:
        where = f"{origin}, line {line}" if line else origin
        super().__init__(
            f"the engine refuses {where}: {reason}", hint=f"mend {where}, then run this again"
        )
        self.reason = reason
        self.line = line


class Rule(NamedTuple):
    """One pattern of an ignore file.

    `line`: where it stands, from 1, None for what a builder adds by itself; `text`: as written;
    `pattern`: cleaned, without the `!` of an exception.
    """

    line: int | None
    text: str
    pattern: str
    is_exception: bool


def read_ignore_file(path: Path) -> tuple[Rule, ...]:
    """The rules of the file; none when it does not exist. Raises IgnoreFileRefused."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise IgnoreFileRefused(f"{error.strerror}", origin=str(path)) from error
    return parse_ignore_file(content, origin=path.name)


def parse_ignore_file(content: bytes, *, origin: str = IGNORE_FILE) -> tuple[Rule, ...]:
    """The rules in the order of the file. Raises IgnoreFileRefused as the engine would refuse."""
    return tuple(_rules(content, origin))


def added_rule(path: str) -> Rule:
    """The exception by which a builder keeps a file of its own."""
    return Rule(line=None, text=f"!{path}", pattern=path, is_exception=True)


def matcher_rule(text: str, line: int | None = None, pattern: str | None = None) -> Rule | None:
    """A line as the matcher reads it (`patternmatcher.New`); None for one that says nothing.

    `pattern` is what the ignore file's reader has made of the line, where it came from one: even
    that may begin with a `!` that the line did not begin with. Raises BadPatternError, and
    IllegalExceptionError for a `!` alone.
    """
    cleaned = (text if pattern is None else pattern).strip(WHITE_SPACE)
    if not cleaned:
        return None
    cleaned = clean(cleaned)
    is_exception = cleaned.startswith("!")
    if cleaned == "!":
        raise IllegalExceptionError
    cleaned = cleaned[1:] if is_exception else cleaned
    match(cleaned, ".")  # this is how the engine looks for malformed ones, and misses some
    return Rule(line=line, text=text, pattern=cleaned, is_exception=is_exception)


def _rules(content: bytes, origin: str) -> Iterator[Rule]:
    for number, raw in enumerate(content.split(b"\n"), start=1):
        if len(raw) >= LINE_BYTES_MAX:
            raise IgnoreFileRefused("bufio.Scanner: token too long", line=number, origin=origin)
        line = raw.removesuffix(b"\r")
        if number == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        text = line.decode("utf-8", "surrogateescape")
        text = "" if text.startswith("#") else text.strip(WHITE_SPACE)
        if not text:
            continue
        try:
            rule = matcher_rule(text, number, _read(text))
        except (BadPatternError, IllegalExceptionError) as error:
            raise IgnoreFileRefused(str(error), line=number, origin=origin) from error
        if rule is not None:
            yield rule


def _read(text: str) -> str:
    """A line as `ignorefile.ReadAll` cleans it, a leading slash dropped."""
    is_exception = text.startswith("!")
    pattern = text[1:].strip(WHITE_SPACE) if is_exception else text
    if pattern:
        pattern = clean(pattern)
        pattern = pattern[1:] if len(pattern) > 1 and pattern[0] == "/" else pattern
    return f"!{pattern}" if is_exception else pattern
