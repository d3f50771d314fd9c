"""The run of `tests/bench/outbox`: fill, status and its queries, the relay's poll, the report."""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from paycore.relay_store import SLICES, RelayStore

from paystack_cli.clients.database import DatabaseEndpoint, PyMySqlDatabase, connected
from paystack_cli.events import outbox
from tests.support.paydb import paydb
from tests.support.stack import DATABASE_PASSWORD, StackUnderTest, own_stack

STATUS_RATIO_MAX = 2.0
POLL_RATIO_MAX = 1.5
POLL_ROWS = 125
"""A slice of it; the relay asks for as many from each."""
TIMES = 9
"""Each is measured, the median counts."""
FILL_ROWS = 100_000
"""In one transaction."""
ANSWER_MAX_S = 120.0

_INSERT = (
    "INSERT INTO outbox_event (aggregate_id, event_type, payload, source, published, parked,"
    " attempts, last_error, created_at, published_at) SELECT 100000 + seq,"
    " ELT(1 + seq % 5, 'PAYMENT_AUTHORIZED', 'PAYMENT_CAPTURE_REQUESTED', 'PAYMENT_CAPTURED',"
    " 'PAYMENT_REFUND_REQUESTED', 'PAYMENT_REFUNDED'),"
    ' \'{{"paymentId":100000,"merchantId":"SHOP","status":"CAPTURED","amount":1000}}\', \'bench\','
    " {published}, {parked}, 0, {reason}, UTC_TIMESTAMP(6) - INTERVAL {age} HOUR, {published_at}"
    " FROM seq_1_to_{rows}"
)


def main(arguments: Sequence[str], description: str) -> int:
    parser = argparse.ArgumentParser(
        prog="tests/bench/outbox",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--full", action="store_true", help="5,000,000 rows, and it is judged")
    parser.add_argument("--rows", type=int, help="in the table (slice 100,000)")
    options = parser.parse_args(arguments)
    rows = options.rows or (5_000_000 if options.full else 100_000)
    pending = 10_000 if options.full else rows // 20
    with (
        tempfile.TemporaryDirectory(prefix="paystack-bench-") as folder,
        own_stack("bench", Path(folder) / "state", "--only", "mariadb,db-migrate") as stack,
    ):
        faults, misses = _measure(stack, rows, pending)
    for fault in faults:
        print(f"WRONG: {fault}")
    for miss in misses:
        print(f"MISSED: {miss}")
    return 1 if faults or (options.full and misses) else 0


def _measure(stack: StackUnderTest, rows: int, pending: int) -> tuple[list[str], list[str]]:
    """What is wrong, and which goals were missed."""
    database = _database(stack)
    _fill(stack, pending, age=1)
    alone_ms = _poll_ms(stack)
    parked = pending // 10
    _fill(stack, parked, parked=1, age=2, reason="'too large'")
    for begin in range(0, rows - pending - parked, FILL_ROWS):
        count = min(FILL_ROWS, rows - pending - parked - begin)
        _fill(stack, count, published=1, age=24, published_at="UTC_TIMESTAMP(6) - INTERVAL 24 HOUR")
    with stack.database() as connection, connection.cursor() as cursor:
        cursor.execute("ANALYZE TABLE outbox_event")
    beside_ms = _poll_ms(stack)
    print(
        f"poll: {alone_ms:.2f} ms on {pending} waiting rows alone,"
        f" {beside_ms:.2f} ms beside {rows - pending} others: ratio {beside_ms / alone_ms:.2f}"
    )
    queries_ms = {
        name: _median_ms(lambda query=query: _run(stack, query))
        for name, query in (
            ("waiting", outbox._WAITING),
            ("parked", outbox._PARKED),
            ("published lately", outbox._PUBLISHED_LATELY),
        )
    }
    status_ms = _median_ms(lambda: outbox.read_status(database, ANSWER_MAX_S))
    slowest = max(queries_ms, key=lambda name: queries_ms[name])
    ratio = status_ms / queries_ms[slowest]
    print(
        f"status: {status_ms:.1f} ms; its slowest query ({slowest}) {queries_ms[slowest]:.1f} ms:"
        f" ratio {ratio:.2f}"
    )
    found = outbox.read_status(database, ANSWER_MAX_S)
    faults = []
    if (found.pending, found.parked_rows) != (pending, parked):
        faults.append(f"{pending} wait, {parked} are parked; status says {found}")
    goals = {
        f"a status of {ratio:.2f} times its slowest query": ratio <= STATUS_RATIO_MAX,
        f"a poll that goes from {alone_ms:.2f} to {beside_ms:.2f} ms": beside_ms
        <= alone_ms * POLL_RATIO_MAX,
    }
    return faults, [goal for goal, is_kept in goals.items() if not is_kept]


def _fill(
    stack: StackUnderTest,
    rows: int,
    *,
    published: int = 0,
    parked: int = 0,
    age: int = 0,
    reason: str = "NULL",
    published_at: str = "NULL",
) -> None:
    with stack.database() as connection, connection.cursor() as cursor:
        cursor.execute(
            _INSERT.format(
                rows=rows,
                published=published,
                parked=parked,
                age=age,
                reason=reason,
                published_at=published_at,
            )
        )


def _endpoint(stack: StackUnderTest) -> DatabaseEndpoint:
    return DatabaseEndpoint(
        "127.0.0.1", stack.port("mariadb"), "payuser", DATABASE_PASSWORD, "paydb"
    )


def _database(stack: StackUnderTest) -> PyMySqlDatabase:
    return PyMySqlDatabase(_endpoint(stack))


def _run(stack: StackUnderTest, query: str) -> None:
    """One query as the status sends it: a connection of its own, all rows read."""
    with connected(_endpoint(stack), ANSWER_MAX_S) as cursor:
        cursor.execute(query)
        cursor.fetchall()


def _poll_ms(stack: StackUnderTest) -> float:
    """What the relay asks whenever it looks for rows."""
    with RelayStore(paydb(stack)) as store:
        return _median_ms(lambda: store.waiting(dict.fromkeys(range(SLICES), POLL_ROWS)))


def _median_ms(work: Callable[[], object]) -> float:
    took = []
    for _ in range(TIMES):
        begun_s = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - begun_s))
    return statistics.median(took)
