"""The replay ledger: a compacted topic that remembers what became of each dead letter.

An entry is written in the transaction that sends the letter's record, so either both are there or
neither is. A letter is entered once; the key is its identity, so compaction keeps the entry.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from confluent_kafka import KafkaError, KafkaException, Message
from confluent_kafka.cimpl import NewTopic

from paystack_cli.clients.kafka import KafkaEndpoint, admin_client, answer_of, typed_errors
from paystack_cli.errors import CheckFailed
from paystack_cli.events.letter import Place
from paystack_cli.events.topic_reader import ANSWER_MAX_S, kept, read_patiently
from paystack_cli.replay.letters import Letter
from paystack_cli.replay.transactions import Record

LEDGER_TOPIC = "paystack.replay.ledger"
SCHEMA = "paystack.replay-ledger/v1"
BROKER_DEFAULT = -1
"""As many replicas as the broker gives a new topic."""


class Outcome(StrEnum):
    REPLAYED = "replayed"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one letter. `replay_id`, `count` and `plan` are those of a replay, `reason`
    that of a discard; `origin` is where its record lay when it died."""

    letter: Place
    sha256: str
    event_id: int | None
    event_type: str | None
    payment_id: int | None
    origin: Place | None
    outcome: Outcome
    at: datetime
    by: str
    plan: str | None = None
    replay_id: str | None = None
    count: int | None = None
    edited: bool = False
    target: str | None = None
    reason: str | None = None

    def key(self, cluster_id: str) -> bytes:
        """The letter's identity."""
        return "/".join((cluster_id, *map(str, self.letter))).encode()

    def value(self) -> bytes:
        """As JSON."""
        fields = asdict(self) | {"at": self.at.isoformat(timespec="milliseconds")}
        return json.dumps({"schema": SCHEMA, **fields}).encode()

    @classmethod
    def parse(cls, value: bytes) -> Self:
        """Raises ValueError, KeyError or TypeError for what is no entry of this version."""
        fields: dict[str, Any] = json.loads(value)
        if fields.pop("schema") != SCHEMA:
            raise ValueError("another schema")
        return cls(
            **fields
            | {
                "letter": Place(*fields["letter"]),
                "origin": fields["origin"] and Place(*fields["origin"]),
                "outcome": Outcome(fields["outcome"]),
                "at": datetime.fromisoformat(fields["at"]),
            }
        )


@dataclass(slots=True)
class Handled:
    """The entries that matter for some letters: of themselves, their origins and their events."""

    by_place: dict[Place, Entry] = field(default_factory=dict)
    by_origin: dict[Place, Entry] = field(default_factory=dict)
    replays: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By dead-letter topic and event id."""

    def add(self, entry: Entry) -> None:
        """Notes an entry; one of the same letter is replaced by it, as in the topic."""
        self.by_place[entry.letter] = entry
        if entry.origin is not None:
            self.by_origin[entry.origin] = entry
        if entry.outcome is Outcome.REPLAYED and entry.event_id is not None:
            self.replays[entry.letter.topic, entry.event_id] += 1

    def entry_of(self, letter: Letter) -> Entry | None:
        """The entry of this letter, or of another letter of the same dead record.

        A topic that was deleted and made anew has other letters at the same places.
        """
        own = self.by_place.get(letter.place)
        if own is not None and own.sha256 == letter.sha256:
            return own
        origin = origin_of(letter)
        return None if origin is None else self.by_origin.get(origin)

    def count(self, letter: Letter) -> int:
        """How often the letter's event was replayed out of its topic."""
        event_id = letter.event_id
        return 0 if event_id is None else self.replays[letter.place.topic, event_id]


def origin_of(letter: Letter) -> Place | None:
    """Where the letter's record lay when it died; None when its headers do not say all of it."""
    origin = letter.origin
    if origin.topic is None or origin.partition is None or origin.offset is None:
        return None
    return Place(origin.topic, origin.partition, origin.offset)


class ReplayLedger:
    """The ledger topic of one cluster."""

    def __init__(self, endpoint: KafkaEndpoint, cluster_id: str) -> None:
        self._endpoint = endpoint
        self._cluster_id = cluster_id

    @classmethod
    def at(cls, endpoint: KafkaEndpoint) -> Self:
        """That of the cluster which answers there. Raises ServerUnreachable, ServerFailed."""
        with typed_errors(endpoint, "cluster id"):
            found = admin_client(endpoint).list_topics(timeout=ANSWER_MAX_S)
        return cls(endpoint, str(found.cluster_id))

    def create(self) -> None:
        """Makes the topic where the stack has not. Raises ServerRefused, ServerFailed, …"""
        admin = admin_client(self._endpoint)
        topic = NewTopic(
            LEDGER_TOPIC,
            num_partitions=1,
            replication_factor=BROKER_DEFAULT,
            config={"cleanup.policy": "compact"},
        )
        with typed_errors(self._endpoint, LEDGER_TOPIC):
            if LEDGER_TOPIC in admin.list_topics(timeout=ANSWER_MAX_S).topics:
                return
            created = admin.create_topics([topic], request_timeout=ANSWER_MAX_S)[LEDGER_TOPIC]
            try:
                answer_of(created, ANSWER_MAX_S)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise

    def entries(self) -> Iterator[Entry]:
        """Every committed entry, oldest first; none where there is no ledger.

        Raises CheckFailed when there is something in the topic that is no entry.
        """
        admin = admin_client(self._endpoint)
        with typed_errors(self._endpoint, LEDGER_TOPIC):
            if LEDGER_TOPIC not in admin.list_topics(timeout=ANSWER_MAX_S).topics:
                return
        # What another run is about to commit counts too.
        spans = kept(self._endpoint, [LEDGER_TOPIC], committed=False)
        for message in read_patiently(self._endpoint, spans):
            if (message.key() or b"").startswith(f"{self._cluster_id}/".encode()):
                yield _entry(message)

    def handled(self, topics: Collection[str]) -> Handled:
        """What became of the letters of these dead-letter topics."""
        found = Handled()
        for entry in self.entries():
            if entry.letter.topic in topics:
                found.add(entry)
        return found

    def record(self, entry: Entry) -> Record:
        """The record that enters `entry`, for the transaction of what it tells of."""
        return Record(LEDGER_TOPIC, None, entry.key(self._cluster_id), entry.value())


def _entry(message: Message) -> Entry:
    try:
        return Entry.parse(message.value() or b"")
    except (ValueError, KeyError, TypeError) as error:
        raise CheckFailed(
            f"{LEDGER_TOPIC} {message.partition()}@{message.offset()} is no entry of the replay"
            f" ledger ({error}): whether its letter was replayed is not known",
            hint="use the paystack that wrote it",
        ) from error
