"""The picture of a stack, complete and with what has not answered."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from paystack_cli.breaker.actuator import Breaker
from paystack_cli.engines.base import Health, ServiceStatus, State
from paystack_cli.events.consumer_groups import GroupStatus
from paystack_cli.events.outbox import OutboxStatus, Waiting
from paystack_cli.output.watch_report import document, screen
from paystack_cli.watch.picture import Picture, Problem, Queues
from tests.support.documents import keeps_schema

AT = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)


def _status(name: str, state: State, health: Health = Health.NONE) -> ServiceStatus:
    return ServiceStatus(
        name=name,
        group="workers",
        state=state,
        health=health,
        health_detail="",
        excluded=False,
        pid=None,
        ended=None,
        uptime_s=62.5 if state is State.RUNNING else None,
        restarts=2,
        ports=(),
        memory_bytes=53 * 1024 * 1024 if state is State.RUNNING else None,
    )


EMPTY = Picture(at=AT)
FULL = Picture(
    at=AT,
    services=(
        _status("settlement-worker", State.RUNNING, Health.UNHEALTHY),
        _status("db-migrate", State.COMPLETED),
    ),
    outbox=OutboxStatus((Waiting("PAYMENT_CAPTURED", 3, 1, 1.25),), (), 4, 120),
    queues=Queues(
        groups={"settlement-worker": GroupStatus("stable", 1, 0, {"payment.capture-requested": 7})},
        dead_letters={"settlement.dlq": 5},
    ),
    breakers={"settlement-worker": (Breaker("card-network", "HALF_OPEN", 50.0, 0.0, 3, 9),)},
    dead_letter_topics={"settlement-worker": "settlement.dlq"},
    problems=(Problem("kafka", "no answer for 6 s"),),
)


def _lines(picture: Picture, columns: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=columns).print(screen(picture, stack="pay", engine="local"))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_everything_stands_in_the_line_of_its_service_within_80_columns() -> None:
    lines = _lines(FULL, 80)
    assert lines[0].startswith("pay on local, 2026-11-22 ")
    assert lines[3].split() == [
        *("settlement-worker", "unhealthy", "1m", "2s", "2", "53", "MiB", "7", "5", "HALF_OPEN"),
    ]
    assert lines[4].split() == ["db-migrate", "completed", "-", "2", "-", "-", "-", "-"]
    assert lines[6:] == [
        "outbox: 3 rows wait, oldest 1.2 s; 4 parked; 2.0 published/s in the last 60 s,",
        "drained in 2 s at that rate",
        "kafka: no answer for 6 s",
    ]


def test_what_has_not_answered_is_left_open() -> None:
    assert _lines(EMPTY, 80)[2:] == ["services: …", "", "outbox: …"]


@pytest.mark.parametrize("picture", [EMPTY, FULL], ids=["empty", "full"])
def test_the_document_keeps_its_schema(picture: Picture) -> None:
    keeps_schema("watch", document(picture, stack="pay", engine="local"))


def test_the_document_tells_the_same() -> None:
    told = document(FULL, stack="pay", engine="local")
    assert told["at"] == "2026-11-22T17:00:00.000+00:00"
    assert told["consumers"] == [
        {"service": "settlement-worker", "state": "stable", "lag_records": 7}
    ]
    assert told["dead_letters"] == [{"topic": "settlement.dlq", "records": 5}]
    assert told["problems"] == [{"source": "kafka", "reason": "no answer for 6 s"}]
