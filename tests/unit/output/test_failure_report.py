"""A service that did not become ready, as text and as a document."""

import json
from collections.abc import Callable
from functools import partial

import pytest

from paystack_cli.engines.base import Health, State
from paystack_cli.engines.failure import (
    Cause,
    Evidence,
    FailureReport,
    Trouble,
    up_failed,
)
from paystack_cli.engines.log_excerpt import excerpt
from paystack_cli.errors import ExitCode, PaystackError
from paystack_cli.output.failure_report import failures_told
from paystack_cli.output.restart_report import failure_of_restart
from paystack_cli.output.up_report import failure_of_up
from tests.support.documents import keeps_schema

ALONE = FailureReport(
    "store",
    Trouble.CRASH_LOOP,
    "crashed at start, 2 times, at last exit status 3",
    Cause("store", "its disk or volume is full", "make room"),
    path=("store",),
    evidence=(
        Evidence(
            "store",
            State.RESTARTING,
            exit_code=3,
            crashes=2,
            log=excerpt(["error: no space left"]),
        ),
    ),
    held_up=("init", "app"),
)
OF_A_NEED = FailureReport(
    "app",
    Trouble.UNHEALTHY,
    "is not healthy after 61 s",
    Cause("store", "has failed", "paystack logs store --tail 50"),
    path=("app", "init", "store"),
    evidence=(
        Evidence(
            "app",
            State.RUNNING,
            health=Health.UNHEALTHY,
            probe="GET http://x",
            probe_output="503",
        ),
        Evidence("store", State.FAILED, signal="SIGKILL", out_of_memory=True, memory_limit_bytes=9),
    ),
    also_late=("broker",),
)


def _told(
    report: FailureReport, document: Callable[[FailureReport], dict[str, object]] | None = None
) -> PaystackError:
    with pytest.raises(PaystackError) as told, failures_told(document):
        raise up_failed(report)
    return told.value


def test_the_cause_leads_and_what_is_known_follows() -> None:
    error = _told(ALONE)
    assert error.message.splitlines() == [
        "store crashed at start, 2 times, at last exit status 3: its disk or volume is full",
        "  store: restarting, exit status 3, ended 2 times",
        "  store | error: no space left",
        "  not started for it: init, app",
    ]
    assert (error.hint, error.exit_code) == ("make room", ExitCode.START_FAILED)


def test_the_way_to_the_one_at_fault_is_shown() -> None:
    error = _told(OF_A_NEED)
    assert error.message.splitlines() == [
        "app is not healthy after 61 s: store, which it needs, has failed",
        "  way: app -> init -> store",
        "  app: running, unhealthy",
        "  app, GET http://x: 503",
        "  store: failed, out of memory (OOM)",
        "  not ready either: broker",
    ]
    assert error.exit_code is ExitCode.TIMED_OUT


@pytest.mark.parametrize(
    ("command", "document"), [("up", failure_of_up), ("restart", failure_of_restart)]
)
@pytest.mark.parametrize("report", [ALONE, OF_A_NEED])
def test_the_document_keeps_its_schema(
    report: FailureReport,
    command: str,
    document: Callable[..., dict[str, object]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    _told(report, partial(document, engine="local"))
    told = json.loads(capsys.readouterr().out)
    keeps_schema(command, told)
    assert told["ok"] is False
    assert told["failure"]["cause"]["service"] == report.cause.service
