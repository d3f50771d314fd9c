"""A worker's side of its group: a membership that is lost for good is said, markers are no lag."""

import secrets
import time

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from paycore.intake import Intake

from paystack_cli.clients.kafka import KafkaEndpoint, admin_client, watermarks
from paystack_cli.events.consumer_groups import read_group
from tests.support.kafka import own_topic
from tests.support.stack import StackUnderTest
from tests.support.waiting import wait_for

TOPIC = "paystack.health"
FENCED_WITHIN_S = 20.0
COMMITTED_WITHIN_S = 20.0
POLL_S = 0.2


def test_of_two_members_with_one_name_one_cannot_go_on(servers: StackUnderTest) -> None:
    group = f"test-{secrets.token_hex(4)}"
    members = [Intake(servers.bootstrap, group, "worker@host:1", [TOPIC]) for _ in range(2)]
    try:
        with pytest.raises(KafkaException) as raised:
            _poll_for(members, FENCED_WITHIN_S)
        assert raised.value.args[0].code() == KafkaError._FATAL
    finally:
        for member in members:
            member.close()


def test_the_marker_of_a_transaction_is_no_lag(servers: StackUnderTest) -> None:
    endpoint = KafkaEndpoint(servers.bootstrap)
    group = f"test-{secrets.token_hex(4)}"
    with own_topic(servers.bootstrap) as topic:
        producer = Producer({"bootstrap.servers": servers.bootstrap, "transactional.id": topic})
        producer.init_transactions(COMMITTED_WITHIN_S)
        producer.begin_transaction()
        producer.produce(topic, value=b"x")
        producer.commit_transaction(COMMITTED_WITHIN_S)
        intake = Intake(servers.bootstrap, group, "worker@host:1", [topic])

        def lag() -> int:
            for message in intake.poll(1, POLL_S):
                intake.take(message).finish(message.offset() or 0)
            intake.commit()
            status = read_group(admin_client(endpoint), endpoint, group, [topic], FENCED_WITHIN_S)
            return status.total_lag_records

        try:
            admin = admin_client(endpoint)

            def end() -> int:
                return watermarks(admin, endpoint, {topic: [0]}, FENCED_WITHIN_S)[topic, 0].high

            # The coordinator answers the commit first and writes the marker after it.
            wait_for(lambda: end() == 2, "the record and the marker behind it", COMMITTED_WITHIN_S)
            wait_for(lambda: lag() == 0, "both committed", COMMITTED_WITHIN_S)
        finally:
            intake.close()


def _poll_for(members: list[Intake], seconds: float) -> None:
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        for member in members:
            member.poll(1, POLL_S)
