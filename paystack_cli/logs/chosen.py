"""Which lines of the logs are meant: by time, level, payment and text."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from paystack_cli.engines.base import LogLine
from paystack_cli.errors import UsageError
from paystack_cli.logs.parsed import Level, Parsed, parse

_AGO = re.compile(r"(?P<count>\d+(?:\.\d+)?)(?P<unit>[smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


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


def read_moment(option: str, text: str | None, now: datetime) -> datetime | None:
    """A time as people give it: `10m` ago, `2026-11-22`, `2026-11-22T17:00Z`; local without a zone.

    Raises UsageError, naming `option`, for anything else.
    """
    if text is None:
        return None
    ago = _AGO.fullmatch(text)
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago["unit"]]: float(ago["count"])})
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise UsageError(
            f"{option} is no time: {text!r}",
            hint=f"{option} 10m (also s, h, d), or ISO 8601: {option} 2026-11-22T17:00:00Z",
        ) from None


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
