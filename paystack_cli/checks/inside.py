"""Checks from inside the stack's network: service names, container ports, clients in containers.

HTTP by curl-client; SQL by the `mariadb` program in the database's container; Kafka by the image
that makes the topics, because it holds a client and starts no JVM; a consumer group by what its
member says of itself.
"""

import json
from collections.abc import Sequence
from importlib.resources import files

from paystack_cli.checks.probes.actuator import READINESS
from paystack_cli.clients.container import run_in_container
from paystack_cli.clients.curl_client import CurlClient, CurlContainer
from paystack_cli.clients.endpoints import DATABASE_CHECK, GATEWAY_CHECK, door, service_of
from paystack_cli.clients.errors import ServerFailed
from paystack_cli.clients.kafka import KafkaEndpoint, error_of_code
from paystack_cli.clients.kafka_round_trip import RoundTrip
from paystack_cli.clients.mariadb_program import MariadbProgram
from paystack_cli.engines.base import Engine
from paystack_cli.events.consumer_groups import GroupStatus
from paystack_cli.stack.catalog import Topic
from paystack_cli.stack.model import Service, Stack

KAFKA_CLIENT = "kafka-topics"
"""The service whose image runs the round trip; its own environment says where the broker is."""

_ROUND_TRIP = files("paystack_cli.clients").joinpath("kafka_round_trip.py").read_text("utf-8")
"""The program's text: the container does not have this package."""


class Inside:
    """See `checks.reach.Reach`."""

    def __init__(self, stack: Stack, engine: Engine) -> None:
        self._stack = stack
        self._engine = engine
        self._curl = CurlContainer(engine)

    def service_url(self, service: Service) -> str:
        return f"http://{service.name}:{door(service)}"

    def gateway_url(self) -> str:
        return self.own_gateway_url()

    def own_gateway_url(self) -> str:
        return self.service_url(service_of(self._stack, GATEWAY_CHECK))

    def http(self, base_url: str, *, hint: str) -> CurlClient:
        return CurlClient(self._curl, base_url, hint=hint)

    def database(self) -> MariadbProgram:
        return MariadbProgram(self._engine, service_of(self._stack, DATABASE_CHECK).name)

    def round_trip(self, name: str, topic: Topic, timeout_s: float) -> RoundTrip:
        endpoint = KafkaEndpoint(self._engine.environment(KAFKA_CLIENT)["KAFKA_BOOTSTRAP"])
        arguments = {
            "bootstrap": endpoint.bootstrap,
            "topic": name,
            "partitions": topic.partitions,
            "retention_ms": topic.retention_ms,
            "timeout_s": timeout_s,
        }
        command = ["python", "-c", _ROUND_TRIP, json.dumps(arguments)]
        answer = json.loads(run_in_container(self._engine, KAFKA_CLIENT, command, timeout_s))
        if "reason" in answer:
            raise error_of_code(answer["code"], answer["reason"], endpoint, name)
        return RoundTrip(**answer)

    def group(self, worker: Service, topics: Sequence[str], timeout_s: float) -> GroupStatus:
        client = self.http(self.service_url(worker), hint=f"paystack logs {worker.name}")
        health = client.request("GET", READINESS, timeout_s=timeout_s).json()
        try:
            member = health["components"]["consumerGroup"]
            state = "stable" if member["status"] == "UP" else "not joined"
            lag = {topic: int(member["details"]["lag"][topic]) for topic in topics}
        except (KeyError, TypeError, ValueError) as error:
            raise ServerFailed(
                f"{worker.name} does not tell the lag of its consumer group",
                hint=f"paystack logs {worker.name}",
            ) from error
        return GroupStatus(state, members=None, unowned_partitions=None, lag_records=lag)
