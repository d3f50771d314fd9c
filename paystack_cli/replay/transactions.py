"""Kafka transactions of one dead-letter topic; whoever opens them last has them alone."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from paystack_cli.clients.kafka import KafkaEndpoint, kafka_error, transactional_producer
from paystack_cli.errors import CheckFailed, TimedOut
from paystack_cli.events.dead_letter_headers import Header

TRANSACTIONAL_ID_PREFIX = "paystack.replay."
TRANSACTION_MAX_S = 10.0
"""What stays open for longer is undone at the broker's next look: readers of the topics wait for it
when a tool has died within a transaction."""
OPEN_MAX_S = 30.0
"""For the broker to end what an earlier tool left and to give the transactions to this one."""
COMMIT_MAX_S = 30.0
"""Longer than a broker that was killed is away."""
ANSWER_S = 1.0
"""An interrupt is noticed after so long."""
RECORD_BYTES_MAX = 2 * 1024 * 1024
BY_KEY = -1
"""The partition that Java's partitioner gives a key."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is to be sent; `partition` None is chosen by the key."""

    topic: str
    partition: int | None
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header] = ()


_TAKEN_BACK = frozenset({KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT})
"""What a record hears whose transaction is given up; the reason is another one's."""


class Fenced(CheckFailed):
    """Somebody else has opened the transactions of this dead-letter topic."""

    def __init__(self, topic: str) -> None:
        super().__init__(
            f"another operator has taken over {topic}, or this run was silent for"
            f" {TRANSACTION_MAX_S:g} s: it is shut out and has sent nothing since",
            hint="see who did what: paystack dlq history; the same command goes on with the rest",
        )


class Transactions:
    """The transactions of dead-letter topic `topic`, taken from whoever has them."""

    def __init__(self, endpoint: KafkaEndpoint, topic: str) -> None:
        """What another run had not committed is undone, and it is shut out.

        Raises ServerUnreachable, ServerRefused, ServerFailed.
        """
        self._endpoint = endpoint
        self._topic = topic
        self._refused: KafkaError | None = None
        self._producer: Producer = transactional_producer(
            endpoint, f"{TRANSACTIONAL_ID_PREFIX}{topic}", TRANSACTION_MAX_S, RECORD_BYTES_MAX
        )
        self._open()

    def send(self, records: Sequence[Record]) -> None:
        """Sends all of `records` or none. Raises Fenced; TimedOut when it is not known which."""
        self._refused = None
        try:
            self._producer.begin_transaction()
            for record in records:
                self._producer.produce(
                    record.topic,
                    value=record.value,
                    key=record.key,
                    headers=list(record.headers),
                    partition=BY_KEY if record.partition is None else record.partition,
                    on_delivery=self._on_delivery,
                )
            self._commit()
        except KafkaException as error:
            failure: KafkaError = error.args[0]
            if failure.code() != KafkaError._FENCED:
                self._abort()
                failure = self._refused or failure
                raise kafka_error(failure, self._endpoint, f"replay of {self._topic}") from error
            raise Fenced(self._topic) from error
        except KeyboardInterrupt:
            self._abort()
            raise

    def _open(self) -> None:
        deadline_s = time.monotonic() + OPEN_MAX_S
        while True:
            try:
                self._producer.init_transactions(ANSWER_S)
                return
            except KafkaException as error:
                failure: KafkaError = error.args[0]
                if not failure.retriable() or time.monotonic() > deadline_s:
                    raise kafka_error(failure, self._endpoint, "open a transaction") from error

    def _on_delivery(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None and error.code() not in _TAKEN_BACK:
            self._refused = self._refused or error

    def _commit(self) -> None:
        deadline_s = time.monotonic() + COMMIT_MAX_S
        while True:
            try:
                self._producer.commit_transaction(ANSWER_S)
                return
            except KafkaException as error:
                if not error.args[0].retriable():
                    raise
                if time.monotonic() > deadline_s:
                    raise TimedOut(
                        f"Kafka {self._endpoint} did not say within {COMMIT_MAX_S:g} s whether the"
                        " last transaction holds",
                        hint="run the same command again: it looks into the replay ledger first",
                    ) from error

    def _abort(self) -> None:
        with suppress(KafkaException):  # the broker does so itself after TRANSACTION_MAX_S
            self._producer.abort_transaction(TRANSACTION_MAX_S)
