"""When calls reached the guarded party, by its own account: a breaker cannot bear false witness."""

from collections.abc import Iterator, Sequence
from typing import Protocol
from urllib.parse import urlencode

from paystack_cli.clients.http import HttpClient
from paystack_cli.clients.kafka import KafkaEndpoint
from paystack_cli.errors import CheckFailed
from paystack_cli.events.topic_reader import kept, read

READ_MAX_S = 60.0
ANSWER_MAX_S = 5.0
CALLS_PER_PAGE = 1000
HTTP_OK = 200


class Witness(Protocol):
    """The party behind the breaker."""

    def times_s(self, since_s: float) -> list[float]:
        """When calls that arrived since then were made; seconds since the epoch. Any order."""


class BrokerWitness:
    """The records of the event topics: each bears the time at which the relay handed it over."""

    def __init__(self, endpoint: KafkaEndpoint, topics: Sequence[str]) -> None:
        self._endpoint = endpoint
        self._topics = topics

    def times_s(self, since_s: float) -> list[float]:
        since_ms = int(since_s * 1000)
        spans = kept(self._endpoint, self._topics, since_ms=since_ms)
        stamps = (
            message.timestamp()[1]
            for batch in read(self._endpoint, spans, READ_MAX_S)
            for message in batch
        )
        return [stamp_ms / 1000 for stamp_ms in stamps if stamp_ms >= since_ms]


class CardNetworkWitness:
    """The simulator's log of calls of one operation."""

    def __init__(self, network: HttpClient, operation: str) -> None:
        self._network = network
        self._operation = operation

    def times_s(self, since_s: float) -> list[float]:
        return [at_s for at_s in self._all_since(since_s) if at_s >= since_s]

    def _all_since(self, since_s: float) -> Iterator[float]:
        before: int | None = None
        while True:
            page = self._page(before)
            for call in page:
                yield from {float(call["firstAt"]), float(call["lastAt"])}
            if not page or float(page[-1]["lastAt"]) < since_s:
                return
            before = int(page[-1]["callId"])

    def _page(self, before: int | None) -> list[dict[str, float]]:
        query: dict[str, str | int] = {"operation": self._operation, "limit": CALLS_PER_PAGE}
        if before is not None:
            query["before"] = before
        path = f"/pg/calls?{urlencode(query)}"
        answer = self._network.request("GET", path, timeout_s=ANSWER_MAX_S)
        calls = answer.json().get("calls")
        if answer.status != HTTP_OK or not isinstance(calls, list):
            raise CheckFailed(
                f"the card network does not show its calls: {answer}",
                hint="paystack health pg-simulator",
            )
        return calls
