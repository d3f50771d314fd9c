"""Lag and membership of a real consumer group, seen from outside."""

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from paystack_cli.clients.kafka import KafkaEndpoint, admin_client
from paystack_cli.events.consumer_groups import GroupStatus, read_group
from tests.support.kafka import own_topic
from tests.support.stack import StackUnderTest
from tests.support.waiting import wait_for

TIMEOUT_S = 30.0
RECORDS = 10
COMMITTED = 4
DELETED = 6


def test_members_ownership_and_lag(servers: StackUnderTest) -> None:
    endpoint = KafkaEndpoint(servers.bootstrap)
    with own_topic(servers.bootstrap, partitions=2) as topic:
        group = f"group-of-{topic}"

        def look() -> GroupStatus:
            return read_group(admin_client(endpoint), endpoint, group, [topic], TIMEOUT_S)

        producer = Producer({"bootstrap.servers": servers.bootstrap})
        for _ in range(RECORDS):
            producer.produce(topic, value=b"x", partition=0)
        assert producer.flush(TIMEOUT_S) == 0

        nobody = look()
        assert (nobody.members, nobody.unowned_partitions) == (0, 2)
        assert nobody.lag_records == {topic: RECORDS}, "without a commit all is still to be read"

        consumer = Consumer(
            {
                "bootstrap.servers": servers.bootstrap,
                "group.id": group,
                "enable.auto.commit": False,
            }
        )
        try:
            consumer.subscribe([topic])

            def joined() -> GroupStatus | None:
                consumer.poll(0.1)
                status = look()
                return status if status.unowned_partitions == 0 else None

            alone = wait_for(joined, "the group owns its partitions", TIMEOUT_S)
            assert (alone.state, alone.members) == ("stable", 1)

            consumer.commit(offsets=[TopicPartition(topic, 0, COMMITTED)], asynchronous=False)
            assert look().lag_records == {topic: RECORDS - COMMITTED}

            admin = AdminClient({"bootstrap.servers": servers.bootstrap})
            deleted = admin.delete_records([TopicPartition(topic, 0, DELETED)])
            for future in deleted.values():
                future.result(TIMEOUT_S)
            assert look().total_lag_records == RECORDS - DELETED, "what is gone is no lag"
        finally:
            consumer.close()
        left = wait_for(lambda: (s := look()).members == 0 and s, "the member left", TIMEOUT_S)
        assert left.lag_records == {topic: RECORDS - DELETED}
        admin.delete_consumer_groups([group])[group].result(TIMEOUT_S)
