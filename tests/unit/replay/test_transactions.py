"""What a run says when Kafka does not let it go on. The producer is Kafka's edge."""

import pytest
from confluent_kafka import KafkaError, KafkaException

from paystack_cli.clients.errors import ServerFailed, ServerRefused
from paystack_cli.clients.kafka import KafkaEndpoint
from paystack_cli.errors import ExitCode, PaystackError, TimedOut
from paystack_cli.replay import transactions
from paystack_cli.replay.transactions import Fenced, Record, Transactions

RECORD = Record("payment.captured", 3, b"42", b"{}")


class FakeProducer:
    """Answers each commit with the next error of `commits`, then well."""

    def __init__(self, *commits: KafkaError, opening: KafkaError | None = None) -> None:
        self._commits = list(commits)
        self._opening = opening
        self.calls: list[str] = []

    def init_transactions(self, _timeout_s: float) -> None:
        self.calls.append("init")
        if self._opening is not None:
            raise KafkaException(self._opening)

    def begin_transaction(self) -> None:
        self.calls.append("begin")

    def produce(self, topic: str, **_record: object) -> None:
        self.calls.append(topic)

    def commit_transaction(self, _timeout_s: float) -> None:
        self.calls.append("commit")
        if self._commits:
            raise KafkaException(self._commits.pop(0))

    def abort_transaction(self, _timeout_s: float) -> None:
        self.calls.append("abort")


def opened(monkeypatch: pytest.MonkeyPatch, producer: FakeProducer) -> Transactions:
    monkeypatch.setattr(transactions, "transactional_producer", lambda *_: producer)
    return Transactions(KafkaEndpoint("broker:9092"), "payment.dlq")


def test_records_go_in_one_transaction_and_an_unclear_answer_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    producer = FakeProducer(KafkaError(KafkaError._TIMED_OUT, retriable=True))
    opened(monkeypatch, producer).send([RECORD, RECORD])
    topic = RECORD.topic
    assert producer.calls == ["init", "begin", topic, topic, "commit", "commit"]


@pytest.mark.parametrize(
    ("failure", "kind", "code", "aborts"),
    [
        (KafkaError(KafkaError._FENCED, fatal=True), Fenced, ExitCode.CHECK_FAILED, False),
        (
            KafkaError(KafkaError.MSG_SIZE_TOO_LARGE, txn_requires_abort=True),
            ServerFailed,
            ExitCode.PREFLIGHT,
            True,
        ),
    ],
)
def test_what_ends_a_run(
    monkeypatch: pytest.MonkeyPatch,
    failure: KafkaError,
    kind: type[PaystackError],
    code: ExitCode,
    aborts: bool,
) -> None:
    producer = FakeProducer(failure)
    with pytest.raises(kind) as ended:
        opened(monkeypatch, producer).send([RECORD])
    assert ended.value.exit_code == code
    assert ended.value.hint
    assert ("abort" in producer.calls) == aborts


def test_an_account_that_may_not_open_transactions_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    denied = KafkaError(KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    with pytest.raises(ServerRefused) as refused:
        opened(monkeypatch, FakeProducer(opening=denied))
    assert refused.value.exit_code == ExitCode.PREFLIGHT
    assert "kafka-acls" in refused.value.hint


def test_a_commit_that_is_never_answered_is_in_doubt_and_not_undone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transactions, "COMMIT_MAX_S", 0.0)
    producer = FakeProducer(*[KafkaError(KafkaError._TIMED_OUT, retriable=True)] * 1_000)
    with pytest.raises(
        TimedOut, match=r"did not say .* whether the last transaction holds"
    ) as doubt:
        opened(monkeypatch, producer).send([RECORD])
    assert "looks into the replay ledger first" in doubt.value.hint
    assert "abort" not in producer.calls
