"""Errors that name the cause and the next command."""

from pathlib import Path
from typing import Any

import pytest

from paystack_cli.engines.compose.diagnosis import Diagnosis, remedy
from paystack_cli.engines.compose.watch import Failure
from paystack_cli.errors import ExitCode
from tests.support.compose_project import make_project, stack_of
from tests.support.fake_docker import FakeDaemon, container

COMPOSE = """
services:
  store: {command: [x], restart: always}
  app: {command: [x], restart: always, depends_on: [store]}
"""
LOGS = {"id-store": b"2026-11-22T17:00:01.000000000Z no space\x1b[31m\n"}


def _diagnosis(tmp_path: Path, *there: Any) -> Diagnosis:
    daemon: Any = FakeDaemon(there, logs=LOGS)
    return Diagnosis(stack_of(make_project(tmp_path, COMPOSE)), daemon)


def test_a_failed_service_shows_its_end_its_probe_and_its_log(tmp_path: Path) -> None:
    store = container("store", "exited", last_probe="no ledger", health="unhealthy")
    error = _diagnosis(tmp_path, store).failed(Failure("store", "ended at start: exit 3", store))
    assert error.message.splitlines() == [
        "store ended at start: exit 3",
        "  store, last health check: no ledger",
        "  store | no space\\x1b[31m",
    ]
    assert (error.exit_code, error.hint) == (ExitCode.START_FAILED, "paystack logs store")


def test_the_need_that_does_not_run_is_the_root_cause(tmp_path: Path) -> None:
    app, store = container("app", "exited"), container("store", "exited")
    error = _diagnosis(tmp_path, app, store).failed(Failure("app", "ended at start", app))
    assert "root cause: store does not run" in error.message
    assert "store | no space" in error.message
    assert error.hint == "paystack logs store"


def test_the_deadline_tells_of_all_that_is_not_ready(tmp_path: Path) -> None:
    store = container("store", health="starting", last_probe="no ledger")
    error = _diagnosis(tmp_path, store).timed_out(["store", "app"])
    assert "store is starting (no ledger); app waits for store" in error.message
    assert error.exit_code is ExitCode.TIMED_OUT
    assert "paystack logs store" in error.hint


def test_composes_own_words_without_its_progress(tmp_path: Path) -> None:
    said = [" Container pay-app  Starting", "Error response from daemon: no such image: x", ""]
    error = _diagnosis(tmp_path).refused(said)
    assert error.message == "docker compose failed:\nError response from daemon: no such image: x"
    assert "scripts/base-images" in error.hint


def test_the_deadline_when_only_compose_is_late(tmp_path: Path) -> None:
    assert "docker compose did not end" in _diagnosis(tmp_path).timed_out([]).message


@pytest.mark.parametrize(
    ("words", "next_command"),
    [
        ("Error: pull access denied for pay/one", "scripts/base-images"),
        ("Bind for 127.0.0.1:80 failed: port is already allocated", "move ours"),
        ("No space left on device", "docker system df"),
        ("something else", "paystack up"),
    ],
)
def test_dockers_words_lead_to_a_next_command(words: str, next_command: str) -> None:
    assert next_command in remedy(words)
