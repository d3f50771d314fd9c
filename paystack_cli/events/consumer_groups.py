"""Consumer groups from outside: members, what they own, lag. Joins no group."""

from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from paystack_cli.clients.kafka import (
    KafkaEndpoint,
    answer_of,
    partitions_of,
    typed_errors,
    watermarks,
)


@dataclass(frozen=True, slots=True)
class GroupStatus:
    """One group: its state as Kafka names it, members, unowned partitions, lag by topic.

    A member that is asked instead of the broker sees no other: `members` and `unowned_partitions`
    are None then.
    """

    state: str
    members: int | None
    unowned_partitions: int | None
    lag_records: dict[str, int]

    @property
    def total_lag_records(self) -> int:
        return sum(self.lag_records.values())


def read_group(
    admin: AdminClient,
    endpoint: KafkaEndpoint,
    group: str,
    topics: Sequence[str],
    timeout_s: float,
) -> GroupStatus:
    """The group's status on `topics`. A partition without a committed offset counts in full.

    Raises ServerUnreachable, ServerRefused (a topic is absent) or ServerFailed.
    """
    partitions = partitions_of(admin, endpoint, topics, timeout_s)
    offsets = watermarks(admin, endpoint, partitions, timeout_s)
    with typed_errors(endpoint, f"group {group}"):
        described = answer_of(
            admin.describe_consumer_groups([group], request_timeout=timeout_s)[group], timeout_s
        )
        request = ConsumerGroupTopicPartitions(
            group, [TopicPartition(topic, number) for topic, number in offsets]
        )
        committed = answer_of(
            admin.list_consumer_group_offsets([request], request_timeout=timeout_s)[group],
            timeout_s,
        )
    owned = {
        (partition.topic, partition.partition)
        for member in described.members
        for partition in member.assignment.topic_partitions
    }
    lag = dict.fromkeys(topics, 0)
    for partition in committed.topic_partitions:
        low, high = offsets[partition.topic, partition.partition]
        # Without a commit the offset is negative: everything that is kept is still to be read.
        lag[partition.topic] += high - max(partition.offset, low)
    return GroupStatus(
        state=described.state.name.lower(),
        members=len(described.members),
        unowned_partitions=len(offsets.keys() - owned),
        lag_records=lag,
    )
