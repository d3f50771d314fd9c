"""Checks from this machine: published ports, and clients of this process."""

from collections.abc import Sequence

from paystack_cli.clients.database import PyMySqlDatabase
from paystack_cli.clients.endpoints import Endpoints
from paystack_cli.clients.http import HttpxClient
from paystack_cli.clients.kafka import admin_client, error_of_code, typed_errors
from paystack_cli.clients.kafka_round_trip import NotReadBack, RoundTrip, round_trip
from paystack_cli.events.consumer_groups import GroupStatus, read_group
from paystack_cli.stack.catalog import Topic
from paystack_cli.stack.model import Service


class Outside:
    """See `checks.reach.Reach`."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints

    def service_url(self, service: Service) -> str:
        return self._endpoints.http_url(service)

    def gateway_url(self) -> str:
        return self._endpoints.gateway_url()

    def own_gateway_url(self) -> str:
        return self._endpoints.own_gateway_url()

    def http(self, base_url: str, *, hint: str) -> HttpxClient:
        return HttpxClient(base_url, hint=hint)

    def database(self) -> PyMySqlDatabase:
        return PyMySqlDatabase(self._endpoints.database())

    def round_trip(self, name: str, topic: Topic, timeout_s: float) -> RoundTrip:
        endpoint = self._endpoints.kafka()
        try:
            with typed_errors(endpoint, name):
                return round_trip(
                    endpoint.bootstrap, name, topic.partitions, topic.retention_ms, timeout_s
                )
        except NotReadBack as error:
            raise error_of_code(None, str(error), endpoint, name) from error

    def group(self, worker: Service, topics: Sequence[str], timeout_s: float) -> GroupStatus:
        endpoint = self._endpoints.kafka()
        return read_group(admin_client(endpoint), endpoint, worker.name, topics, timeout_s)
