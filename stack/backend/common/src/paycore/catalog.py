"""The event catalog: which event goes to which topic, and who consumes it.

`stack/schemas/catalog.json` is the only place where an event type meets a topic. A new event type
is a new entry there with its schema beside it; no code changes.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import fastjsonschema

SCHEMAS = files("paycore") / "schemas"


class UnknownEventType(Exception):
    """An event type that the catalog does not know; there is no default topic."""


class SchemaBreach(Exception):
    """An event value that does not keep its JSON Schema."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """What a worker subscribes to, and where its dead letters go."""

    name: str
    topics: tuple[str, ...]
    dead_letter_topic: str


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    partitions: int
    retention_ms: int | None
    max_message_bytes: int | None = None
    """Of one record batch; None is the broker's default."""
    cleanup_policy: str | None = None
    """`compact` keeps the latest record of each key; None deletes by age."""


@dataclass(frozen=True, slots=True)
class Catalog:
    topic_of: Mapping[str, str]
    schema_file_of: Mapping[str, str]
    consumers: Mapping[str, Consumer]
    topics: tuple[Topic, ...]


@cache
def catalog() -> Catalog:
    """The catalog of this stack, read once."""
    data = json.loads((SCHEMAS / "catalog.json").read_text(encoding="utf-8"))
    return Catalog(
        topic_of={name: event["topic"] for name, event in data["events"].items()},
        schema_file_of={name: event["schema"] for name, event in data["events"].items()},
        consumers={
            name: Consumer(name, tuple(entry["topics"]), entry["deadLetterTopic"])
            for name, entry in data["consumers"].items()
        },
        topics=tuple(
            Topic(
                name,
                entry["partitions"],
                entry.get("retentionMs"),
                entry.get("maxMessageBytes"),
                entry.get("cleanupPolicy"),
            )
            for name, entry in data["topics"].items()
        ),
    )


def resolve_topic_name(event_type: str) -> str:
    """The topic of an event type: the only mapping, for publisher, relay and workers alike.

    Raises UnknownEventType.
    """
    try:
        return catalog().topic_of[event_type]
    except KeyError:
        raise UnknownEventType(f"event type {event_type!r} is not in the catalog") from None


@cache
def _validator(event_type: str) -> Callable[[Any], Any]:
    resolve_topic_name(event_type)
    schema = json.loads(
        (SCHEMAS / catalog().schema_file_of[event_type]).read_text(encoding="utf-8")
    )
    validate: Callable[[Any], Any] = fastjsonschema.compile(schema)
    return validate


def check_value(event_type: str, value: object) -> None:
    """Checks a decoded event value against its JSON Schema.

    Raises UnknownEventType or SchemaBreach (its text names the field and the rule).
    """
    try:
        _validator(event_type)(value)
    except fastjsonschema.JsonSchemaValueException as error:
        raise SchemaBreach(f"{event_type}: {error.message}") from error
