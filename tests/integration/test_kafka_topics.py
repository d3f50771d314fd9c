"""kafka-topics against a new broker: the catalog's topics, and the one that groups need."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.support.stack import StackUnderTest, own_stack
from tests.support.topics import read_topics

OFFSETS = "__consumer_offsets"
NARROW, WIDE, FOREIGN = "payment.captured", "refund.dlq", "somebody.elses"
ANSWER_TIMEOUT_S = 30.0


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    """A broker that no consumer has asked for anything, with some topics of an earlier day."""
    with own_stack("topics", tmp_path_factory.mktemp("topics"), "--only", "kafka") as stack:
        admin = AdminClient({"bootstrap.servers": stack.bootstrap})
        earlier = [NewTopic(NARROW, 2, 1), NewTopic(WIDE, 9, 1), NewTopic(FOREIGN, 1, 1)]
        for created in admin.create_topics(earlier).values():
            created.result(ANSWER_TIMEOUT_S)
        yield stack


def partitions(stack: StackUnderTest) -> dict[str, int]:
    """The partition count of every topic."""
    admin = AdminClient({"bootstrap.servers": stack.bootstrap})
    topics = admin.list_topics(timeout=ANSWER_TIMEOUT_S).topics
    return {name: len(topic.partitions) for name, topic in topics.items()}


def run(stack: StackUnderTest) -> dict[str, Any]:
    """One run of the one-shot: what it says it did."""
    done = subprocess.run(
        [sys.executable, "-m", "kafka_topics"],
        env={**os.environ, "KAFKA_BOOTSTRAP": stack.bootstrap},
        capture_output=True,
        text=True,
        check=True,
        timeout=ANSWER_TIMEOUT_S,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    (ready,) = [line for line in lines if line["event"] == "topics_ready"]
    return dict(ready)


def test_a_new_broker_gets_every_topic_once(broker: StackUnderTest) -> None:
    assert OFFSETS not in partitions(broker)
    wanted = {name: entry["partitions"] for name, entry in broker.catalog["topics"].items()}

    ready = run(broker)
    assert set(ready["created"]) == set(wanted) - {NARROW, WIDE}
    assert ready["extended"] == [NARROW]
    assert read_topics(broker.bootstrap, wanted) == []  # every partition has its leader
    found = partitions(broker)
    assert OFFSETS in found, "workers would wait for it at their first join"
    del found[OFFSETS]
    assert found == {**wanted, WIDE: 9, FOREIGN: 1}

    again = run(broker)
    assert (again["created"], again["extended"]) == ([], [])
    assert partitions(broker).items() >= found.items()
