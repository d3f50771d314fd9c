"""A time as people give it to `--since` and `--until`."""

import re
from datetime import UTC, datetime, timedelta

from paystack_cli.clients.sanitize import sanitize
from paystack_cli.errors import UsageError

_AGO = re.compile(r"(?P<count>\d{1,9}(?:\.\d{1,3})?)(?P<unit>[smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def read_moment(option: str, text: str, now: datetime) -> datetime:
    """`90s`, `10m`, `2h`, `1d` before `now`, or ISO 8601; a time without a zone is local.

    Raises UsageError, naming `option`, for anything else.
    """
    try:
        if ago := _AGO.fullmatch(text):
            return now - timedelta(**{_UNITS[ago["unit"]]: float(ago["count"])})
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{option} does not understand {sanitize(text)!r}",
            hint="write it as 90s, 10m, 2h, 1d or 2026-11-22T10:00:00Z",
        ) from None
