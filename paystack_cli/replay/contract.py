"""Whether a record is an event that its consumers would take: the catalog's contract."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import fastjsonschema

from paystack_cli.clients.sanitize import sanitize
from paystack_cli.replay.letters import Letter
from paystack_cli.stack.catalog import Catalog

SPEC_VERSION = "1.0"


class NoEvent(Exception):
    """A record that would die again; the text says why."""


@dataclass(frozen=True, slots=True)
class Event:
    """What a value that keeps its schema says of the money."""

    event_type: str
    payment_id: int
    merchant_id: str
    amount: int
    currency: str


def read_event(catalog: Catalog, letter: Letter) -> Event:
    """The event of a letter, held to all that its consumers hold it to. Raises NoEvent."""
    event_type = letter.origin.event_type
    if event_type is None:
        raise NoEvent("header ce_type is absent")
    known = catalog.events.get(event_type)
    if known is None:
        raise NoEvent(f"event type {event_type} is not in the catalog")
    if letter.event_id is None:
        raise NoEvent("header ce_id is no outbox event id")
    if dict(letter.own_headers).get("ce_specversion") != SPEC_VERSION.encode():
        raise NoEvent(f"header ce_specversion is not {SPEC_VERSION}")
    if letter.origin.topic != known.topic:
        raise NoEvent(f"{event_type} belongs to {known.topic}, not to {letter.origin.topic}")
    value = _decoded(letter.value)
    try:
        _validator(known.schema)(value)
    except fastjsonschema.JsonSchemaValueException as error:
        raise NoEvent(f"the value breaks the schema of {event_type}: {error.message}") from error
    if letter.payment_id != value["paymentId"]:
        raise NoEvent(f"the key is not the payment id {value['paymentId']}")
    return Event(
        event_type=event_type,
        payment_id=value["paymentId"],
        merchant_id=value["merchantId"],
        amount=value["amount"],
        currency=value["currency"],
    )


def _decoded(value: bytes | None) -> Any:
    if value is None:
        raise NoEvent("the record has no value")
    try:
        return json.loads(value.decode())  # bytes could be UTF-16, which consumers do not take
    except (ValueError, RecursionError) as error:
        raise NoEvent(f"the value is no JSON: {sanitize(str(error))}") from error


@cache
def _validator(schema: Path) -> Callable[[Any], Any]:
    compiled: Callable[[Any], Any] = fastjsonschema.compile(
        json.loads(schema.read_text(encoding="utf-8"))
    )
    return compiled
