"""What `paystack trace` was given: a payment, an event, an idempotency key or a trace."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from paystack_cli.clients.database import Database
from paystack_cli.clients.sanitize import sanitize
from paystack_cli.errors import UsageError

NUMBER_MAX = 2**63 - 1
"""Ids are BIGINT."""

FOUND_MAX = 20
"""Payments of one key or trace that are named when there are several."""

STATEMENT_MAX_S = 30
"""Keys without their merchant and traces have no index: the server gives up after this."""

TRACE_EVENTS_MAX = 10_000
"""The events of one trace lie within so many of all payments' events."""

_TRACEPARENT = re.compile(r"(?:[0-9a-f]{2}-)?(?P<trace>[0-9a-f]{32})(?:-[0-9a-f]{16}-[0-9a-f]{2})?")
"""W3C Trace Context: the whole header, or the trace id alone."""

_KINDS = ("payment", "event", "key", "trace")


@dataclass(frozen=True, slots=True)
class Subject:
    """One way to read the word: `kind` is one of payment, event, key and trace."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind} {sanitize(self.value)}"


def read_subject(word: str) -> tuple[Subject, ...]:
    """What the word may mean, the likeliest first; `payment:`, `event:`, … before it says which.

    Raises UsageError for what can be nothing of it.
    """
    kind, colon, rest = word.partition(":")
    if colon and kind in _KINDS:
        meant: tuple[str, ...] = (kind,)
        value = rest
    else:
        value = word
        meant = _likely(word)
    if (
        not value
        or ("payment" in meant and not _is_id(value))
        or (meant == ("event",) and not _is_id(value))
    ):
        raise UsageError(
            f"{sanitize(word)!r} is no id of a payment or an event",
            hint="paystack trace PAYMENT, event:ID, MERCHANT/KEY or TRACEPARENT",
        )
    return tuple(Subject(kind, value) for kind in meant)


def find_payments(database: Database, subject: Subject, timeout_s: float) -> list[int]:
    """The ids of the payments that the subject means, newest first, at most FOUND_MAX.

    Raises ServerUnreachable, ServerRefused or ServerFailed.
    """
    limit = f"SET SESSION max_statement_time = {STATEMENT_MAX_S}"
    *_, rows = database.run((limit, *_QUERIES[subject.kind](subject.value)), timeout_s)
    return [int(payment_id) for (payment_id,) in rows]


def _likely(word: str) -> tuple[str, ...]:
    if _is_id(word):
        return ("payment", "event", "key")
    if _TRACEPARENT.fullmatch(word):
        return ("trace", "key")
    return ("key",)


def _is_id(word: str) -> bool:
    return word.isascii() and word.isdecimal() and int(word) <= NUMBER_MAX


Script = tuple[str, ...]
"""Statements of which the last selects the ids."""


def _by_payment(value: str) -> Script:
    return (f"SELECT JSON_ARRAY(payment_id) FROM payment WHERE payment_id = {int(value)}",)


def _by_event(value: str) -> Script:
    return (f"SELECT JSON_ARRAY(aggregate_id) FROM outbox_event WHERE event_id = {int(value)}",)


def _by_key(value: str) -> Script:
    merchant, slash, key = value.partition("/")
    whole = f"idempotency_key = {_text(value)}"
    both = f"(merchant_id = {_text(merchant)} AND idempotency_key = {_text(key)})"
    return (
        f"SELECT JSON_ARRAY(payment_id) FROM payment WHERE {both if slash else whole}"
        f" ORDER BY payment_id DESC LIMIT {FOUND_MAX}",
    )


def _by_trace(value: str) -> Script:
    """The newest event is looked for backwards from the end, since a trace in question is recent:
    an index would cost every authorization. The trace's other events are near that one."""
    found = _TRACEPARENT.fullmatch(value)
    trace = found["trace"] if found else value
    is_meant = f"traceparent LIKE CONCAT('__-', {_text(trace)}, '-%')"
    return (
        "SET @newest = (SELECT event_id FROM outbox_event FORCE INDEX (PRIMARY)"
        f" WHERE {is_meant} ORDER BY event_id DESC LIMIT 1)",
        "SELECT JSON_ARRAY(aggregate_id) FROM outbox_event"
        f" WHERE event_id BETWEEN @newest - {TRACE_EVENTS_MAX} AND @newest AND {is_meant}"
        f" GROUP BY aggregate_id ORDER BY aggregate_id DESC LIMIT {FOUND_MAX}",
    )


def _text(value: str) -> str:
    """A string literal that no value can break out of."""
    return f"CONVERT(X'{value.encode('utf-8', 'surrogateescape').hex()}' USING utf8mb4)"


_QUERIES: Mapping[str, Callable[[str], Script]] = {
    "payment": _by_payment,
    "event": _by_event,
    "key": _by_key,
    "trace": _by_trace,
}
