"""The log lines that speak of a payment: of its id, its trace or its request."""

import re
from collections.abc import Iterable, Iterator, Mapping

from paystack_cli.clients.sanitize import sanitize
from paystack_cli.engines.base import KeepLine, LogLine
from paystack_cli.logs.parsed import parse
from paystack_cli.trace.model import PaymentFacts, Source, Step

SHOWN_MAX = 200
"""Log lines of one service; more of them say the same again."""

TELLING = ("method", "path", "status", "http_status", "event_type", "outcome", "reason", "error")
"""The fields of a structured line that are shown, in this order."""


def speaks_of(facts: PaymentFacts) -> KeepLine:
    """Whether a line names the payment, its trace or its request."""
    traces = {event.traceparent.split("-")[1] for event in facts.events if event.traceparent}
    requests = {event.request_id for event in facts.events if event.request_id}
    words = sorted({str(facts.payment.payment_id), *traces, *requests})
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)")
    return lambda line: pattern.search(line.text) is not None


def log_steps(lines: Iterable[LogLine]) -> list[Step]:
    """One step a line; a line without a time has no place in a timeline."""
    return [
        Step(line.at, Source.LOG, sanitize(" ".join((line.service, *_told(line.text)))))
        for line in lines
        if line.at is not None
    ]


def _told(text: str) -> Iterator[str]:
    parsed = parse(text)
    if parsed.level is not None:
        yield parsed.level
    yield parsed.event
    yield from _telling(parsed.fields)


def _telling(fields: Mapping[str, object]) -> Iterator[str]:
    return (str(fields[name]) for name in TELLING if fields.get(name) is not None)
