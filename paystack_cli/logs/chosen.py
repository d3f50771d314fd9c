"""Which lines of the logs are meant: by time, level, payment and text."""

import re
from dataclasses import dataclass
from datetime import datetime

from paystack_cli.engines.base import LogLine
from paystack_cli.errors import UsageError
from paystack_cli.logs.parsed import Level, Parsed, level_named, parse


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a line must be; None where nothing is asked of it. Times are `since` <= at < `until`.

    A line of plain text that names no level may be the one that says why: it has every level. A
    line without any time is of no time.
    """

    since: datetime | None = None
    until: datetime | None = None
    level: Level | None = None
    payment: str | None = None
    pattern: re.Pattern[str] | None = None

    @property
    def everything(self) -> bool:
        """Whether every line is meant."""
        return self == Wanted()

    def __call__(self, line: LogLine) -> bool:
        """Whether this line is meant."""
        if not self._in_time(line.at) or (self.pattern and not self.pattern.search(line.text)):
            return False
        if self.level is None and self.payment is None:
            return True
        parsed = parse(line.text)
        return self._matters(parsed) and self.payment in {None, parsed.payment_id}

    def _in_time(self, at: datetime | None) -> bool:
        if at is None:
            return self.since is None and self.until is None
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)

    def _matters(self, parsed: Parsed) -> bool:
        if self.level is None:
            return True
        if parsed.level is None:
            return not parsed.structured
        return parsed.level.reaches(self.level)


def read_level(text: str | None) -> Level | None:
    """A level by any name that programs give it. Raises UsageError where it is none."""
    level = None if text is None else level_named(text)
    if level is None and text is not None:
        raise UsageError(f"--level {text!r} is no level", hint=f"one of {', '.join(Level)}")
    return level


def read_pattern(text: str | None) -> re.Pattern[str] | None:
    """A regular expression. Raises UsageError where it is none."""
    if text is None:
        return None
    try:
        return re.compile(text)
    except re.error as error:
        raise UsageError(
            f"--grep {text!r} is no regular expression: {error}",
            hint="quote what is meant literally: --grep 'a\\.b'",
        ) from error


def read_payment(text: str | None) -> str | None:
    """A payment's id as lines have it. Raises UsageError where it is none."""
    if text is not None and not (text.isascii() and text.isdecimal()):
        raise UsageError(
            f"--payment {text!r} is no payment id",
            hint="find the id by its key: paystack trace MERCHANT/KEY",
        )
    return text
