"""Brings Kafka to the topics of the catalog, then ends: exit 0 when every topic can be used.

Topics that are missing are created, those with too few partitions extended. Nothing is ever deleted
or shrunk: a topic with more partitions than the catalog says is left as it is.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from confluent_kafka.cimpl import NewPartitions, NewTopic
from paycore.catalog import Topic, catalog
from paycore.kafka import admin_client
from paycore.lifecycle import CannotStart, Stop, run_service
from paycore.logging import get_logger
from paycore.settings import Environment

BROKER_WAIT_MAX_S = 60.0
METADATA_TIMEOUT_S = 2.0
REQUEST_TIMEOUT_S = 30.0
LEADERS_WAIT_MAX_S = 30.0
LEADERS_POLL_S = 0.05
BROKER_DEFAULT = -1
"""As many replicas as the broker's default.replication.factor says."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be done, decided from what is there."""

    create: tuple[Topic, ...]
    extend: tuple[Topic, ...]


def plan(wanted: Sequence[Topic], partitions_of: Mapping[str, int]) -> Plan:
    """Compares the catalog with the partition counts of the topics that exist."""
    present = [topic for topic in wanted if topic.name in partitions_of]
    return Plan(
        create=tuple(topic for topic in wanted if topic.name not in partitions_of),
        extend=tuple(t for t in present if partitions_of[t.name] < t.partitions),
    )


def existing_topics(admin: AdminClient, bootstrap: str, stop: Stop) -> dict[str, int]:
    """Partition counts by topic, once the broker answers. Raises CannotStart when it does not."""
    deadline_s = time.monotonic() + BROKER_WAIT_MAX_S
    while not stop.requested:
        try:
            metadata = admin.list_topics(timeout=METADATA_TIMEOUT_S)
            return {name: len(topic.partitions) for name, topic in metadata.topics.items()}
        except KafkaException as error:
            if time.monotonic() > deadline_s:
                raise CannotStart(
                    f"no Kafka broker at {bootstrap} (KAFKA_BOOTSTRAP): {error}"
                ) from error
            get_logger().info("waiting_for_kafka", bootstrap=bootstrap, error=str(error))
    raise CannotStart(f"stopped while waiting for Kafka: {stop.reason}")


def carry_out(admin: AdminClient, todo: Plan) -> None:
    """Creates and extends. Raises KafkaException; what another run did meanwhile is no error."""
    if todo.create:
        created = admin.create_topics(
            [
                NewTopic(topic.name, topic.partitions, BROKER_DEFAULT, config=_config(topic))
                for topic in todo.create
            ],
            request_timeout=REQUEST_TIMEOUT_S,
        )
        _await(created, but={KafkaError.TOPIC_ALREADY_EXISTS})
    if todo.extend:
        extended = admin.create_partitions(
            [NewPartitions(topic.name, topic.partitions) for topic in todo.extend],
            request_timeout=REQUEST_TIMEOUT_S,
        )
        _await(extended, but={KafkaError.INVALID_PARTITIONS})


def _config(topic: Topic) -> dict[str, str]:
    wanted = {
        "retention.ms": topic.retention_ms,
        "max.message.bytes": topic.max_message_bytes,
        "cleanup.policy": topic.cleanup_policy,
    }
    return {name: str(value) for name, value in wanted.items() if value is not None}


def _await(answers: Mapping[Any, Future[Any]], but: set[int]) -> None:
    for answer in answers.values():
        try:
            answer.result()
        except KafkaException as error:
            if error.args[0].code() not in but:
                raise


def await_leaders(bootstrap: str, topics: Sequence[Topic], stop: Stop) -> None:
    """Waits until every partition can be read and written. Raises CannotStart.

    Kafka tells of a new topic a moment before a broker leads it, and refuses who asks meanwhile.
    """
    asked = {
        TopicPartition(topic.name, number): OffsetSpec.latest()
        for topic in topics
        for number in range(topic.partitions)
    }
    deadline_s = time.monotonic() + LEADERS_WAIT_MAX_S
    while not stop.requested:
        admin = admin_client(bootstrap)  # a new one: an older one does not see new partitions
        answers = admin.list_offsets(asked, request_timeout=METADATA_TIMEOUT_S)
        try:
            _await(answers, but=set())
            return
        except KafkaException as error:
            if time.monotonic() > deadline_s:
                raise CannotStart(f"a partition has no leader: {error}") from error
        stop.wait(LEADERS_POLL_S)
    raise CannotStart(f"stopped while waiting for leaders: {stop.reason}")


def serve(environment: Environment, stop: Stop) -> None:
    bootstrap = environment.text("KAFKA_BOOTSTRAP")
    admin = admin_client(bootstrap)
    wanted = catalog().topics
    todo = plan(wanted, existing_topics(admin, bootstrap, stop))
    # A new broker makes its offsets topic when a group is first asked for: about a second that the
    # workers would wait for at their first join. Whether the groups exist yet does not matter.
    groups = admin.describe_consumer_groups(list(catalog().consumers))
    carry_out(admin, todo)
    await_leaders(bootstrap, wanted, stop)
    wait(groups.values(), REQUEST_TIMEOUT_S)
    get_logger().info(
        "topics_ready",
        topics=len(wanted),
        created=[topic.name for topic in todo.create],
        extended=[topic.name for topic in todo.extend],
    )


if __name__ == "__main__":
    sys.exit(run_service("kafka-topics", serve))
