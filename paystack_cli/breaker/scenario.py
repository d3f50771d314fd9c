"""The circuit-breaker test: a fault under load, and everything that must follow from it.

    calm -> fault -> OPEN, calls refused, backlog grows -> probes fail, OPEN again
         -> healed -> HALF_OPEN, so many probes, CLOSED -> drained, nothing lost or doubled

What the breaker says is held against what the party behind it saw. The fault is healed while the
breaker is OPEN, so that a call which it should have kept back would arrive and be seen.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from paystack_cli.breaker.actuator import (
    Breaker,
    Change,
    State,
    Stay,
    read_breakers,
    read_changes,
    stays,
)
from paystack_cli.breaker.backlog import Backlog
from paystack_cli.breaker.traffic import Traffic
from paystack_cli.breaker.witness import Witness
from paystack_cli.checks.model import AttemptFailed, Check, CheckResult, Evidence, Hopeless, Outcome
from paystack_cli.checks.runner import Step
from paystack_cli.checks.translation import client_errors_as_attempts
from paystack_cli.clients.http import HttpClient
from paystack_cli.errors import PaystackError
from paystack_cli.faults.model import HealedAtLast

CALM_PAYMENTS = 20
"""Accepted before anything is broken."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """The breaker under test and the parties around it.

    `rows_per_payment`: by how much one payment makes the backlog grow; `probes`: the calls that it
    permits while HALF_OPEN; `opens_within_s`: after which it is given up.
    """

    service: str
    breaker: str
    actuator: HttpClient
    witness: Witness
    backlog: Backlog
    rows_per_payment: int
    probes: int
    opens_within_s: float


class Scenario:
    """One run of the test; its steps share the times of what happened.

    A context manager: at its end the traffic has stopped.
    """

    def __init__(
        self,
        guarded: Guarded,
        fault: HealedAtLast,
        traffic: Traffic,
        invariants: Callable[[], Sequence[CheckResult]],
    ) -> None:
        self._guarded = guarded
        self._fault = fault
        self._traffic = traffic
        self._invariants = invariants
        self._opened_s = 0.0
        self._closed_s = 0.0

    def __enter__(self) -> "Scenario":
        return self

    def __exit__(self, *_: object) -> None:
        self._traffic.stop()
        self._guarded.backlog.stop()

    def steps(self) -> list[Step]:
        """In their order."""
        service = self._guarded.service
        logs = f"paystack logs {service} --tail 50"
        table: tuple[tuple[str, Callable[[], Evidence], str], ...] = (
            ("calm", self._calm, f"paystack health; paystack breaker status {service}"),
            ("opens", self._opens, logs),
            ("refuses", self._refuses, logs),
            ("backlog-grows", self._backlog_grows, "paystack outbox status"),
            ("failed-probe-reopens", self._reopens, logs),
            ("closes", self._closes, f"paystack health; {logs}"),
            ("authorize-unharmed", self._unharmed, "paystack logs ingest-service gateway"),
            ("drained", self._drained, "paystack outbox status; paystack dlq inspect"),
            ("kept-away", self._kept_away, logs),
            ("probes", self._probed, logs),
            ("invariants", self._kept, "paystack verify"),
        )
        return [Step(Check(name, _attempt(look), hint)) for name, look, hint in table]

    def _calm(self) -> Evidence:
        breaker = self._breaker()
        if breaker.state != State.CLOSED:
            raise AttemptFailed(f"{breaker.name} is {breaker.state}")
        if not self._traffic.started and (waiting := self._guarded.backlog.count()):
            raise AttemptFailed(f"{waiting} rows wait from before")
        self._traffic.start()
        if refused := self._traffic.refused():
            raise Hopeless(f"payments are refused while all is well: {_most(refused)}")
        if (accepted := self._traffic.accepted()) < CALM_PAYMENTS:
            raise AttemptFailed(f"{accepted} of {CALM_PAYMENTS} payments accepted so far")
        return Evidence(f"CLOSED, backlog 0, {accepted} payments accepted", {"accepted": accepted})

    def _opens(self) -> Evidence:
        self._guarded.backlog.start()
        self._fault.apply()
        broken_s = self._fault.applied_at_s
        for change in self._changes(broken_s):
            if change.state == State.OPEN:
                self._opened_s = change.at_s
                took_s = change.at_s - broken_s
                return Evidence(f"OPEN after {took_s:.1f} s", {"time_to_open_s": took_s})
        passed_s = time.time() - broken_s
        seen = self._breaker()
        told = f"{seen.state} {passed_s:.0f} s after the fault ({seen.failure_rate_percent:g} %)"
        raise (
            Hopeless(f"still {told}")
            if passed_s > self._guarded.opens_within_s
            else AttemptFailed(told)
        )

    def _refuses(self) -> Evidence:
        refused = self._breaker().not_permitted_calls
        if not refused:
            raise AttemptFailed("no call was refused so far")
        return Evidence(f"{refused} calls refused", {"not_permitted_calls": refused})

    def _backlog_grows(self) -> Evidence:
        accepted = self._traffic.accepted(self._opened_s)
        expected = accepted * self._guarded.rows_per_payment
        waiting = self._guarded.backlog.count()
        if not accepted or waiting < expected:
            raise AttemptFailed(f"{waiting} rows wait, {accepted} payments since it opened")
        return Evidence(
            f"{waiting} rows wait, {accepted} payments since it opened",
            {"backlog_rows": waiting, "accepted": accepted},
        )

    def _reopens(self) -> Evidence:
        probed = [stay for stay in self._stays() if stay.state == State.HALF_OPEN]
        if not probed:
            raise AttemptFailed("no probe went out yet")
        if probed[0].next != State.OPEN:
            raise Hopeless(f"{probed[0].next} although {self._guarded.service} cannot get through")
        rested_s = probed[0].begun_s - self._opened_s
        return Evidence(
            f"HALF_OPEN after {rested_s:.1f} s, and OPEN again", {"time_open_s": rested_s}
        )

    def _closes(self) -> Evidence:
        self._fault.heal()
        for change in self._changes(self._opened_s):
            if change.state == State.CLOSED:
                self._closed_s = change.at_s
                took_s = max(0.0, change.at_s - self._fault.healed_at_s)
                return Evidence(
                    f"CLOSED {took_s:.1f} s after it was healed", {"time_to_close_s": took_s}
                )
        raise AttemptFailed(f"still {self._breaker().state}")

    def _unharmed(self) -> Evidence:
        self._traffic.stop()
        if refused := self._traffic.refused():
            raise Hopeless(f"{refused.total()} payments were not accepted: {_most(refused)}")
        took_s = sorted(one.took_s for one in self._traffic.answers())
        p50_s, p99_s = (took_s[math.floor(len(took_s) * part)] for part in (0.5, 0.99))
        return Evidence(
            f"{len(took_s)} payments, all accepted; p50 {p50_s * 1000:.0f} ms,"
            f" p99 {p99_s * 1000:.0f} ms",
            {"accepted": len(took_s), "p50_s": p50_s, "p99_s": p99_s},
        )

    def _drained(self) -> Evidence:
        waiting = self._guarded.backlog.count()
        if waiting:
            raise AttemptFailed(f"{waiting} rows still wait")
        self._guarded.backlog.stop()
        largest, took_s = self._guarded.backlog.largest, time.time() - self._closed_s
        return Evidence(
            f"largest backlog {largest} rows, drained within {took_s:.1f} s"
            f" ({largest / took_s:.0f} rows/s)",
            {
                "largest_backlog_rows": largest,
                "drained_within_s": took_s,
                "drain_rate_per_s": largest / took_s,
            },
        )

    def _kept_away(self) -> Evidence:
        seen_s = self._guarded.witness.times_s(self._opened_s)
        closed_doors = [stay for stay in self._stays() if stay.state == State.OPEN]
        leaked = sum(len(_within(stay, seen_s)) for stay in closed_doors)
        if leaked:
            raise Hopeless(f"{leaked} calls were made while it was OPEN")
        open_s = sum(stay.ended_s - stay.begun_s for stay in closed_doors)
        return Evidence(f"no call in {open_s:.0f} s of OPEN", {"open_s": open_s})

    def _probed(self) -> Evidence:
        probing = next(stay for stay in self._stays() if stay.next == State.CLOSED)
        seen = _within(probing, self._guarded.witness.times_s(self._opened_s))
        if len(seen) != self._guarded.probes:
            raise Hopeless(f"{len(seen)} probes, not {self._guarded.probes}, until it closed")
        return Evidence(f"exactly {len(seen)} probes, then CLOSED", {"probes": len(seen)})

    def _kept(self) -> Evidence:
        results = self._invariants()
        broken = [result for result in results if result.outcome is Outcome.FAILED]
        if broken:
            raise Hopeless("; ".join(f"{one.name}: {one.summary}" for one in broken))
        proved = sum(result.outcome is Outcome.PASSED for result in results)
        return Evidence(f"{proved} invariants hold: nothing lost, nothing twice", {"hold": proved})

    def _breaker(self) -> Breaker:
        with client_errors_as_attempts():
            for breaker in read_breakers(self._guarded.actuator):
                if breaker.name == self._guarded.breaker:
                    return breaker
        raise Hopeless(f"{self._guarded.service} has no circuit breaker {self._guarded.breaker}")

    def _changes(self, since_s: float) -> Iterator[Change]:
        with client_errors_as_attempts():
            changes = read_changes(self._guarded.actuator, self._guarded.breaker)
        return (change for change in changes if change.at_s >= since_s)

    def _stays(self) -> Sequence[Stay]:
        """Since it opened for the first time."""
        return stays(list(self._changes(self._opened_s)))


def _attempt(look: Callable[[], Evidence]) -> Callable[[float], Evidence]:
    """A probe that bounds its questions by itself."""

    def probe(_timeout_s: float) -> Evidence:
        try:
            with client_errors_as_attempts():
                return look()
        except PaystackError as error:
            raise Hopeless(error.message, hint=error.hint) from error

    return probe


def _within(stay: Stay, times_s: Sequence[float]) -> list[float]:
    """Those made surely within: witnesses know milliseconds."""
    begun_ms, ended_ms = math.floor(stay.begun_s * 1000), math.floor(stay.ended_s * 1000)
    if stay.state == State.OPEN:  # a last call in the millisecond of the change was still permitted
        begun_ms += 1
    return [one_s for one_s in times_s if begun_ms <= one_s * 1000 < ended_ms]


def _most(refused: Counter[str]) -> str:
    [(said, times)] = refused.most_common(1)
    return f"{times} x {said}"
