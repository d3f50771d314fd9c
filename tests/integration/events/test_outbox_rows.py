"""Outbox rows listed, shown, parked and sent again; and the doctor's findings on a real table."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pymysql
import pytest
from paycore.relay_store import RelayStore
from paycore.slices import SliceOwnership
from pymysql.cursors import Cursor

from paystack_cli.clients.database import DatabaseEndpoint, PyMySqlDatabase
from paystack_cli.clients.errors import LockConflict
from paystack_cli.events import outbox_rows
from paystack_cli.events.outbox_doctor import judge_relays
from paystack_cli.events.outbox_rows import State, find_row
from tests.support.documents import keeps_schema
from tests.support.outbox import OutboxEvent, new_payment_ids, write_outbox
from tests.support.paydb import paydb
from tests.support.stack import DATABASE_PASSWORD, ROOT_PASSWORD, StackUnderTest
from tests.support.waiting import wait_for

LOCKED_TIMEOUT_S = 10.0
ODD_REASON = 'it\'s "odd" \\ 한 4111111111111111'


@pytest.fixture
def outbox(servers: StackUnderTest) -> Iterator[StackUnderTest]:
    """Empty before and after."""
    _run(servers, "DELETE FROM outbox_event")
    yield servers
    _run(servers, "DELETE FROM outbox_event")


def _run(servers: StackUnderTest, sql: str, user: str = "payuser") -> None:
    password = ROOT_PASSWORD if user == "root" else DATABASE_PASSWORD
    connection = pymysql.connect(
        host="127.0.0.1",
        port=servers.port("mariadb"),
        user=user,
        password=password,
        database="paydb",
        autocommit=True,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)


def written(servers: StackUnderTest, *events: tuple[str, int]) -> list[int]:
    with servers.database() as connection:
        return write_outbox(connection, [OutboxEvent(kind, payment) for kind, payment in events])


def database(servers: StackUnderTest) -> PyMySqlDatabase:
    return PyMySqlDatabase(
        DatabaseEndpoint(
            "127.0.0.1", servers.port("mariadb"), "payuser", DATABASE_PASSWORD, "paydb"
        )
    )


def states(servers: StackUnderTest) -> dict[int, tuple[int, int, str | None]]:
    found = servers.rows("SELECT event_id, published, parked, last_error FROM outbox_event")
    return {r["event_id"]: (r["published"], r["parked"], r["last_error"]) for r in found}


def three_of_one_payment(servers: StackUnderTest) -> tuple[int, list[int]]:
    (payment,) = new_payment_ids(1)
    kinds = ("PAYMENT_AUTHORIZED", "PAYMENT_CAPTURE_REQUESTED", "PAYMENT_CAPTURED")
    return payment, written(servers, *((kind, payment) for kind in kinds))


def test_lists_have_every_unpublished_row_once_in_order(outbox: StackUnderTest) -> None:
    payments = new_payment_ids(11)
    ids = written(outbox, *(("PAYMENT_AUTHORIZED", payment) for payment in payments))
    _run(outbox, f"UPDATE outbox_event SET published = 1 WHERE event_id = {ids[0]}")
    _run(outbox, f"UPDATE outbox_event SET parked = 1 WHERE event_id = {ids[1]}")
    first = outbox.paystack("outbox", "list", "--limit", "4", "--output", "json").document
    keeps_schema("outbox-list", first)
    after = str(first["after"])
    rest = outbox.paystack("outbox", "list", "--after", after, "--output", "json").document
    listed = [row["event_id"] for row in first["rows"] + rest["rows"]]
    assert (listed, rest["after"]) == (ids[1:], None)

    def only(*options: str) -> list[int]:
        found = outbox.paystack("outbox", "list", *options, "--output", "json").document["rows"]
        return [row["event_id"] for row in found]

    assert only("--state", "parked") == [ids[1]]
    assert only("--state", "waiting", "--limit", "2") == ids[2:4]
    assert only("--payment", str(payments[0])) == [ids[0]]
    assert only("--payment", str(payments[0]), "--state", "parked") == []
    assert only("--type", "PAYMENT_REFUNDED") == []


def test_one_row_in_full(outbox: StackUnderTest) -> None:
    payment, ids = three_of_one_payment(outbox)
    _run(
        outbox,
        f"INSERT INTO inbox_event VALUES ('settlement-worker', {ids[1]}, UTC_TIMESTAMP(6))",
    )
    document = outbox.paystack("outbox", "show", str(ids[1]), "--output", "json").document
    keeps_schema("outbox-show", document)
    assert (document["payment_id"], document["state"]) == (payment, "waiting")
    assert document["applied_by"] == ["settlement-worker"]
    assert f'"paymentId": {payment}' in document["payload"]
    assert "settlement-worker" in outbox.paystack("outbox", "show", str(ids[1])).stdout
    absent = outbox.paystack("outbox", "show", str(ids[2] + 1000), expect=2)
    assert "there is no outbox event" in absent.stderr


def test_parking_takes_the_later_events_along_and_retrying_brings_all_back(
    outbox: StackUnderTest,
) -> None:
    _, ids = three_of_one_payment(outbox)
    asked = ("outbox", "park", str(ids[1]), "--reason", ODD_REASON)
    unanswered = outbox.paystack(*asked, expect=2)
    assert "2 row(s) will be parked" in unanswered.stderr
    assert "--yes" in unanswered.stderr
    assert {state for _, state, _ in states(outbox).values()} == {0}, "a plan changes nothing"
    done = outbox.paystack(*asked, "--yes", "--output", "json").document
    keeps_schema("outbox-change", done)
    assert (done["asked"], done["changed"]) == (ids[1:], 2)
    assert states(outbox) == {
        ids[0]: (0, 0, None),
        ids[1]: (0, 1, ODD_REASON),
        ids[2]: (0, 1, f"waits behind parked event {ids[1]}"),
    }
    refused = outbox.paystack(*asked, "--yes", expect=2)
    assert "is parked" in refused.stderr
    shown = outbox.paystack("outbox", "list", "--state", "parked").stdout
    assert "411111******1111" in shown
    outbox.paystack("outbox", "retry", "--all-parked", "--reason", "no such", "--yes")
    assert states(outbox)[ids[1]][1] == 1
    assert outbox.paystack("outbox", "retry", str(ids[2]), "--yes").stdout == "retry: 2 row(s)\n"
    assert set(states(outbox).values()) == {(0, 0, None)}


@pytest.mark.parametrize("arguments", [[], ["1", "--all-parked"]])
def test_retry_needs_to_know_which(servers: StackUnderTest, arguments: list[str]) -> None:
    answer = servers.paystack("outbox", "retry", *arguments, "--yes", expect=2)
    assert "--all-parked" in answer.stderr


def test_a_relay_that_was_faster_is_not_overruled(outbox: StackUnderTest) -> None:
    _, ids = three_of_one_payment(outbox)
    opened = database(outbox)
    rows = outbox_rows.waiting_behind(opened, [ids[0]])
    _run(outbox, f"UPDATE outbox_event SET published = 1 WHERE event_id = {ids[0]}")
    assert outbox_rows.park(opened, [ids[0]], "too late") == 2
    assert find_row(opened, ids[0]).state is State.PUBLISHED
    assert outbox_rows.retry(opened, rows) == 2
    assert states(outbox)[ids[0]] == (1, 0, None)


def test_a_deadlock_with_the_relay_is_tried_again(outbox: StackUnderTest) -> None:
    _, (first, second, third) = three_of_one_payment(outbox)
    others = written(outbox, *[("PAYMENT_CAPTURED", payment) for payment in new_payment_ids(50)])
    before = _status(outbox, "Innodb_deadlocks")
    with ThreadPoolExecutor() as pool, outbox.database() as relay, relay.cursor() as cursor:
        relay.begin()
        # The lighter transaction is the one that gives way.
        _lock(cursor, [second, *others])
        parking = pool.submit(outbox_rows.park, database(outbox), [first], "test")
        wait_for(lambda: _lock_waits(outbox) == 1, "the change to wait", LOCKED_TIMEOUT_S)
        _lock(cursor, [first])
        relay.commit()
        assert parking.result() == 3
    assert _status(outbox, "Innodb_deadlocks") == before + 1
    assert {parked for _, parked, _ in map(states(outbox).get, (first, second, third))} == {1}


def test_rows_that_somebody_keeps_are_an_error_and_unchanged(
    outbox: StackUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_rows, "LOCK_WAIT_MAX_S", 1)
    monkeypatch.setattr(outbox_rows, "TRIES_MAX", 2)
    _, (first, *_) = three_of_one_payment(outbox)
    with outbox.database() as somebody, somebody.cursor() as cursor:
        somebody.begin()
        _lock(cursor, [first])
        with pytest.raises(LockConflict, match="Lock wait timeout") as refused:
            outbox_rows.park(database(outbox), [first], "test")
        somebody.rollback()
    assert "paystack outbox doctor" in refused.value.hint
    assert states(outbox)[first][1] == 0


def _lock(cursor: Cursor, event_ids: list[int]) -> None:
    """As a relay does that counts failures."""
    for event_id in event_ids:
        cursor.execute(
            "UPDATE outbox_event SET attempts = attempts + 1 WHERE event_id = %s", (event_id,)
        )


def _lock_waits(servers: StackUnderTest) -> int:
    return _status(servers, "Innodb_row_lock_current_waits")


def _status(servers: StackUnderTest, name: str) -> int:
    ((_, value),) = (row.values() for row in servers.rows(f"SHOW GLOBAL STATUS LIKE '{name}'"))
    return int(value)


def test_the_doctor_finds_what_keeps_rows_from_leaving(outbox: StackUnderTest) -> None:
    _, ids = three_of_one_payment(outbox)
    well = _doctor(outbox)
    assert [name for name, (outcome, _) in well.items() if outcome == "failed"] == ["relays"]
    _run(
        outbox,
        "UPDATE outbox_event SET attempts = 3, created_at = created_at - INTERVAL 1 HOUR"
        f" WHERE event_id = {ids[0]}",
    )
    _run(
        outbox,
        "UPDATE outbox_event SET parked = 1, last_error = 'waits behind parked event 1',"
        f" created_at = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR WHERE event_id = {ids[2]}",
    )
    _run(outbox, "ALTER TABLE outbox_event DROP KEY ix_outbox_aggregate")
    try:
        found = _doctor(outbox)
    finally:
        _run(
            outbox,
            "ALTER TABLE outbox_event ADD KEY ix_outbox_aggregate (aggregate_id, event_id)",
        )
    said = {name: text for name, (outcome, text) in found.items() if outcome == "failed"}
    assert said["head"] == "1 of the oldest 2 waiting rows keep failing"
    assert "1 parked rows wait behind an event that is parked no more" in said["parked"]
    assert "the events of a payment (aggregate_id, event_id)" in said["indexes"]
    assert "in the database's future" in said["clocks"]
    assert found["transactions"][0] == "not_run", "payuser may not see other transactions"


def test_the_doctor_sees_a_transaction_that_stays_open(outbox: StackUnderTest) -> None:
    with outbox.database() as connection, connection.cursor() as cursor:
        connection.begin()
        cursor.execute("SELECT * FROM outbox_event FOR UPDATE")
        found: dict[str, Any] = outbox.paystack(
            *("outbox", "doctor", "--output", "json", "--database"),
            f"root@127.0.0.1:{outbox.port('mariadb')}/paydb",
            expect=1,
            PAYSTACK_DB_PASSWORD=ROOT_PASSWORD,
        ).document
        connection.rollback()
    transactions = next(check for check in found["checks"] if check["name"] == "transactions")
    assert transactions["outcome"] == "passed", "it is young"
    assert transactions["facts"]["oldest_s"] is not None


def _doctor(servers: StackUnderTest) -> dict[str, tuple[str, str]]:
    document = servers.paystack("outbox", "doctor", "--output", "json", expect=1).document
    keeps_schema("outbox-doctor", document)
    return {check["name"]: (check["outcome"], check["summary"]) for check in document["checks"]}


@pytest.mark.parametrize(
    ("living", "owners", "trouble"),
    [
        ([7, None], [7] * 8, None),
        ([7, 9], [7, 7, 7, 7, 9, 9, 9, 9], None),
        ([None, None], [None] * 8, "no relay is at work"),
        ([7], [7] * 6 + [None, None], "no relay owns slice 6, 7"),
        ([7, 9], [7] * 8, "1 of 2 relays own no slice"),
    ],
)
def test_relays_and_their_slices(
    living: list[int | None], owners: list[int | None], trouble: str | None
) -> None:
    assert judge_relays(living, owners).trouble == trouble


def test_the_doctor_asks_the_locks_that_the_relay_takes(outbox: StackUnderTest) -> None:
    with RelayStore(paydb(outbox)) as store:
        SliceOwnership(store).rebalance(lambda _: False)
        found = wait_for(lambda: _relays(outbox), "the relay owns every slice", 10)
    assert found == "1 relay(s) own all 8 slices"


def _relays(servers: StackUnderTest) -> str | None:
    answer = servers.paystack("outbox", "doctor", "--output", "json", expect=None).document
    return next(check["summary"] for check in answer["checks"] if check["name"] == "relays")


@pytest.mark.parametrize(
    "command",
    [["list"], ["show", "1"], ["retry", "--all-parked", "--yes"], ["doctor"]],
    ids=lambda command: str(command[0]),
)
def test_a_database_that_is_not_there_is_exit_code_3(
    servers: StackUnderTest, command: list[str]
) -> None:
    answer = servers.paystack(
        "outbox", *command, "--database", "payuser@127.0.0.1:9/paydb", expect=3
    )
    assert "next: " in answer.stderr
    assert answer.stdout == ""


def test_a_password_has_no_place_in_a_command_line(servers: StackUnderTest) -> None:
    answer = servers.paystack(
        "outbox", "status", "--database", "payuser:s3cret@127.0.0.1:1/paydb", expect=2
    )
    assert "PAYSTACK_DB_PASSWORD" in answer.stderr
    assert "s3cret" not in answer.stderr
