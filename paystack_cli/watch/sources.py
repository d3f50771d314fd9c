"""The sources of a watch: the engine, MariaDB, Kafka, and the services' circuit breakers."""

from collections.abc import Mapping

from confluent_kafka.admin import AdminClient

from paystack_cli.breaker.actuator import Breaker, read_breakers
from paystack_cli.clients.database import PyMySqlDatabase
from paystack_cli.clients.endpoints import Endpoints
from paystack_cli.clients.errors import ServerUnreachable
from paystack_cli.clients.http import HttpxClient
from paystack_cli.clients.kafka import KafkaEndpoint, admin_client, partitions_of, watermarks
from paystack_cli.errors import PaystackError
from paystack_cli.events.consumer_groups import read_group
from paystack_cli.events.outbox import OutboxStatus, read_status
from paystack_cli.stack.catalog import Consumer
from paystack_cli.stack.model import Service
from paystack_cli.watch.picture import Queues

ANSWER_TIMEOUT_S = 4.0
"""For each question to a server."""


class OutboxSource:
    """The outbox table."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints

    def __call__(self) -> OutboxStatus:
        """Raises ServerUnreachable, ServerRefused or ServerFailed."""
        return read_status(PyMySqlDatabase(self._endpoints.database()), ANSWER_TIMEOUT_S)


class QueuesSource:
    """Consumer groups and dead-letter topics, by one client as long as that works."""

    def __init__(self, endpoints: Endpoints, consumers: Mapping[str, Consumer]) -> None:
        self._endpoints = endpoints
        self._consumers = consumers
        self._client: tuple[KafkaEndpoint, AdminClient] | None = None

    def __call__(self) -> Queues:
        """Raises ServerUnreachable, ServerRefused or ServerFailed."""
        try:
            return self._ask()
        except PaystackError:
            self._client = None  # a broker that was made anew may be elsewhere
            raise

    def _ask(self) -> Queues:
        if self._client is None:
            endpoint = self._endpoints.kafka()
            self._client = endpoint, admin_client(endpoint)
        endpoint, admin = self._client
        topics = [consumer.dead_letter_topic for consumer in self._consumers.values()]
        partitions = partitions_of(admin, endpoint, topics, ANSWER_TIMEOUT_S)
        letters = dict.fromkeys(topics, 0)
        marks = watermarks(admin, endpoint, partitions, ANSWER_TIMEOUT_S)
        for (topic, _partition), (low, high) in marks.items():
            letters[topic] += high - low
        return Queues(
            groups={
                name: read_group(admin, endpoint, name, consumer.topics, ANSWER_TIMEOUT_S)
                for name, consumer in self._consumers.items()
            },
            dead_letters=letters,
        )


class BreakersSource:
    """The circuit breakers of one service; none of a service that has none or does not answer."""

    def __init__(self, endpoints: Endpoints, service: Service) -> None:
        self._endpoints = endpoints
        self._service = service

    def __call__(self) -> tuple[Breaker, ...]:
        """Raises PaystackError where the service's address cannot be found."""
        url = self._endpoints.http_url(self._service)
        client = HttpxClient(url, hint=f"paystack logs {self._service.name}")
        try:
            return read_breakers(client)
        except ServerUnreachable:
            return ()  # its own line says that it is not healthy
