"""The stack on which letters are replayed: its catalog, cluster and database."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from paystack_cli.clients.database import Database
from paystack_cli.clients.kafka import KafkaEndpoint, admin_client, typed_errors
from paystack_cli.events.topic_reader import ANSWER_MAX_S
from paystack_cli.replay.ledger import ReplayLedger
from paystack_cli.stack.catalog import Catalog


@dataclass(frozen=True)
class Site:
    """What a replay needs to know of a stack. Properties raise ServerUnreachable."""

    catalog: Catalog
    kafka: KafkaEndpoint
    database: Database

    @cached_property
    def cluster_id(self) -> str:
        return self._metadata[0]

    @property
    def partitions(self) -> Mapping[str, int]:
        """How many partitions each topic has, by topic."""
        return self._metadata[1]

    @cached_property
    def ledger(self) -> ReplayLedger:
        return ReplayLedger(self.kafka, self.cluster_id)

    def consumers(self, dead_letter_topic: str, target: str | None) -> frozenset[str]:
        """Whose letters lie in a topic; where the catalog does not say, all that read `target`."""
        known = self.catalog.consumers
        own = {name for name, one in known.items() if one.dead_letter_topic == dead_letter_topic}
        return frozenset(own or {name for name, one in known.items() if target in one.topics})

    @cached_property
    def _metadata(self) -> tuple[str, Mapping[str, int]]:
        with typed_errors(self.kafka, "list topics"):
            found = admin_client(self.kafka).list_topics(timeout=ANSWER_MAX_S)
        topics = {name: len(topic.partitions) for name, topic in found.topics.items()}
        return str(found.cluster_id), topics
