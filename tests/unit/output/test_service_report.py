"""What `status` prints."""

import pytest

from paystack_cli.engines.base import Health, ServiceStatus, State
from paystack_cli.output.service_report import report_status

MEBIBYTE = 1024 * 1024


def _status(name: str, state: State, **changes: object) -> ServiceStatus:
    values: dict[str, object] = {
        "group": "backend",
        "health": Health.NONE,
        "health_detail": "",
        "excluded": False,
        "pid": None,
        "ended": None,
        "uptime_s": None,
        "restarts": 0,
        "ports": (),
        "memory_bytes": None,
    }
    return ServiceStatus(name=name, state=state, **{**values, **changes})  # type: ignore[arg-type]


def _table_of(
    *statuses: ServiceStatus, capsys: pytest.CaptureFixture[str], problem: str | None = None
) -> list[str]:
    report_status(statuses, engine="local", problem=problem, as_json=False)
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_a_row_shows_all_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    running = _status(
        "store",
        State.RUNNING,
        health=Health.HEALTHY,
        pid=4711,
        uptime_s=3725.0,
        restarts=2,
        ports=(8080, 8092),
        memory_bytes=43 * MEBIBYTE,
    )
    _, row = _table_of(running, capsys=capsys)
    assert " ".join(row.split()) == "store running healthy 4711 1h 2m 2 8080 43 MiB"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0s"), (59.9, "59s"), (61, "1m 1s"), (3600, "1h 0m"), (90000, "1d 1h")],
)
def test_uptime_has_two_units_at_most(
    seconds: float, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, row = _table_of(_status("a", State.RUNNING, uptime_s=seconds), capsys=capsys)
    assert f" {shown} " in row


def test_an_excluded_service_says_so_unless_it_runs_after_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, left_out, started = _table_of(
        _status("a", State.NOT_STARTED, excluded=True),
        _status("b", State.RUNNING, excluded=True),
        capsys=capsys,
    )
    assert "excluded" in left_out
    assert "running" in started


def test_below_the_table_stands_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _table_of(
        _status("a", State.RUNNING, health=Health.UNHEALTHY, health_detail="no answer"),
        _status("b", State.RESTARTING, ended="exit status 3", cause="no ledger"),
        _status("c", State.RUNNING, ended="terminated by SIGKILL"),
        capsys=capsys,
        problem="the supervisor was killed",
    )
    assert lines[-3:] == [
        "problem: the supervisor was killed",
        "a: no answer",
        "b: ended, exit status 3, no ledger: paystack logs b",
    ]
