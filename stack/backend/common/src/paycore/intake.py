"""A worker's side of its consumer group: records in, offsets out, and who owns which partition."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from paycore.group_state import GroupState, read_statistics
from paycore.kafka import TroubleLog, group_consumer
from paycore.logging import get_logger
from paycore.offsets import PartitionOffsets

COMMIT_INTERVAL_S = 0.2
"""Every commit is a write of the broker. What a crash repeats because of it, the inbox drops."""

Place = tuple[str, int]
"""A topic and a partition."""


class Intake:
    """A member of a consumer group, for one thread; rebalances happen within `poll`."""

    def __init__(self, bootstrap: str, group: str, instance: str, topics: Sequence[str]) -> None:
        """`instance` is this member's name, which no other member of the group may have."""
        self.state = GroupState()
        """Replaced as a whole; any thread may read it."""
        self.paused = False
        self._next_commit_s = 0.0
        self._trouble = TroubleLog(group)
        self._offsets: dict[Place, PartitionOffsets] = {}
        self._consumer: Consumer = group_consumer(
            bootstrap, group, instance, self._trouble, self._on_statistics, self._on_commit
        )
        self._consumer.subscribe(
            list(topics),
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_lost,
        )

    def close(self) -> None:
        """Commits what is done and leaves the group."""
        self._commit_now(list(self._offsets))
        self._consumer.close()

    def poll(self, records_max: int, timeout_s: float) -> list[Message]:
        """What is there at once; without any, waits up to `timeout_s` for the first record.

        Raises KafkaException when the client cannot go on (another member has its name).
        """
        first = self._consumer.poll(timeout_s)
        if first is None:
            return []
        messages = [first, *self._consumer.consume(records_max - 1, 0)]
        for message in messages:
            if (error := message.error()) is not None:
                self._trouble(error)
                # A record's error says that the client is lost by its code, never by `fatal()`.
                if error.code() == KafkaError._FATAL:
                    raise KafkaException(error)
        return [message for message in messages if message.error() is None]

    def take(self, message: Message) -> PartitionOffsets:
        """Notes a record as unfinished; where to say that it is finished."""
        offsets = self._offsets.setdefault(_place(message), PartitionOffsets())
        offsets.take(message.offset() or 0)
        return offsets

    def pause(self, paused: bool) -> None:
        """Stops or resumes the flow of records; membership goes on as long as `poll` is called."""
        if paused == self.paused:
            return
        self.paused = paused
        assignment = self._consumer.assignment()
        (self._consumer.pause if paused else self._consumer.resume)(assignment)
        get_logger().info("intake_paused" if paused else "intake_resumed")

    def commit(self) -> None:
        """Asks the broker, once an interval, to commit the offsets of what is done.

        It does not wait for the answer: that would be to wait for as long as the broker is away.
        What fails is asked for again.
        """
        now_s = time.monotonic()
        if now_s < self._next_commit_s:
            return
        self._next_commit_s = now_s + COMMIT_INTERVAL_S
        for at in self._consumer.position([TopicPartition(*place) for place in self._offsets]):
            if at.offset >= 0:  # below zero are the names of no position yet
                self._offsets[at.topic, at.partition].reached(at.offset)
        if due := self._due(self._offsets):
            self._consumer.commit(offsets=due, asynchronous=True)

    def _due(self, places: Iterable[Place]) -> list[TopicPartition]:
        """What there is to commit."""
        return [
            TopicPartition(*place, offset)
            for place in places
            if place in self._offsets and (offset := self._offsets[place].to_commit()) is not None
        ]

    def _commit_now(self, places: Iterable[Place]) -> None:
        """Commits and waits for it, unless the broker is away: that would wait for its return."""
        due = self._due(places)
        if not due or not self.state.connected:
            return
        try:
            self._consumer.commit(offsets=due, asynchronous=False)
        except KafkaException as error:
            get_logger().warning("offsets_not_committed", error=str(error))

    def _on_commit(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        if error is None:
            return
        get_logger().warning("offsets_not_committed", error=str(error))
        for part in partitions:
            if (offsets := self._offsets.get((part.topic, part.partition))) is not None:
                offsets.commit_failed()

    def _on_assign(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self.state = replace(self.state, connected=True, joined=True)
        get_logger().info("partitions_assigned", partitions=_named(partitions))
        if self.paused:
            self._consumer.incremental_assign(partitions)
            self._consumer.pause(partitions)

    def _on_revoke(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        get_logger().info("partitions_revoked", partitions=_named(partitions))
        self._commit_now([(part.topic, part.partition) for part in partitions])
        self._forget(partitions)

    def _on_lost(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        get_logger().warning("partitions_lost", partitions=_named(partitions))
        self._forget(partitions)

    def _forget(self, partitions: list[TopicPartition]) -> None:
        for part in partitions:
            offsets = self._offsets.pop((part.topic, part.partition), None)
            if offsets is not None:
                offsets.revoked = True

    def _on_statistics(self, text: str) -> None:
        self.state = read_statistics(text)
        if self.state.connected:
            self._trouble.ends()


def _place(message: Message) -> Place:
    return message.topic() or "", message.partition() or 0


def _named(partitions: list[TopicPartition]) -> list[str]:
    return [f"{part.topic}/{part.partition}" for part in partitions]
