"""What checks need of a stack's servers; `outside.py` and `inside.py` provide it."""

from collections.abc import Sequence
from typing import Protocol

from paystack_cli.clients.database import Database
from paystack_cli.clients.http import HttpClient
from paystack_cli.clients.kafka_round_trip import RoundTrip
from paystack_cli.events.consumer_groups import GroupStatus
from paystack_cli.stack.catalog import Topic
from paystack_cli.stack.model import Service


class Reach(Protocol):
    """The way to each server of one stack, so that probes need not know where they run.

    What asks a server raises ServerUnreachable, ServerRefused or ServerFailed.
    """

    def service_url(self, service: Service) -> str:
        """The base URL of a service that speaks HTTP."""

    def gateway_url(self) -> str:
        """The base URL of the public door."""

    def own_gateway_url(self) -> str:
        """The same of this project's stack, whatever a variable says."""

    def http(self, base_url: str, *, hint: str) -> HttpClient:
        """A client; `hint` is the next command when nothing answers it."""

    def database(self) -> Database:
        """The stack's MariaDB."""

    def round_trip(self, name: str, topic: Topic, timeout_s: float) -> RoundTrip:
        """A record to the topic `name` and back; an absent topic is made as `topic` says."""

    def group(self, worker: Service, topics: Sequence[str], timeout_s: float) -> GroupStatus:
        """The consumer group of a worker, which has the worker's name."""
