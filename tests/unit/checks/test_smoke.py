"""The smoke journey against a gateway that keeps its promises, and against each broken promise."""

from collections.abc import Callable, Collection

import pytest

from paystack_cli.checks.model import CheckResult, Outcome
from paystack_cli.checks.progress import Silent
from paystack_cli.checks.retry import LAST_ATTEMPT_MIN_S, Deadline
from paystack_cli.checks.runner import run_in_order
from paystack_cli.checks.smoke import Journey, beyond, require_way_in
from paystack_cli.clients.http import HttpxClient
from paystack_cli.engines.base import Health, ServiceStatus, State
from paystack_cli.errors import PreflightError
from tests.support.fake_gateway import Call, FakeGateway, Fault, Reply, serving

STEPS = [
    "authorize",
    "captured",
    "ledger-capture",
    "repeat",
    "other-body",
    "refund",
    "refunded",
    "ledger-refund",
    "refund-again",
]
SHORT_S = LAST_ATTEMPT_MIN_S + 0.3


def travel(
    fault: Fault | None = None, timeout_s: float = 20.0, excluded: Collection[str] = ()
) -> list[CheckResult]:
    gateway = FakeGateway(fault)
    with serving(gateway.answer) as url:
        client = HttpxClient(url, hint="paystack health gateway")
        journey = Journey(client, merchant_id="M", amount=1000)
        return run_in_order(journey.steps(excluded), Deadline.after(timeout_s), Silent())


def replaced(name: str, nth: int, change: Callable[[Reply], Reply | None]) -> Fault:
    """Changes the answer to the nth (from 0) and every later request to one door."""

    def fault(call: Call, reply: Reply) -> Reply | None:
        return change(reply) if call.name == name and call.earlier >= nth else reply

    return fault


def with_fields(**fields: object) -> Callable[[Reply], Reply]:
    return lambda reply: Reply(reply.status, {**reply.document, **fields}, reply.headers)


def without_headers(reply: Reply) -> Reply:
    return Reply(reply.status, reply.document)


def answering(status: int, code: str) -> Callable[[Reply], Reply]:
    return lambda _reply: Reply.problem(status, code)


TWICE = {"debitAccount": "merchant_receivable", "creditAccount": "cash", "amount": 1000}


def test_a_payment_goes_all_the_way() -> None:
    results = travel()
    assert [result.name for result in results] == STEPS
    assert {result.outcome for result in results} == {Outcome.PASSED}
    assert {len(result.attempts) for result in results} == {1}


@pytest.mark.parametrize(
    ("fault", "stopped_at", "said"),
    [
        pytest.param(
            replaced("authorize", 0, answering(402, "PAYMENT_DECLINED")),
            "authorize",
            "PAYMENT_DECLINED",
            id="declined",
        ),
        pytest.param(
            replaced("authorize", 0, with_fields(paymentId=None)),
            "authorize",
            "no paymentId",
            id="no payment id",
        ),
        pytest.param(
            replaced("read", 0, with_fields(status="CAPTURE_FAILED")),
            "captured",
            "is CAPTURE_FAILED, not CAPTURED",
            id="capture refused",
        ),
        pytest.param(
            replaced("read", 1, with_fields(ledgerEntries=[TWICE, TWICE])),
            "ledger-capture",
            "holds",
            id="booked twice",
        ),
        pytest.param(
            replaced("read", 1, with_fields(ledgerEntries=[{**TWICE, "amount": 999}])),
            "ledger-capture",
            "999",
            id="another amount",
        ),
        pytest.param(
            replaced("authorize", 1, with_fields(paymentId=7)),
            "repeat",
            "answered differently",
            id="the repeat differs",
        ),
        pytest.param(
            replaced("authorize", 1, without_headers),
            "repeat",
            "Idempotent-Replayed",
            id="the repeat is not marked",
        ),
        pytest.param(
            replaced("authorize", 2, answering(409, "REQUEST_IN_FLIGHT")),
            "other-body",
            "not 422 IDEMPOTENCY_KEY_REUSED",
            id="other body is no 422",
        ),
        pytest.param(
            replaced("refund", 0, answering(404, "NOT_FOUND")),
            "refund",
            "NOT_FOUND",
            id="refund not found",
        ),
        pytest.param(
            replaced("refund", 0, answering(409, "REFUND_CONFLICT")),
            "refund",
            "REFUND_CONFLICT",
            id="first refund refused",
        ),
        pytest.param(
            replaced("read", 2, with_fields(status="REFUND_FAILED")),
            "refunded",
            "is REFUND_FAILED, not REFUNDED",
            id="refund failed",
        ),
        pytest.param(
            replaced("read", 3, with_fields(ledgerEntries=[TWICE, TWICE])),
            "ledger-refund",
            "holds",
            id="debits are not credits",
        ),
        pytest.param(
            replaced("refund", 1, lambda reply: Reply(200, reply.document)),
            "refund-again",
            "not 409 REFUND_CONFLICT",
            id="refunded twice",
        ),
    ],
)
def test_it_says_where_it_stopped_and_why(fault: Fault, stopped_at: str, said: str) -> None:
    results = travel(fault)
    place = STEPS.index(stopped_at)
    assert {result.outcome for result in results[:place]} <= {Outcome.PASSED}
    assert results[place].outcome is Outcome.FAILED
    assert said in results[place].summary
    assert results[place].hint
    assert {result.outcome for result in results[place + 1 :]} <= {Outcome.NOT_RUN}
    assert len(results[place].attempts) == 1, "waiting cannot mend it"


@pytest.mark.parametrize(
    ("excluded", "left_out"),
    [
        (
            {"settlement-worker"},
            ["captured", "ledger-capture", "refund", "refunded", "ledger-refund", "refund-again"],
        ),
        ({"consumer-worker"}, ["ledger-capture", "ledger-refund"]),
        ({"refund-worker"}, ["refunded", "ledger-refund", "refund-again"]),
        (beyond(["refund-worker"]), ["ledger-capture", "ledger-refund"]),
        (
            beyond(["settlement-worker"]),
            ["ledger-capture", "refunded", "ledger-refund", "refund-again"],
        ),
        (
            beyond(["gateway"]),
            ["captured", "ledger-capture", "refund", "refunded", "ledger-refund", "refund-again"],
        ),
        (beyond([]), []),
    ],
)
def test_what_is_left_out_is_not_asked_for(excluded: Collection[str], left_out: list[str]) -> None:
    results = travel(excluded=excluded)
    assert [r.name for r in results if r.outcome is Outcome.EXCLUDED] == left_out
    assert {r.outcome for r in results if r.name not in left_out} == {Outcome.PASSED}


def test_without_a_way_in_there_is_nothing_to_follow() -> None:
    with pytest.raises(PreflightError, match="without ingest-service") as refused:
        travel(excluded={"ingest-service", "refund-worker"})
    assert refused.value.hint == "paystack up ingest-service"


def status_of(name: str, state: State) -> ServiceStatus:
    return ServiceStatus(
        name=name,
        group="",
        state=state,
        health=Health.NONE,
        health_detail="",
        excluded=False,
        pid=None,
        ended=None,
        uptime_s=None,
        restarts=0,
        ports=(),
        memory_bytes=None,
    )


@pytest.mark.parametrize("state", [State.NOT_STARTED, State.STOPPED])
def test_a_stack_that_does_not_run_is_told_at_once(state: State) -> None:
    with pytest.raises(PreflightError, match="gateway not running"):
        require_way_in([status_of("mariadb", State.RUNNING), status_of("gateway", state)])


@pytest.mark.parametrize("state", [State.RUNNING, State.STARTING, State.RESTARTING])
def test_what_comes_back_by_itself_is_waited_for(state: State) -> None:
    require_way_in([status_of("gateway", state), status_of("kafka", State.STOPPED)])


def test_a_payment_that_gets_stuck_is_named_with_the_place_to_look() -> None:
    results = travel(replaced("read", 0, with_fields(status="CAPTURE_REQUESTED")), SHORT_S)
    stuck = results[1]
    assert stuck.outcome is Outcome.FAILED
    assert stuck.summary == "payment 100000 is CAPTURE_REQUESTED, not CAPTURED"
    assert stuck.hint is not None
    assert "paystack health outbox-relay settlement-worker" in stuck.hint
    assert "paystack dlq inspect settlement.dlq" in stuck.hint
    assert len(stuck.attempts) > 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_gateway_is_asked_again(status: int) -> None:
    def busy_twice(call: Call, reply: Reply) -> Reply:
        return Reply.problem(status, "BUSY") if call.earlier < 2 else reply

    results = travel(busy_twice)
    assert {result.outcome for result in results} == {Outcome.PASSED}
    assert len(results[0].attempts) == 3


def test_a_refund_whose_answer_was_lost_is_not_taken_for_a_conflict() -> None:
    def lost_once(call: Call, reply: Reply) -> Reply | None:
        return None if call.name == "refund" and call.earlier == 0 else reply

    results = travel(lost_once)
    assert {result.outcome for result in results} == {Outcome.PASSED}
    assert len(results[STEPS.index("refund")].attempts) == 2


def test_no_gateway_is_a_time_out() -> None:
    client = HttpxClient("http://127.0.0.1:9", hint="paystack health gateway")
    journey = Journey(client, merchant_id="M", amount=1000)
    results = run_in_order(journey.steps(), Deadline.after(0), Silent())
    assert results[0].outcome is Outcome.TIMED_OUT
    assert results[0].hint == "paystack health gateway"
    assert "127.0.0.1:9" in results[0].summary


def test_an_answer_that_is_no_json_object_is_no_traceback() -> None:
    results = travel(replaced("read", 0, lambda _reply: Reply(200, [1, 2])), SHORT_S)
    assert results[1].outcome is Outcome.FAILED
    assert "is None" in results[1].summary
