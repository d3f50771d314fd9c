"""A worker whose group membership is lost for good says so instead of waiting for ever."""

import secrets
import time

import pytest
from confluent_kafka import KafkaError, KafkaException
from paycore.intake import Intake

from tests.support.stack import StackUnderTest

TOPIC = "paystack.health"
FENCED_WITHIN_S = 20.0
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


def _poll_for(members: list[Intake], seconds: float) -> None:
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        for member in members:
            member.poll(1, POLL_S)
