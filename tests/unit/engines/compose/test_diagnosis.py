"""What the engine knows of containers, made into errors that name the cause."""

from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest

from paystack_cli.engines.base import State
from paystack_cli.engines.compose.diagnosis import Diagnosis
from paystack_cli.engines.compose.watch import Failure, Watch
from paystack_cli.engines.failure import Failed, Trouble, UpFailed
from paystack_cli.engines.plan import Observed, plan_up
from paystack_cli.errors import ExitCode
from paystack_cli.stack.selection import select
from tests.support.compose_project import make_project, stack_of
from tests.support.fake_docker import AT, FakeDaemon, container, event
from tests.support.told import Told

COMPOSE = """
services:
  store: {image: pay/store, command: [x], restart: always, healthcheck: {test: [CMD, y]}}
  app:
    image: pay/app
    command: [x]
    restart: always
    depends_on: {store: {condition: service_healthy}}
"""


IMAGES = ("pay/store:latest", "pay/app:latest")


def _stamped(*lines: tuple[int, str]) -> bytes:
    """Lines behind their time, in seconds after the start of the container."""
    times = [(AT + timedelta(seconds=after_s)).astimezone(UTC) for after_s, _ in lines]
    return b"".join(
        f"{time:%Y-%m-%dT%H:%M:%S.%f}000Z {text}\n".encode()
        for time, (_, text) in zip(times, lines, strict=True)
    )


LOGS = {"id-store": _stamped((-60, "Error: of yesterday"), (1, "no ledger\x1b[31m"))}


def _diagnosis(tmp_path: Path, *there: Any, heard: Any = (), images: Any = IMAGES) -> Diagnosis:
    daemon: Any = FakeDaemon(there, logs=LOGS, images=images)
    stack = stack_of(make_project(tmp_path, COMPOSE))
    observed = dict.fromkeys(stack.services, Observed(State.NOT_STARTED))
    watch = Watch(stack.services, plan_up(stack, select(stack), observed, recreate=False), Told())
    for happened in heard:
        watch.hear(happened, None, 0.0)
    return Diagnosis(stack, daemon, watch)


def _ended(service: str, container: Any) -> Failure:
    return Failure(Failed(service, Trouble.ENDED, "ended at start, exit status 3"), container)


def test_a_failed_service_shows_its_end_its_probe_and_what_it_wrote_since_its_start(
    tmp_path: Path,
) -> None:
    store = container(
        "store", "exited", exit_code=3, finished_at=AT, last_probe="not yet", health="unhealthy"
    )
    error = _diagnosis(tmp_path, store).failed(_ended("store", store))
    (evidence,) = error.report.evidence
    assert (evidence.exit_code, evidence.signal) == (3, None)
    assert (evidence.probe_output, evidence.log.lines) == ("not yet", ("no ledger\\x1b[31m",))
    assert (error.exit_code, error.hint) == (
        ExitCode.START_FAILED,
        "paystack logs store --tail 50",
    )


@pytest.mark.parametrize(("restarts", "told"), [(1, ("no ledger\\x1b[31m",)), (0, ())])
def test_while_a_loop_has_written_nothing_anew_the_end_of_the_run_before_is_shown(
    restarts: int, told: tuple[str, ...], tmp_path: Path
) -> None:
    again = AT + timedelta(seconds=5)
    store = container(
        "store", started_at=again, finished_at=AT + timedelta(seconds=4), restarts=restarts
    )
    (evidence,) = _diagnosis(tmp_path, store).failed(_ended("store", store)).report.evidence
    assert evidence.log.lines == told


def test_the_need_that_does_not_run_is_the_root_cause(tmp_path: Path) -> None:
    app, store = container("app", "exited"), container("store", "exited")
    error = _diagnosis(tmp_path, app, store).failed(_ended("app", app))
    assert error.report.path == ("app", "store")
    assert error.message.endswith("store, which it needs, is stopped")
    assert error.hint == "paystack up store"


def test_the_container_as_it_was_counts_for_more_than_as_it_is(tmp_path: Path) -> None:
    then = container("store", "exited", exit_code=137, finished_at=AT)
    error = _diagnosis(tmp_path, container("store")).failed(_ended("store", then))
    assert error.report.evidence[0].signal == "SIGKILL"


def test_how_it_ended_is_known_of_a_container_that_runs_again(tmp_path: Path) -> None:
    diagnosis = _diagnosis(tmp_path, container("store"), heard=[event("store", "die", 3)])
    (evidence,) = diagnosis.failed(_ended("store", container("store"))).report.evidence
    assert (evidence.exit_code, evidence.crashes) == (3, 1)


def test_want_of_memory_names_the_limit(tmp_path: Path) -> None:
    store = container("store", "restarting", memory_limit_bytes=2**25, finished_at=AT)
    heard = (event("store", "oom"), event("store", "die", 137))
    error = _diagnosis(tmp_path, store, heard=heard).failed(_ended("store", store))
    assert "its limit, 32 MiB" in error.message
    assert "mem_limit" in error.hint


def test_the_deadline_names_the_first_that_waits_for_nobody_and_whom_it_held_up(
    tmp_path: Path,
) -> None:
    store = container("store", health="starting", last_probe="no ledger")
    error = _diagnosis(tmp_path, store, heard=[event("store", "start")]).timed_out()
    assert isinstance(error, UpFailed)
    assert error.message.startswith("store is not healthy after ")
    assert error.report.held_up == ("app",)
    assert error.exit_code is ExitCode.TIMED_OUT


def test_a_service_whose_turn_never_came_says_so(tmp_path: Path) -> None:
    error = _diagnosis(tmp_path).timed_out()
    assert "store was not started in time" in error.message
    assert "--timeout" in error.hint


def test_what_the_engine_could_not_start_is_the_containers_error(tmp_path: Path) -> None:
    words = "driver failed: Bind for 127.0.0.1:80 failed: port is already allocated"
    error = _diagnosis(tmp_path, container("store", "created", error=words)).refused(["Error: x"])
    assert "store could not be started: a port that it needs is taken" in error.message
    assert "move ours" in error.hint


def test_composes_own_words_without_its_progress(tmp_path: Path) -> None:
    said = [" Container pay-app  Starting", "Error response from daemon: no such image: x", ""]
    error = _diagnosis(tmp_path).refused(said)
    assert error.message == "docker compose failed: Error response from daemon: no such image: x"
    assert "scripts/base-images" in error.hint


def test_an_image_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = ["Error response from daemon: dial tcp: lookup registry: no such host"]
    error = _diagnosis(tmp_path, images=["pay/app:latest"]).refused(said)
    assert error.message == "store could not be started: image pay/store:latest is not there"
    assert "scripts/base-images" in error.hint


def test_an_image_that_compose_did_not_miss_is_not_blamed(tmp_path: Path) -> None:
    said = ["could not find an available, non-overlapping IPv4 address pool"]
    error = _diagnosis(tmp_path, images=[]).refused(said)
    assert error.message == f"docker compose failed: {said[0]}"
    assert "docker network prune" in error.hint


@pytest.mark.parametrize("health", ["starting", "healthy"])
def test_a_probe_that_passes_says_nothing(tmp_path: Path, health: str) -> None:
    store = container("store", health=health, last_probe="all is well")
    (evidence,) = _diagnosis(tmp_path, store).failed(_ended("store", store)).report.evidence
    assert evidence.probe_output == ("" if health == "healthy" else "all is well")
