"""The run of `tests/bench/trace`: a large stack's tables and topics, and one payment's trace."""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from confluent_kafka import Producer

from tests.support.stack import StackUnderTest, own_stack

SERVICES = ("pg-simulator", "db-migrate", "kafka-topics")
"""With what they need: the servers that a trace asks, and nobody who would change the data."""

FEW = 1_000
SLICE, FULL = 20_000, 1_000_000
TRACES = 7
"""Payments that are traced of each size; the median counts."""

RATIO_MAX = 1.5
"""A trace among many may take this much longer than among few."""
FULL_MAX_S = 1.0
"""The whole command among all of them; judged with --full."""

SPREAD_S = 3_600
"""The payments are spread over the last hour."""

EVENTS = (
    (1, "PAYMENT_AUTHORIZED", "payment.authorized", None),
    (2, "PAYMENT_CAPTURE_REQUESTED", "payment.capture-requested", "settlement-worker"),
    (3, "PAYMENT_CAPTURED", "payment.captured", "consumer-worker"),
)
"""Of each payment: number, event type, topic, and who has applied it."""

FIRST_ID = 10_000_000
QUEUED_MAX = 100_000

_REQUESTED = "TIMESTAMPADD(MICROSECOND, (seq - 1) * {step_us}, '{began}')"
_PAYMENTS = """
INSERT INTO payment
SELECT {first} + seq, 'BENCH', 1000, 'KRW', 'CAPTURED', CONCAT('bench-', seq), 'A-1',
       {at}, {at} FROM seq_{begin}_to_{end}
"""
_OUTBOX = """
INSERT INTO outbox_event (event_id, aggregate_id, event_type, payload, source, published,
                          created_at, published_at)
SELECT (seq - 1) * 3 + {number}, {first} + seq, '{event_type}', '{{}}', 'bench', 1,
       {at}, {at} + INTERVAL 20000 MICROSECOND FROM seq_{begin}_to_{end}
"""
_INBOX = """
INSERT INTO inbox_event
SELECT '{consumer}', (seq - 1) * 3 + {number}, {at} + INTERVAL 40000 MICROSECOND
  FROM seq_{begin}_to_{end}
"""
_LEDGER = """
INSERT INTO ledger_entry (payment_id, entry_type, debit_account, credit_account, amount, currency,
                          occurred_at, event_id)
SELECT {first} + seq, 'CAPTURE', 'merchant_receivable', 'cash', 1000, 'KRW', {at}, (seq - 1) * 3 + 3
  FROM seq_{begin}_to_{end}
"""


def main(arguments: Sequence[str], description: str) -> int:
    parser = argparse.ArgumentParser(
        prog="tests/bench/trace",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} payments; slice {SLICE:,}")
    parser.add_argument("--seed", type=int, default=20261122, help="chooses the traced payments")
    options = parser.parse_args(arguments)
    many = FULL if options.full else SLICE
    chance = random.Random(options.seed)
    print(f"seed {options.seed}")
    with (
        tempfile.TemporaryDirectory(prefix="paystack-bench-") as folder,
        own_stack("bench", Path(folder) / "state", *SERVICES) as stack,
    ):
        bench = _Bench(stack, many)
        bench.grow(1, FEW)
        few_s = bench.trace_s(chance.sample(range(1, FEW + 1), TRACES))
        bench.grow(FEW + 1, many)
        many_s = bench.trace_s(chance.sample(range(1, many + 1), TRACES))
        bare_s = _median_s(lambda: stack.paystack("version"))
    ratio = many_s / few_s
    print(
        f"trace of one payment: {few_s:.2f} s among {FEW:,}, {many_s:.2f} s among {many:,}"
        f" (paystack version: {bare_s:.2f} s)"
    )
    verdict = "kept" if ratio <= RATIO_MAX else "missed"
    print(f"ratio {ratio:.2f} (goal at most {RATIO_MAX}: {verdict})")
    is_slow = options.full and many_s > FULL_MAX_S
    if is_slow:
        print(f"MISSED: {many_s:.2f} s among {many:,}, goal below {FULL_MAX_S:g} s")
    return int(ratio > RATIO_MAX or is_slow)


class _Bench:
    """Tables and topics that hold the same payments."""

    def __init__(self, stack: StackUnderTest, payments: int) -> None:
        self._stack = stack
        self._step_us = SPREAD_S * 1_000_000 // payments
        self._began_s = int(time.time()) - SPREAD_S

    def grow(self, begin: int, end: int) -> None:
        """Add the payments of these numbers."""
        started = time.monotonic()
        began = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self._began_s))
        words = {
            "at": _REQUESTED.format(step_us=self._step_us, began=began),
            "first": FIRST_ID,
            "begin": begin,
            "end": end,
        }
        with self._stack.database() as database, database.cursor() as cursor:
            for query in (_PAYMENTS, _LEDGER):
                cursor.execute(query.format(**words))
            for number, event_type, _, consumer in EVENTS:
                each = {**words, "number": number, "event_type": event_type, "consumer": consumer}
                cursor.execute(_OUTBOX.format(**each))
                if consumer:
                    cursor.execute(_INBOX.format(**each))
            database.commit()
        self._produce(begin, end)
        print(f"{end - begin + 1:,} payments written in {time.monotonic() - started:.0f} s")

    def _produce(self, begin: int, end: int) -> None:
        producer = Producer(
            {"bootstrap.servers": self._stack.bootstrap, "linger.ms": 50, "compression.type": "lz4"}
        )
        for topic, key, event_id, at_ms in self._records(begin, end):
            while len(producer) > QUEUED_MAX:
                producer.poll(0.1)
            producer.produce(topic, b"{}", key, timestamp=at_ms, headers=[("ce_id", event_id)])
        assert producer.flush(60) == 0

    def _records(self, begin: int, end: int) -> Iterator[tuple[str, bytes, bytes, int]]:
        for seq in range(begin, end + 1):
            at_ms = self._began_s * 1000 + ((seq - 1) * self._step_us) // 1000 + 10
            for number, _, topic, _ in EVENTS:
                event_id = (seq - 1) * 3 + number
                yield topic, str(FIRST_ID + seq).encode(), str(event_id).encode(), at_ms

    def trace_s(self, numbers: Sequence[int]) -> float:
        """The median time of the command; each trace is whole."""
        left = list(numbers)

        def trace_next() -> None:
            done = self._stack.paystack("trace", str(FIRST_ID + left.pop()), expect=None)
            seen = done.stdout.count(" topic ")
            assert seen == len(EVENTS), f"{seen} records in {done}"

        return _median_s(trace_next, times=len(left))


def _median_s(run: Callable[[], object], times: int = TRACES) -> float:
    taken = []
    for _ in range(times):
        started = time.monotonic()
        run()
        taken.append(time.monotonic() - started)
    return statistics.median(taken)
