"""Kafka for tests: topics of their own, deleted with them, and which groups there are."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

ANSWER_TIMEOUT_S = 30.0


def groups(bootstrap: str) -> set[str]:
    """The consumer groups that the broker knows."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    found = admin.list_consumer_groups().result(ANSWER_TIMEOUT_S)
    return {group.group_id for group in found.valid}


@contextmanager
def own_topic(bootstrap: str, *, partitions: int = 1) -> Iterator[str]:
    """The name of a new topic that is there until the end of the block."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    name = f"test.{uuid.uuid4().hex}"
    topic = NewTopic(name, num_partitions=partitions, replication_factor=1)
    admin.create_topics([topic])[name].result(ANSWER_TIMEOUT_S)
    try:
        yield name
    finally:
        admin.delete_topics([name])[name].result(ANSWER_TIMEOUT_S)
