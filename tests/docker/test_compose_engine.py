"""The compose engine on a real Docker Engine, with small services of a few lines of shell."""

import json
import os
import pty
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from paystack_cli.errors import ExitCode
from tests.support.docker import (
    DockerProject,
    SocketDoor,
    docker,
    docker_project,
    shell_image,
    what_is_missing,
)
from tests.support.ports import free_ports
from tests.support.stack import PAYSTACK
from tests.support.waiting import wait_for

pytestmark = pytest.mark.docker

SERVES = "trap 'exit 0' TERM; touch /tmp/ready; while :; do sleep 0.1; done"
CRASHES = "echo cannot read the ledger; sleep 0.2; exit 3"
GREEDY = "touch /tmp/ready; x=0123456789abcdef; while :; do x=$x$x; done"
LATE = "trap 'exit 0' TERM; sleep 3; touch /tmp/ready; while :; do sleep 0.1; done"
NEVER = "trap 'exit 0' TERM; while :; do sleep 0.1; done"

COMPOSE = """
name: ${PAYSTACK_NAME}
x-run: &run
  image: ${SHELL_IMAGE}
  entrypoint: [sh, -c]
  restart: unless-stopped
  stop_grace_period: 2s
x-ready: &ready
  test: [CMD-SHELL, "test -e /tmp/ready || { echo no ledger yet; exit 1; }"]
  interval: 200ms
  retries: 2
services:
  store:
    <<: *run
    container_name: ${PAYSTACK_NAME}-store
    command: ["${STORE}"]
    healthcheck: *ready
    mem_limit: 24m
    environment: {GREETING: "${GREETING:-hello}"}
    ports: ["127.0.0.1:${STORE_PORT}:7"]
    volumes: ["store-data:/data"]
  init:
    <<: *run
    container_name: ${PAYSTACK_NAME}-init
    command: ["${INIT}"]
    restart: "no"
    depends_on: {store: {condition: service_healthy}}
  app:
    <<: *run
    container_name: ${PAYSTACK_NAME}-app
    command: ["${APP}"]
    healthcheck: *ready
    depends_on: {init: {condition: service_completed_successfully}}
  client:
    <<: *run
    entrypoint: []
    profiles: [tooling]
  guard:
    <<: *run
    container_name: ${PAYSTACK_NAME}-guard
    command: ["${APP}"]
    profiles: [protected]
    labels: {paystack.protected: "true"}
    volumes: ["guard-data:/data"]
volumes:
  store-data:
  guard-data:
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[DockerProject]:
    """Nothing of it runs yet."""
    with _project(tmp_path) as made:
        yield made


def _project(folder: Path) -> AbstractContextManager[DockerProject]:
    return docker_project(
        folder,
        COMPOSE,
        SHELL_IMAGE=shell_image(),
        STORE=SERVES,
        INIT="echo tables made",
        APP=SERVES,
        STORE_PORT=str(free_ports(1)[0]),
    )


def _said(project: DockerProject, *arguments: str, expect: ExitCode, **environment: str) -> str:
    return project.paystack(*arguments, expect=expect, **environment).stderr


def _compose_processes(project: DockerProject) -> list[int]:
    return [
        p.pid for p in psutil.process_iter(["cmdline"]) if project.name in (p.info["cmdline"] or [])
    ]


def test_up_starts_in_order_and_a_second_one_touches_nothing(project: DockerProject) -> None:
    up = project.paystack("up", "--output", "json")
    services = {service["name"]: service for service in up.document["services"]}
    assert [service["action"] for service in services.values()] == [
        "started",
        "completed",
        "started",
    ]
    assert services["store"]["at_s"] <= services["init"]["at_s"] <= services["app"]["at_s"]
    rows = project.status()
    assert {name: row["state"] for name, row in rows.items()} == {
        "store": "running",
        "init": "completed",
        "app": "running",
    }
    assert rows["app"]["health"] == "healthy"
    assert rows["app"]["memory_bytes"] > 0
    assert rows["store"]["ports"] == [int(project.environment["STORE_PORT"])]

    before = project.lives()
    again = project.paystack("up", "--output", "json")
    assert {service["action"] for service in again.document["services"]} == {"unchanged"}
    assert project.lives() == before


def test_a_crash_loop_is_told_at_its_second_end_with_its_cause(project: DockerProject) -> None:
    with _deaths(project, "store") as deaths:
        said = _said(project, "up", expect=ExitCode.START_FAILED, STORE=CRASHES)
        told_at = datetime.now(UTC)
        assert deaths.stdout is not None
        _, second_end = (int(deaths.stdout.readline()) / 1e9 for _ in range(2))
    assert told_at.timestamp() - second_end < 3
    assert "store crashed at start, 2 times, at last exit status 3: cannot read the ledger" in said
    assert "store | cannot read the ledger" in said
    assert "next: paystack logs store" in said
    assert _compose_processes(project) == []


@contextmanager
def _deaths(project: DockerProject, service: str) -> Iterator["subprocess.Popen[str]"]:
    """`docker events` that writes the time of each end of a container, in nanoseconds."""
    command = [
        *("docker", "events", "--filter", "event=die", "--format", "{{.TimeNano}}"),
        *("--filter", f"container={project.name}-{service}"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as events:
        try:
            yield events
        finally:
            events.terminate()


def test_a_failed_one_shot_is_told_and_what_waits_for_it_is_not_started(
    project: DockerProject,
) -> None:
    said = _said(project, "up", expect=ExitCode.START_FAILED, INIT="echo no such table; exit 7")
    assert "init failed, exit status 7: no such table" in said
    assert "init | no such table" in said
    assert project.container("app")["State"]["Status"] == "created"
    assert project.paystack("up").exit_code == ExitCode.OK
    assert project.status()["app"]["health"] == "healthy"


def test_unhealthy_is_not_final_and_what_waits_is_started_after_all(project: DockerProject) -> None:
    up = project.paystack("up", STORE=LATE)
    assert "store: unhealthy no ledger yet" in up.stderr
    assert project.status()["app"]["health"] == "healthy"


def test_the_deadline_names_what_is_not_ready_and_its_last_probe(project: DockerProject) -> None:
    said = _said(project, "up", "--timeout", "4", expect=ExitCode.TIMED_OUT, STORE=NEVER)
    assert re.search(r"store is not healthy after \d s: no ledger yet", said), said
    assert "not started for it: init, app" in said
    assert _compose_processes(project) == []


def test_want_of_memory_is_named(project: DockerProject) -> None:
    said = _said(project, "up", expect=ExitCode.START_FAILED, STORE=GREEDY)
    assert "want of memory (OOM): it wanted more memory than its limit, 24 MiB" in said


def test_one_service_is_made_anew_and_every_other_stays_as_it_is(project: DockerProject) -> None:
    project.paystack("up")
    store = f"{project.name}-store"
    docker("exec", "--user", "0", store, "touch", "/data/kept")
    before = project.lives()
    project.paystack("up", "--only", "store", "--recreate")
    after = project.lives()
    assert after.pop(store) != before.pop(store)
    assert after == before
    assert docker("exec", store, "ls", "/data") == "kept"


def test_a_changed_service_alone_is_made_anew_with_the_reason(project: DockerProject) -> None:
    project.paystack("up")
    before = project.lives()
    up = project.paystack("up", "--no-deps", "app", "store", "--output", "json", GREETING="hi")
    actions = {s["name"]: (s["action"], s["reason"]) for s in up.document["services"]}
    assert actions == {
        "store": ("restarted", "its configuration changed"),
        "app": ("unchanged", ""),
    }
    app = f"{project.name}-app"
    assert project.lives()[app] == before[app]


def test_a_plan_is_what_up_then_does_and_changes_nothing(project: DockerProject) -> None:
    up = ("up", "--output", "json")
    assert _actions(project, *up, "--dry-run") == {
        "store": "started",
        "init": "completed",
        "app": "started",
    }
    assert (project.containers(), project.objects("network")) == ({}, [])
    project.paystack(*up)
    before = project.lives()
    planned = _actions(project, *up, "--dry-run", GREETING="hi")
    assert planned == {"store": "restarted", "init": "completed", "app": "unchanged"}
    assert project.lives() == before
    assert _actions(project, *up, GREETING="hi") == planned


def _actions(project: DockerProject, *arguments: str, **environment: str) -> dict[str, str]:
    document = project.paystack(*arguments, **environment).document
    return {service["name"]: service["action"] for service in document["services"]}


def test_restart_starts_the_same_containers_again_in_their_order(project: DockerProject) -> None:
    project.paystack("up")
    ids = {name: found["Id"] for name, found in project.containers().items()}
    before = project.lives()
    restart = project.paystack("restart", "--output", "json", GREETING="hi")
    assert [s["name"] for s in restart.document["services"]] == ["store", "app"]
    assert {name: found["Id"] for name, found in project.containers().items()} == ids
    after = project.lives()
    changed = {name for name, life in after.items() if life != before[name]}
    assert changed == {f"{project.name}-store", f"{project.name}-app"}
    assert docker("exec", f"{project.name}-store", "printenv", "GREETING") == "hello"
    assert _actions(project, "up", "--output", "json", "--dry-run", GREETING="hi")["store"] == (
        "restarted"
    ), "what restart did not take over, the next up still finds"

    said = project.paystack("restart", "store").stderr
    assert "running on without store: app" in said
    assert "guard is not started" in _said(project, "restart", "guard", expect=ExitCode.USAGE)


def test_containers_of_plain_compose_are_taken_over_as_they_are(project: DockerProject) -> None:
    compose = ["docker", "compose", "-f", "stack/compose.yaml", "-p", project.name, "up", "-d"]
    subprocess.run(
        compose, cwd=project.folder, env=dict(project.environment), check=True, capture_output=True
    )
    before = project.lives()
    assert project.paystack("up").exit_code == ExitCode.OK
    assert project.lives() == before


def test_what_is_protected_is_touched_only_by_its_name(project: DockerProject) -> None:
    project.paystack("up")
    project.paystack("up", "guard")
    guard = f"{project.name}-guard"
    before = project.lives()[guard]
    project.paystack("up", "--recreate")
    assert "left running, for it was not named: guard" in project.paystack("down").stderr
    project.paystack("down", "--volumes", "--yes")
    assert project.lives() == {guard: before}
    assert project.objects("volume") == [f"{project.name}_guard-data"]
    assert project.objects("network") != []

    project.paystack("down", "guard", "--volumes", "--yes")
    assert (project.containers(), project.objects("volume"), project.objects("network")) == (
        {},
        [],
        [],
    )


def test_down_removes_what_no_service_has_any_more_but_nothing_protected(
    project: DockerProject,
) -> None:
    project.paystack("up")
    project.paystack("up", "guard")
    compose = project.folder / "stack" / "compose.yaml"
    text = compose.read_text()
    begin, end = text.index("  app:"), text.index("  client:")
    compose.write_text(
        text[:begin] + text[end : text.index("  guard:")] + text[text.index("volumes:\n") :]
    )

    assert f"{project.name}-app" in project.paystack("status").stdout
    said = project.paystack("down").stderr
    assert f"removing {project.name}-app, which belongs to no service" in said
    assert list(project.containers()) == [f"{project.name}-guard"]


def test_an_interrupt_ends_compose_and_the_next_up_repairs(project: DockerProject) -> None:
    with project.start("up", STORE=LATE) as up:
        wait_for(lambda: project.containers(), "a container", 20)
        up.send_signal(signal.SIGTERM)
        _, said = up.communicate(timeout=20)
    assert up.returncode == ExitCode.INTERRUPTED, said
    assert _compose_processes(project) == []
    # As an interrupted `docker compose up --force-recreate` leaves it.
    for container in list(project.containers()):
        docker("rename", container, f"0123456789ab_{container}")

    assert project.paystack("up").exit_code == ExitCode.OK
    assert set(project.containers()) == {f"{project.name}-{s}" for s in ("store", "init", "app")}


def test_down_in_the_middle_of_up_is_refused_and_works_once_it_has_ended(
    project: DockerProject,
) -> None:
    with project.start("up", STORE=NEVER) as up:
        wait_for(lambda: project.containers(), "a container", 20)
        said = _said(project, "down", expect=ExitCode.PREFLIGHT)
        assert f"paystack up is at work on this stack (pid {up.pid}" in said
        up.send_signal(signal.SIGINT)
        assert up.wait(20) == ExitCode.INTERRUPTED
        up.communicate()
    project.paystack("down")
    assert project.containers() == {}
    assert project.objects("network") == []


def test_a_killed_container_comes_back_and_status_says_so(project: DockerProject) -> None:
    project.paystack("up")
    pid = project.status()["app"]["pid"]
    os.kill(pid, signal.SIGKILL)

    def back() -> bool:
        row = project.status()["app"]
        return row["pid"] not in {None, pid} and row["health"] == "healthy"

    wait_for(back, "app is back", 20)
    row = project.status()["app"]
    assert (row["restarts"], row["ended"]) == (1, "terminated by SIGKILL")


def test_an_engine_that_goes_away_is_told_and_no_traceback(
    project: DockerProject, tmp_path: Path
) -> None:
    engine = docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
    door = SocketDoor(tmp_path / "door", os.environ.get("DOCKER_HOST", engine))
    with project.start("up", STORE=NEVER, DOCKER_HOST=door.host) as up:
        wait_for(lambda: project.containers(), "a container", 20)
        door.shut()
        _, said = up.communicate(timeout=30)
    assert up.returncode == ExitCode.PREFLIGHT, said
    assert "the Docker Engine does not answer any more" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("engine", ["compose", "auto"])
def test_without_an_engine_compose_refuses_and_auto_takes_local(
    engine: str, project: DockerProject, tmp_path: Path
) -> None:
    nowhere = {"DOCKER_HOST": f"unix://{tmp_path}/nowhere", "PAYSTACK_ENGINE": engine}
    answer = project.paystack("status", expect=None, **nowhere)
    assert f"no Docker Engine answers at unix://{tmp_path}/nowhere" in answer.stderr
    if engine == "auto":
        assert answer.exit_code == ExitCode.OK
        assert answer.stderr.startswith("engine: local (")
    else:
        assert answer.exit_code == ExitCode.PREFLIGHT
        assert "next: bash scripts/docker-engine start" in answer.stderr


def test_auto_takes_compose_and_says_why(project: DockerProject) -> None:
    said = project.paystack("status", PAYSTACK_ENGINE="auto").stderr
    assert said.startswith("engine: compose (Docker Engine ")


def test_two_stacks_live_side_by_side(project: DockerProject, tmp_path: Path) -> None:
    with _project(tmp_path) as other:
        project.paystack("up")
        before = project.lives()
        other.paystack("up")
        other.paystack("down", "--volumes", "--yes")
        assert other.containers() == {}
        assert project.lives() == before


def test_two_stacks_of_one_project_with_one_option_each(tmp_path: Path) -> None:
    low, high = sorted(free_ports(2))
    compose = COMPOSE.replace("${STORE_PORT}", f"${{STORE_PORT:-{low}}}")
    given = {"SHELL_IMAGE": shell_image(), "STORE": SERVES, "INIT": "true", "APP": SERVES}
    with docker_project(tmp_path, compose, **given) as project:
        project.paystack("up", "--only", "store")
        before = project.lives()
        name = f"{project.name}-two"
        options = ("--name", name, "--port-offset", str(high - low))
        beside = {"PAYSTACK_STATE_DIR": str(tmp_path / "two-state")}
        try:
            project.paystack("up", "--only", "store", *options, **beside)
            bound = docker("port", f"{name}-store", "7")
        finally:
            project.paystack("down", "--volumes", "--yes", *options, **beside)
        assert bound == f"127.0.0.1:{high}"
        assert project.lives() == before


def test_exec_is_the_command_in_the_container(project: DockerProject) -> None:
    project.paystack("up", "--only", "store")
    script = "cat; echo $GREETING; exit 7"
    with project.start("exec", "store", "--", "sh", "-c", script) as command:
        said, _ = command.communicate(timeout=20)
    assert (said, command.returncode) == ("hello\n", 7)
    assert "app is not started" in _said(project, "exec", "app", expect=ExitCode.USAGE)

    ours, theirs = pty.openpty()
    asks = ["exec", "store", "--", "sh", "-c", "test -t 0 && test -t 1"]
    command = [str(PAYSTACK), "--project-dir", str(project.folder), *asks]
    done = subprocess.run(command, env=project.environment, stdin=theirs, stdout=theirs, timeout=20)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0, "a terminal is passed on"


def test_what_up_leaves_out_is_remembered(project: DockerProject) -> None:
    project.paystack("up", "--exclude", "app")
    rows = project.status()
    assert [name for name, row in rows.items() if row["excluded"]] == ["app"]
    assert f"{project.name}-app" not in project.containers()


def test_run_uses_the_network_and_leaves_nothing(project: DockerProject) -> None:
    from paystack_cli.engines.registry import open_engine
    from paystack_cli.stack.compose import load_stack
    from paystack_cli.stack.settings import load_settings

    project.paystack("up")
    settings = load_settings(project_dir=project.folder, environment=project.environment)
    engine = open_engine(load_stack(settings), settings)
    done = engine.run("client", ["sh", "-c", "echo out; echo err >&2; exit 4"])
    assert (done.exit_code, done.stdout) == (4, "out\n")
    assert "err" in done.stderr
    assert engine.exec("store", ["sh", "-c", "echo $GREETING"]).stdout == "hello\n"
    assert engine.address("store", 7).port == int(project.environment["STORE_PORT"])
    assert {event.service for event in engine.events()} >= {"store", "app"}
    assert len(project.containers()) == 3


def test_logs_are_interleaved_and_followed_through_a_restart(project: DockerProject) -> None:
    project.paystack("up", STORE=f"echo store began; {SERVES}", APP=f"echo app began; {SERVES}")
    told = project.paystack("logs").stdout.splitlines()
    assert [line.split("|")[1].strip() for line in told] == [
        "store began",
        "tables made",
        "app began",
    ]

    since = json.loads(project.paystack("logs", "app", "--output", "json").stdout)["at"]
    assert "store" not in project.paystack("logs", "--since", since).stdout
    assert project.paystack("logs", "--grep", "^tables").stdout.splitlines() == [told[1]]

    with project.start("logs", "-f", "--tail", "1", "app") as logs:
        assert logs.stdout is not None
        assert "app began" in logs.stdout.readline()
        docker("restart", "--time", "1", f"{project.name}-app")
        assert "app began" in logs.stdout.readline()
        logs.terminate()
        assert logs.wait(10) == ExitCode.INTERRUPTED


def test_a_machine_without_docker_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "no docker command" in (what_is_missing() or "")
