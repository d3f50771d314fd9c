"""The run of `tests/bench/pipeline`: load, latency, relay, the count of money, the report."""

import argparse
import asyncio
import statistics
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from paystack_cli.engines.local.programs import Program
from tests.bench import relay_rate
from tests.bench.ledger_watch import ledger_watch
from tests.bench.open_loop import authorize_at
from tests.bench.process_cost import cpu_of, memory
from tests.bench.wrk import run_wrk
from tests.support.programs import fetched
from tests.support.stack import StackUnderTest, own_stack
from tests.support.waiting import wait_for

PATH = "/payments/authorize"
SERVICES = (
    "ingest-service",
    "pg-simulator",
    "outbox-relay",
    "settlement-worker",
    "consumer-worker",
    "mariadb",
    "kafka",
)
CONNECTIONS = 64
DRAINED_WITHIN_S = 120.0
P50_MAX_MS = 150.0
P99_MAX_MS = 1_000.0


def main(arguments: Sequence[str], description: str) -> int:
    parser = argparse.ArgumentParser(
        prog="tests/bench/pipeline",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--full", action="store_true", help="longer runs; the default is a slice")
    parser.add_argument("--seconds", type=int, help="of each load (slice 5, full 30)")
    options = parser.parse_args(arguments)
    seconds = options.seconds or (30 if options.full else 5)
    events = 100_000 if options.full else 20_000
    wrk = fetched("wrk")
    with (
        tempfile.TemporaryDirectory(prefix="paystack-bench-") as folder,
        own_stack("bench", Path(folder) / "state") as stack,
    ):
        sustained_per_s = _sustained(stack, wrk, seconds)
        _latency(stack, sustained_per_s / 2, seconds)
        rates = relay_rate.measure(stack, events)
        print(
            f"relay: {rates.relay:.0f} events/s, bare producer {rates.producer:.0f}/s:"
            f" ratio {rates.ratio:.2f}"
        )
        for name in SERVICES:
            used = memory(stack.pid(name))
            print(f"memory {name}: RSS {used.rss_kib // 1024} MiB, PSS {used.pss_kib // 1024} MiB")
        faults = _faults(stack)
    for fault in faults:
        print(f"WRONG: {fault}")
    return 1 if faults else 0


def _sustained(stack: StackUnderTest, wrk: Program, seconds: int) -> float:
    """Payments/s from the first authorize until the last of them is in the ledger."""
    pids = {name: stack.pid(name) for name in SERVICES}
    before, started_s = cpu_of(pids), time.monotonic()
    measured = run_wrk(
        wrk,
        stack.url("ingest-service", PATH),
        connections=CONNECTIONS,
        duration_s=seconds,
        key_prefix=f"pipeline-{uuid.uuid4().hex[:8]}",
    )
    authorized = _count(stack, "payment")
    _wait_booked(stack)
    elapsed_s = time.monotonic() - started_s
    after = cpu_of(pids)
    spent = ", ".join(f"{n} {(after[n] - before[n]) * 1e6 / authorized:.0f}" for n in pids)
    sustained_per_s = authorized / elapsed_s
    print(
        f"sustained: {sustained_per_s:.0f} payments/s to the ledger ({authorized} in"
        f" {elapsed_s:.1f} s; authorize alone {measured.requests_per_s:.0f}/s,"
        f" p99 {measured.p99_ms:.0f} ms)"
    )
    print(f"  CPU us a payment: {spent}")
    return sustained_per_s


def _latency(stack: StackUnderTest, rate_per_s: float, seconds: int) -> None:
    """From the authorize answer until the ledger row is visible."""
    with ledger_watch(stack) as watch:
        load = asyncio.run(
            authorize_at(
                stack.url("ingest-service", PATH), rate_per_s, seconds, uuid.uuid4().hex[:8]
            )
        )
        wait_for(
            lambda: load.answered_at_s.keys() <= watch.seen_at_s.keys(),
            "every payment of the load in the ledger",
            DRAINED_WITHIN_S,
        )
    took_ms = sorted(
        1_000 * (watch.seen_at_s[payment_id] - answered_at_s)
        for payment_id, answered_at_s in load.answered_at_s.items()
    )
    percentiles = statistics.quantiles(took_ms, n=100)
    p50_ms, p99_ms = percentiles[49], percentiles[98]
    verdict = "kept" if p50_ms < P50_MAX_MS and p99_ms < P99_MAX_MS else "MISSED"
    print(
        f"latency at {rate_per_s:.0f}/s: p50 {p50_ms:.0f} ms, p99 {p99_ms:.0f} ms, worst"
        f" {took_ms[-1]:.0f} ms over {len(took_ms)} payments, {load.refused} refused"
        f" (goal p50 < {P50_MAX_MS:.0f} ms, p99 < {P99_MAX_MS:.0f} ms: {verdict})"
    )


def _wait_booked(stack: StackUnderTest) -> None:
    def booked() -> bool:
        return _count(stack, "payment") == _count(stack, "ledger_entry")

    wait_for(booked, "every payment in the ledger", DRAINED_WITHIN_S)


def _count(stack: StackUnderTest, table: str) -> int:
    return int(stack.rows(f"SELECT count(*) AS number FROM {table}")[0]["number"])


def _faults(stack: StackUnderTest) -> list[str]:
    """What is not as it must be after the load."""
    unbooked = stack.rows(
        "SELECT count(*) AS number FROM payment p LEFT JOIN"
        " (SELECT payment_id, count(*) AS entries, SUM(amount) AS booked FROM ledger_entry"
        " GROUP BY payment_id) l USING (payment_id)"
        " WHERE p.status <> 'CAPTURED' OR l.entries IS NULL OR l.entries <> 1"
        " OR l.booked <> p.amount"
    )[0]["number"]
    print(f"payments {_count(stack, 'payment')}, not booked exactly once: {unbooked}")
    return [f"{unbooked} payments are not booked exactly once"] if unbooked else []
