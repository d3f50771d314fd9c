"""What the probes make of answers that are not as they must be; the servers are real elsewhere."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from paystack_cli.checks.model import AttemptFailed, Hopeless, NoAnswer
from paystack_cli.checks.probes import Limits
from paystack_cli.checks.probes import relay as relay_probe
from paystack_cli.checks.probes import worker as worker_probe
from paystack_cli.checks.probes.actuator import ready_components
from paystack_cli.checks.translation import client_errors_as_attempts
from paystack_cli.clients.errors import ServerFailed, ServerRefused, ServerUnreachable
from paystack_cli.clients.http import HttpxClient
from paystack_cli.errors import PaystackError
from paystack_cli.events.consumer_groups import GroupStatus
from paystack_cli.events.outbox import OutboxStatus, Waiting
from tests.support.fake_gateway import Reply, serving

LIMITS = Limits(lag_records=10, outbox_age_s=30.0, parked_rows=0)


@pytest.mark.parametrize(
    ("group", "trouble"),
    [
        (GroupStatus("stable", 1, 0, {"a": 4, "b": 6}), None),
        (GroupStatus("empty", 0, 12, {"a": 0}), "has no member"),
        (GroupStatus("stable", 1, 3, {"a": 0}), "leaves 3 partitions unowned"),
        (GroupStatus("preparing_rebalancing", 1, 0, {"a": 0}), "is preparing_rebalancing"),
        (
            GroupStatus("stable", 2, 0, {"a": 5, "b": 6}),
            "lags by more than 10 records: a 5, b 6",
        ),
    ],
)
def test_what_keeps_a_group_from_working(group: GroupStatus, trouble: str | None) -> None:
    assert worker_probe._trouble(group, LIMITS.lag_records) == trouble


def outbox(*, age_s: float | None = None, parked: int = 0) -> OutboxStatus:
    waiting = () if age_s is None else (Waiting("PAYMENT_CAPTURED", 1, 0, age_s),)
    return OutboxStatus(waiting, (), parked, 0)


@pytest.mark.parametrize(
    ("breaker", "status", "trouble"),
    [
        ("CLOSED", outbox(), None),
        ("CLOSED", outbox(age_s=30.0), None),
        ("OPEN", outbox(), "the breaker kafka-publisher is OPEN"),
        (None, outbox(), "the breaker kafka-publisher is not reported"),
        ("CLOSED", outbox(age_s=31.24), "the oldest row waits for 31.2 s, more than 30 s"),
        ("CLOSED", outbox(parked=2), "2 rows are parked, more than 0"),
    ],
)
def test_what_keeps_events_from_leaving(
    breaker: str | None, status: OutboxStatus, trouble: str | None
) -> None:
    assert relay_probe._trouble(breaker, status, LIMITS) == trouble


UP = {"status": "UP", "components": {"db": {"status": "UP", "details": {"ms": 1}}}}
DOWN = {
    "status": "DOWN",
    "components": {
        "db": {"status": "DOWN", "details": {"error": "refused\x1b[2J", "card": 4111111111111111}},
        "kafka": {"status": "UP"},
        "shutdown": {"status": "OUT_OF_SERVICE"},
    },
}


def ready(status: int, document: Any) -> Mapping[str, str]:
    with serving(lambda _method, _path, _body: Reply(status, document)) as url:
        return ready_components(HttpxClient(url, hint=""), "worker", 5.0)


def test_a_ready_service_names_its_components() -> None:
    assert ready(200, UP) == {"db": "UP"}
    assert ready(200, {"status": "UP"}) == {}


@pytest.mark.parametrize(
    ("status", "document", "said"),
    [
        pytest.param(
            503,
            DOWN,
            "worker is not ready: db (error=refused\\x1b[2J, card=411111******1111), shutdown",
            id="components that are down",
        ),
        pytest.param(503, [], "worker is not ready: HTTP 503 []", id="an unknown shape"),
        pytest.param(404, {}, "worker is not ready: HTTP 404 {}", id="no actuator"),
        pytest.param(
            503, {"components": {"db": "UP"}}, "worker is not ready: HTTP 503 ", id="odd component"
        ),
    ],
)
def test_a_service_that_is_not_ready_says_why(status: int, document: Any, said: str) -> None:
    with pytest.raises(AttemptFailed) as failure:
        ready(status, document)
    assert failure.value.reason.startswith(said)
    assert failure.value.hint == "paystack logs worker"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ServerUnreachable("nothing there", hint="look"), NoAnswer),
        (ServerRefused("wrong password", hint="look"), Hopeless),
        (ServerFailed("too many connections", hint="look"), AttemptFailed),
    ],
)
def test_clients_errors_become_attempts(error: PaystackError, kind: type[AttemptFailed]) -> None:
    with pytest.raises(AttemptFailed) as failure, client_errors_as_attempts():
        raise error
    assert type(failure.value) is kind
    assert (failure.value.reason, failure.value.hint) == (error.message, "look")


def test_a_problem_document_is_told_in_short() -> None:
    problem = {"code": "OVERLOADED", "message": "come again", "type": "urn:x"}
    with serving(lambda _method, _path, _body: Reply(503, problem)) as url:
        answer = HttpxClient(url, hint="").request("GET", "/", timeout_s=5.0)
    assert str(answer) == "HTTP 503 OVERLOADED: come again"
    assert json.loads(answer.body) == problem
