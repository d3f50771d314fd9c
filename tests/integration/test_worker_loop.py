"""The worker loop with a handler of the test: failures that no real service can be made to have."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from paycore import dead_letter as dead_letter_module
from paycore import worker as worker_module
from paycore.calls import Calls
from paycore.database import Database
from paycore.dead_letter import DeadLetterSender
from paycore.events import Event
from paycore.handler import Decided, TransientFailure
from paycore.intake import Intake
from paycore.lifecycle import Stop
from paycore.worker import Worker
from pymysql.cursors import Cursor

from tests.support.kafka import own_topic
from tests.support.outbox import new_payment_ids
from tests.support.paydb import paydb
from tests.support.produce import event_record, put
from tests.support.stack import StackUnderTest
from tests.support.topics import read_topics
from tests.support.waiting import wait_for

WITHIN_S = 20.0


@dataclass
class Recorder:
    """A handler that notes what it applies, and fails as it is told."""

    fails: dict[int, Exception] = field(default_factory=dict)
    applied: list[int] = field(default_factory=list)

    def read(self, _cursor: Cursor, _events: Sequence[Event]) -> dict[int, None]:
        return {}

    def decide(self, event: Event, _known: None) -> int:
        if (error := self.fails.get(event.payment_id)) is not None:
            raise error
        return event.payment_id

    def apply(self, _cursor: Cursor, batch: Sequence[Decided[int]]) -> None:
        self.applied += [one.outcome for one in batch]


@contextmanager
def running(
    stack: StackUnderTest, group: str, dead_letter_topic: str, handler: Recorder
) -> Iterator[Worker[None, int]]:
    """A worker on payment.refunded in a thread of this process."""
    stop = Stop()
    intake = Intake(stack.bootstrap, group, f"{group}@test", ["payment.refunded"])
    database = Database(paydb(stack))
    dead_letters = DeadLetterSender(stack.bootstrap, group, dead_letter_topic)
    worker = Worker(group[:32], intake, database, dead_letters, handler, Calls())
    errors: list[BaseException] = []

    def work() -> None:
        try:
            worker.run(stop)
        except BaseException as error:
            errors.append(error)
        finally:
            intake.close()
            database.close()
            dead_letters.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        wait_for(lambda: intake.state.joined, "a member of the group", WITHIN_S)
        yield worker
    finally:
        stop.request("end of test")
        thread.join()
    assert errors == []


@pytest.fixture
def group() -> str:
    (number,) = new_payment_ids(1)
    return f"loop-{number}"


def refunded(stack: StackUnderTest, payment_id: int) -> Any:
    return event_record(stack, payment_id, "PAYMENT_REFUNDED", payment_id)


def test_a_transient_failure_waits_aside_while_others_go_on(
    servers: StackUnderTest, group: str
) -> None:
    waits, goes_on = new_payment_ids(2)
    handler = Recorder(fails={waits: TransientFailure("not yet")})
    with own_topic(servers.bootstrap) as graveyard, running(servers, group, graveyard, handler):
        put(servers, [refunded(servers, waits), refunded(servers, goes_on)])
        wait_for(lambda: goes_on in handler.applied, "the other key applied", WITHIN_S)
        assert waits not in handler.applied
        handler.fails.clear()
        wait_for(lambda: waits in handler.applied, "the waiting key applied", WITHIN_S)
        assert read_topics(servers.bootstrap, [graveyard]) == []


def test_later_events_of_a_key_that_waits_stay_behind_it(
    servers: StackUnderTest, group: str
) -> None:
    (payment,) = new_payment_ids(1)
    first, second = (
        refunded(servers, payment),
        event_record(servers, payment + 50_000, "PAYMENT_REFUNDED", payment),
    )
    handler = Recorder(fails={payment: TransientFailure("not yet")})
    with (
        own_topic(servers.bootstrap) as graveyard,
        running(servers, group, graveyard, handler) as worker,
    ):
        put(servers, [first, second])
        wait_for(lambda: worker.status.aside == 1, "one aside", WITHIN_S)
        handler.fails.clear()
        wait_for(lambda: handler.applied.count(payment) == 2, "both applied", WITHIN_S)
    applied = servers.rows(
        "SELECT event_id FROM inbox_event WHERE consumer = %s AND event_id IN (%s, %s)"
        " ORDER BY received_at",
        (group[:32], payment, payment + 50_000),
    )
    assert [row["event_id"] for row in applied] == [payment, payment + 50_000]


def test_a_transient_failure_that_stays_is_dead_lettered_as_such(
    servers: StackUnderTest, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "TRANSIENT_ATTEMPTS_MAX", 3)
    (payment,) = new_payment_ids(1)
    handler = Recorder(fails={payment: TransientFailure("never")})
    with own_topic(servers.bootstrap) as graveyard, running(servers, group, graveyard, handler):
        put(servers, [refunded(servers, payment)])
        (letter,) = wait_for(
            lambda: read_topics(servers.bootstrap, [graveyard]), "its dead letter", WITHIN_S
        )
    assert letter.header("kafka_dlt-exception-fqcn") == b"paycore.worker.RetriesExhausted"
    assert letter.header("kafka_dlt-exception-cause-fqcn") == b"paycore.handler.TransientFailure"
    assert letter.header("kafka_dlt-exception-message") == b"3 attempts failed: never"


def test_while_dead_letters_cannot_be_sent_nothing_new_is_taken_and_nothing_is_lost(
    servers: StackUnderTest, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letter_module, "DELIVERY_TIMEOUT_MS", 1_000)
    poison, later = new_payment_ids(2)
    graveyard = f"{group}.dlq"
    admin = AdminClient({"bootstrap.servers": servers.bootstrap})
    handler = Recorder(fails={poison: ValueError("never")})
    with running(servers, group, graveyard, handler) as worker:
        put(servers, [refunded(servers, poison)])
        wait_for(lambda: worker.status.dead_letter_error, "trouble with dead letters", WITHIN_S)
        put(servers, [refunded(servers, later)])
        assert later not in handler.applied
        admin.create_topics([NewTopic(graveyard, 1, 1)])[graveyard].result(WITHIN_S)
        try:
            wait_for(lambda: later in handler.applied, "the next event applied", WITHIN_S)
            assert worker.status.dead_letter_error is None
            letters = read_topics(servers.bootstrap, [graveyard])
            assert [letter.key for letter in letters] == [str(poison).encode()]
        finally:
            admin.delete_topics([graveyard])[graveyard].result(WITHIN_S)


class LostProducer:
    """A client that is lost as soon as it waits for its records."""

    def produce(self, _topic: str, **_record: object) -> None:
        pass

    def flush(self, _timeout_s: float) -> int:
        raise KafkaException(KafkaError(KafkaError._FATAL, "fenced", fatal=True))

    def purge(self) -> None:
        pass


def test_a_lost_producer_of_dead_letters_stops_the_worker_until_there_is_another(
    servers: StackUnderTest, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison, later = new_payment_ids(2)
    handler = Recorder(fails={poison: ValueError("never")})
    monkeypatch.setattr(dead_letter_module, "durable_producer", lambda *_, **__: LostProducer())
    with (
        own_topic(servers.bootstrap) as graveyard,
        running(servers, group, graveyard, handler) as worker,
    ):
        put(servers, [refunded(servers, poison)])
        said = wait_for(lambda: worker.status.dead_letter_error, "trouble", WITHIN_S)
        assert "fenced" in said
        put(servers, [refunded(servers, later)])
        assert later not in handler.applied
        monkeypatch.undo()
        wait_for(lambda: later in handler.applied, "the next event applied", WITHIN_S)
        assert worker.status.dead_letter_error is None
        letters = read_topics(servers.bootstrap, [graveyard])
        assert [letter.key for letter in letters] == [str(poison).encode()]
