"""The cursor of a list: an opaque place in the order (requested_at, payment_id), newest first.

Seven bytes of microseconds since 1970 (until the year 4253) and eight of payment id make twenty
characters of base64url without padding, each combination of which is some place in the order.
"""

import base64
import re
from datetime import datetime, timedelta

from ingest_service.messages import CURSOR_PATTERN, validation_failed

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_TIME_BYTES, _ID_BYTES = 7, 8
_CURSOR = re.compile(CURSOR_PATTERN)

Place = tuple[datetime, int]
"""When a payment was requested (UTC, naive), and its id."""


def encode_cursor(place: Place) -> str:
    requested_at, payment_id = place
    microseconds = (requested_at - _EPOCH) // _MICROSECOND
    packed = microseconds.to_bytes(_TIME_BYTES) + payment_id.to_bytes(_ID_BYTES)
    return base64.urlsafe_b64encode(packed).decode()


def decode_cursor(cursor: str) -> Place:
    """The place that a cursor stands for. Raises Problem 400 for what cannot be one."""
    if not _CURSOR.fullmatch(cursor):
        raise validation_failed("this cursor was not given out here")
    packed = base64.urlsafe_b64decode(cursor)
    microseconds = int.from_bytes(packed[:_TIME_BYTES])
    return _EPOCH + microseconds * _MICROSECOND, int.from_bytes(packed[_TIME_BYTES:])
