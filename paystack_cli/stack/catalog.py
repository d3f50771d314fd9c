"""The event catalog `stack/schemas/catalog.json`, read as data: event types, consumers, topics."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FORMAT = 1


@dataclass(frozen=True, slots=True)
class EventType:
    """One event type: the topic it is published to and the file of its JSON Schema."""

    topic: str
    schema: Path


@dataclass(frozen=True, slots=True)
class Consumer:
    """One consuming service (its consumer group has the same name)."""

    topics: tuple[str, ...]
    dead_letter_topic: str


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as it must exist; `retention_ms` None is the broker's default, -1 is for ever."""

    partitions: int
    retention_ms: int | None


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything that travels through Kafka, by name."""

    events: Mapping[str, EventType]
    consumers: Mapping[str, Consumer]
    topics: Mapping[str, Topic]

    @property
    def dead_letter_topics(self) -> tuple[str, ...]:
        """The dead-letter topics in the order of their consumers."""
        return tuple(consumer.dead_letter_topic for consumer in self.consumers.values())


def load_catalog(path: Path) -> Catalog:
    """Read the catalog; it ships with the project, so a broken one is a bug and raises as it is."""
    document = json.loads(path.read_text(encoding="utf-8"))
    if document["format"] != FORMAT:
        raise ValueError(f"{path}: format {document['format']}, this release reads {FORMAT}")
    return Catalog(
        events={
            name: EventType(topic=entry["topic"], schema=path.parent / entry["schema"])
            for name, entry in document["events"].items()
        },
        consumers={
            name: Consumer(
                topics=tuple(entry["topics"]), dead_letter_topic=entry["deadLetterTopic"]
            )
            for name, entry in document["consumers"].items()
        },
        topics={
            name: Topic(partitions=entry["partitions"], retention_ms=entry.get("retentionMs"))
            for name, entry in document["topics"].items()
        },
    )
