"""The local engine over a real supervisor: starting, watching, repairing, stopping."""

import http.client
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from paystack_cli.engines.base import Health, ServiceStatus, State
from paystack_cli.engines.failure import ServiceFailed, ServiceLate, Trouble
from paystack_cli.engines.local import supervisor
from paystack_cli.engines.local.strays import find_strays
from paystack_cli.errors import ExitCode, UsageError
from tests.support.stand_ins import StandIns, stand_ins
from tests.support.told import Told
from tests.support.waiting import wait_for

BACK_WITHIN_S = 15.0


@pytest.fixture
def project(tmp_path: Path) -> Iterator[StandIns]:
    """app waits for the one-shot init, which waits for store; nothing is running."""
    with stand_ins(tmp_path) as project:
        yield project


def _status(project: StandIns, name: str) -> ServiceStatus:
    return next(status for status in project.engine().ps() if status.name == name)


def _environment_seen_by(project: StandIns, name: str) -> dict[str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", project.ports[name], timeout=5)
    connection.request("GET", "/")
    seen: dict[str, str] = json.loads(connection.getresponse().read())
    connection.close()
    return seen


def _kill(project: StandIns, name: str) -> int:
    pid = _status(project, name).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


def test_up_starts_in_order_of_need_and_a_second_up_changes_nothing(project: StandIns) -> None:
    report = project.up()
    assert project.actions(report) == {"store": "started", "init": "completed", "app": "started"}
    ends = [name for name, phase, _ in project.told.phases if phase in {"healthy", "done"}]
    assert ends == ["store", "init", "app"]
    pids = {status.name: status.pid for status in project.engine().ps()}
    assert set(project.actions(project.up()).values()) == {"unchanged"}
    assert {status.name: status.pid for status in project.engine().ps()} == pids


def test_status_shows_state_health_and_cost(project: StandIns) -> None:
    assert {status.state for status in project.engine().ps()} == {State.NOT_STARTED}
    project.up()
    store, init = _status(project, "store"), _status(project, "init")
    assert (store.state, store.health, store.restarts) == (State.RUNNING, Health.HEALTHY, 0)
    assert store.ports == (project.ports["store"],)
    assert store.memory_bytes is not None
    assert store.memory_bytes > 0
    assert (init.state, init.health, init.pid) == (State.COMPLETED, Health.NONE, None)


def test_a_killed_service_comes_back_every_time(project: StandIns) -> None:
    project.up("store")
    for count in range(1, 5):
        died = _kill(project, "store")

        def back(died: int = died) -> ServiceStatus | None:
            now = _status(project, "store")
            return now if now.health is Health.HEALTHY and now.pid != died else None

        status = wait_for(back, "the service is back", BACK_WITHIN_S)
        assert status.restarts == count
        assert status.ended == "terminated by SIGKILL"


def test_a_crash_at_start_tells_exit_code_log_and_next_command(project: StandIns) -> None:
    with pytest.raises(
        ServiceFailed, match="app crashed at start, 3 times, at last exit status 7: started"
    ) as error:
        project.up(APP_CRASH="7")
    assert error.value.exit_code is ExitCode.START_FAILED
    report = error.value.report
    assert (report.trouble, report.evidence[0].exit_code) == (Trouble.CRASH_LOOP, 7)
    assert error.value.hint == "paystack logs app --tail 50"
    assert _status(project, "store").health is Health.HEALTHY


def test_a_failed_one_shot_keeps_what_waits_for_it_from_starting(project: StandIns) -> None:
    with pytest.raises(
        ServiceFailed, match="init failed, exit status 9: one-shot at work"
    ) as error:
        project.up(INIT_EXIT_CODE="9")
    report = error.value.report
    assert (report.trouble, report.held_up) == (Trouble.ONE_SHOT_FAILED, ("app",))
    assert _status(project, "app").state is State.NOT_STARTED
    assert project.actions(project.up())["init"] == "completed"


def test_the_need_that_does_not_run_is_named_as_the_cause(project: StandIns) -> None:
    project.up("store")
    project.engine().down(("store",), Told())
    with pytest.raises(ServiceLate, match="store, which it needs, is stopped") as error:
        project.up_only("app", timeout_s=1.5, APP_UNREADY="1")
    report = error.value.report
    assert report.path == ("app", "init", "store")
    assert 'disk DOWN {"why": "worn"}' in report.evidence[0].probe_output
    assert error.value.exit_code is ExitCode.TIMED_OUT
    assert error.value.hint == "paystack up store"


def test_a_changed_configuration_restarts_that_service_alone(project: StandIns) -> None:
    project.up()
    store = _status(project, "store").pid
    report = project.up(GREETING="good day")
    assert project.actions(report) == {
        "store": "unchanged",
        "init": "completed",
        "app": "restarted",
    }
    assert next(t for t in report.services if t.name == "app").reason == "its configuration changed"
    assert _status(project, "store").pid == store
    assert _environment_seen_by(project, "app")["GREETING"] == "good day"


@pytest.mark.parametrize("value", ["it's", 'a "b" %s %(x)s', "$HOME `id` \\ ;#", "two\nlines"])
def test_any_value_reaches_the_service_as_it_is(project: StandIns, value: str) -> None:
    project.up(GREETING=value)
    seen = _environment_seen_by(project, "app")
    assert seen["GREETING"] == value
    assert seen["SERVER_PORT"] == str(project.ports["app"])
    assert seen["BIND_HOST"] == "127.0.0.1"


def test_services_inherit_nothing_from_the_shell(
    project: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "x")
    project.up()
    assert "SECRET_OF_THE_SHELL" not in _environment_seen_by(project, "app")


@pytest.mark.parametrize("name", ["with space", "50%(here)s", "d" * 120, "it's [a] *"])
def test_any_folder_will_do(tmp_path: Path, name: str) -> None:
    with stand_ins(tmp_path / name) as project:
        project.up()
        assert _status(project, "app").health is Health.HEALTHY


def test_a_killed_supervisor_takes_its_services_along_and_up_repairs(project: StandIns) -> None:
    project.up()
    os.kill(int((project.state / "supervisord.pid").read_text()), signal.SIGKILL)
    wait_for(lambda: not find_strays(project.state), "no process is left", BACK_WITHIN_S)
    problem = project.engine().problem()
    assert problem is not None
    assert "supervisor was killed" in problem
    project.up()
    assert project.engine().problem() is None
    assert _status(project, "app").health is Health.HEALTHY


def test_a_hanging_supervisor_is_replaced(
    project: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "RPC_TIMEOUT_S", 0.3)
    project.up("store")
    os.kill(int((project.state / "supervisord.pid").read_text()), signal.SIGSTOP)
    project.up("store")
    assert any("left behind" in note for note in project.told.notes)
    assert _status(project, "store").health is Health.HEALTHY


def test_down_stops_what_depends_first_and_keeps_the_data(project: StandIns) -> None:
    project.up()
    (project.state / "volumes" / "store-data" / "kept").touch()
    report = project.engine().down((), project.told)
    assert report.stopped == ("app", "store")
    assert find_strays(project.state) == []
    assert project.engine().down((), project.told).stopped == ()
    assert (project.state / "volumes" / "store-data" / "kept").exists()


def test_down_with_volumes_leaves_nothing(project: StandIns) -> None:
    project.up()
    assert project.engine().volumes(()) == ("store-data",)
    report = project.engine().down((), project.told, volumes=True)
    assert report.removed_volumes == ("store-data",)
    assert not project.state.exists()


def test_down_of_one_service_leaves_the_others(project: StandIns) -> None:
    project.up()
    assert project.engine().down(("app",), project.told).stopped == ("app",)
    assert _status(project, "app").state is State.STOPPED
    assert _status(project, "store").health is Health.HEALTHY
    assert project.actions(project.up())["app"] == "started"


def test_exec_runs_in_the_environment_of_a_running_service(project: StandIns) -> None:
    command = ["sh", "-c", "echo $GREETING; exit 3"]
    with pytest.raises(UsageError, match="app is not started"):
        project.engine().exec("app", command)
    done = project.engine().run("app", command)
    assert (done.exit_code, done.stdout) == (3, "hello\n")


def test_an_address_is_the_published_one(project: StandIns) -> None:
    assert project.engine().address("app", 8080) == ("127.0.0.1", project.ports["app"])
    with pytest.raises(UsageError, match="publishes no port 1"):
        project.engine().address("app", 1)


def test_events_tell_what_happened(project: StandIns) -> None:
    project.up("store")
    project.engine().down(("store",), project.told)
    events = [event.what for event in project.engine().events() if event.service == "store"]
    assert [what.partition(":")[0] for what in events] == ["spawned", "stopped"]
