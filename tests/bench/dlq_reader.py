"""One reading of a topic in a process of its own: `bare` or `group`; prints count and seconds."""

import json
import sys
import time

from paystack_cli.clients.kafka import KafkaEndpoint
from paystack_cli.events.inspection import inspect
from paystack_cli.events.selection import Selection
from paystack_cli.events.topic_reader import kept, read
from paystack_cli.replay.fates import Fates
from paystack_cli.replay.ledger import Handled

TIMEOUT_S = 600.0


def bare(endpoint: KafkaEndpoint, topic: str) -> int:
    """Counts what consume(1000) gives, and looks at nothing."""
    return sum(len(batch) for batch in read(endpoint, kept(endpoint, [topic]), TIMEOUT_S))


def group(endpoint: KafkaEndpoint, topic: str) -> int:
    return inspect(endpoint, [topic], Selection(), Fates(Handled()), TIMEOUT_S).total(topic).count


if __name__ == "__main__":
    how, bootstrap, of_topic = sys.argv[1:]
    begun_s = time.perf_counter()
    count = {"bare": bare, "group": group}[how](KafkaEndpoint(bootstrap), of_topic)
    print(json.dumps({"count": count, "seconds": time.perf_counter() - begun_s}))
