"""`paystack outbox status` on the real table."""

from collections.abc import Iterator

import pytest

from paystack_cli.events import outbox
from tests.support.stack import StackUnderTest

HISTORY_ROWS = 2000
"""Rows that were published long ago: what the queries must not read."""

_EMPTY = "DELETE FROM outbox_event"
_FILL = (
    f"""INSERT INTO outbox_event
          (aggregate_id, event_type, payload, source, published, created_at, published_at)
        SELECT seq, 'PAYMENT_AUTHORIZED', '{{}}', 'test', 1, UTC_TIMESTAMP(6) - INTERVAL 1 DAY,
               IF(seq <= 120, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) - INTERVAL 1 DAY)
          FROM seq_1_to_{HISTORY_ROWS}""",
    """INSERT INTO outbox_event
          (aggregate_id, event_type, payload, source, attempts, created_at)
        SELECT seq, IF(seq <= 30, 'PAYMENT_CAPTURED', 'PAYMENT_REFUNDED'), '{}', 'test', seq <= 3,
               UTC_TIMESTAMP(6) - INTERVAL seq SECOND
          FROM seq_1_to_40""",
    """INSERT INTO outbox_event
          (aggregate_id, event_type, payload, source, parked, attempts, last_error, created_at)
        SELECT seq, 'PAYMENT_CAPTURED', '{}', 'test', 1, 6,
               IF(seq <= 5, 'Broker: Message size too large', 'card 4111111111111111\\nrefused'),
               UTC_TIMESTAMP(6) - INTERVAL 1 HOUR
          FROM seq_1_to_7""",
)


@pytest.fixture(scope="module")
def filled(servers: StackUnderTest) -> Iterator[StackUnderTest]:
    with servers.database() as connection, connection.cursor() as cursor:
        for statement in (_EMPTY, *_FILL):
            cursor.execute(statement)
        yield servers
        cursor.execute(_EMPTY)


def test_what_waits_what_is_parked_and_how_fast_it_goes(filled: StackUnderTest) -> None:
    document = filled.paystack("outbox", "status", "--output", "json").document
    assert (document["pending"], document["parked"], document["ok"]) == (40, 7, True)
    assert document["oldest_age_s"] == pytest.approx(40, abs=30)
    assert document["publish_rate_per_s"] == pytest.approx(2.0, abs=2.0)
    assert [(row["event_type"], row["rows"], row["retrying"]) for row in document["waiting"]] == [
        ("PAYMENT_CAPTURED", 30, 3),
        ("PAYMENT_REFUNDED", 10, 0),
    ]
    assert [(row["reason"], row["rows"]) for row in document["parked_reasons"]] == [
        ("Broker: Message size too large", 5),
        ("card 411111******1111\\nrefused", 2),
    ]


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        (["--max-pending", "39"], "40 rows wait, more than 39"),
        (["--max-age", "1"], "more than 1 s"),
    ],
)
def test_a_gate_that_is_broken_exits_6_after_the_whole_answer(
    filled: StackUnderTest, gate: list[str], said: str
) -> None:
    answer = filled.paystack("outbox", "status", *gate, "--output", "json", expect=6)
    assert answer.document["pending"] == 40
    assert said in answer.document["exceeded"][0]
    assert said in answer.stderr


def test_a_gate_that_holds_exits_0(filled: StackUnderTest) -> None:
    filled.paystack("outbox", "status", "--max-pending", "40", "--max-age", "3600")


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (outbox._WAITING, "ix_outbox_hot"),
        (outbox._PARKED, "ix_outbox_hot"),
        (outbox._PUBLISHED_LATELY.replace("%s", "60"), "ix_outbox_published_at"),
    ],
    ids=["waiting", "parked", "published lately"],
)
def test_the_queries_read_the_rows_they_count_and_no_others(
    filled: StackUnderTest, query: str, index: str
) -> None:
    (plan,) = filled.rows(f"EXPLAIN {query}")
    assert plan["key"] == index
    assert int(plan["rows"]) < HISTORY_ROWS / 2


@pytest.mark.parametrize(
    ("variables", "said", "command"),
    [
        ({"PAYSTACK_DB_PASSWORD": "wrong"}, "Access denied", "MARIADB_PASSWORD"),
        ({"PAYSTACK_DB_PORT": "9"}, "Can't connect", "paystack status mariadb"),
        ({"PAYSTACK_DB_NAME": "nowhere"}, "nowhere", "next:"),
    ],
    ids=["wrong password", "no server", "no such database"],
)
def test_a_database_that_cannot_be_asked_is_a_clear_error(
    servers: StackUnderTest, variables: dict[str, str], said: str, command: str
) -> None:
    answer = servers.paystack("outbox", "status", expect=3, **variables)
    assert said in answer.stderr
    assert command in answer.stderr
    assert "Traceback" not in answer.stderr
