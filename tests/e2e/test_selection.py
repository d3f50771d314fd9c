"""What `up` is told to start, leave out or make anew, it does, and later commands remember."""

from collections.abc import Iterator

import pytest

from tests.support.stack import StackUnderTest, is_well, own_stack


@pytest.fixture(scope="module")
def partial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    """MariaDB with its tables, and nothing else."""
    state = tmp_path_factory.mktemp("partial")
    with own_stack("partial", state, "--only", "mariadb,db-migrate") as running:
        yield running


def _running(stack: StackUnderTest) -> set[str]:
    return {name for name, row in stack.status().items() if row["health"] == "healthy"}


def test_only_starts_exactly_what_is_named(partial: StackUnderTest) -> None:
    assert _running(partial) == {"mariadb"}
    partial.paystack("up", "--only", "pg-simulator")
    assert _running(partial) == {"mariadb", "pg-simulator"}


def test_recreate_makes_the_process_anew_and_keeps_the_data(partial: StackUnderTest) -> None:
    with partial.database() as connection, connection.cursor() as cursor:
        cursor.execute("REPLACE INTO health_probe VALUES ('kept', '2026-01-01')")
    before = partial.pid("mariadb")
    partial.paystack("up", "--only", "mariadb", "--recreate")
    assert partial.pid("mariadb") != before
    assert partial.rows("SELECT probe FROM health_probe WHERE probe = 'kept'")


def test_a_plan_is_what_up_then_does_and_changes_nothing(partial: StackUnderTest) -> None:
    partial.paystack("up", "--only", "mariadb,db-migrate")
    changed = {"PAYSTACK_LOG_LEVEL": "DEBUG"}
    up = ("up", "pg-simulator", "db-migrate", "--output", "json")
    before = partial.status()
    plan = partial.paystack(*up, "--dry-run", **changed).document
    assert [row["pid"] for row in partial.status().values()] == [
        row["pid"] for row in before.values()
    ]
    assert partial.paystack(*up, "--dry-run", **changed).document == plan
    planned = {row["name"]: row["action"] for row in plan["services"]}
    done = partial.paystack(*up, **changed).document["services"]
    assert {row["name"]: row["action"] for row in done} == planned
    assert planned.keys() == {"mariadb", "db-migrate", "pg-simulator"}
    assert planned["mariadb"] == "unchanged"


def test_restart_keeps_the_settings_a_service_was_started_with(partial: StackUnderTest) -> None:
    partial.paystack("up", "--only", "mariadb,pg-simulator")
    before = partial.pid("pg-simulator")
    script = partial.state_dir / "services" / "pg-simulator" / "start.sh"
    started_with = script.read_text("utf-8")
    partial.paystack("restart", "pg-simulator", PAYSTACK_LOG_LEVEL="WARNING")
    assert partial.pid("pg-simulator") != before
    assert script.read_text("utf-8") == started_with
    plan = partial.paystack("restart", "--dry-run", "--output", "json").document
    assert [row["name"] for row in plan["services"]] == ["mariadb", "pg-simulator"]


def test_restart_and_down_name_what_runs_on_without(partial: StackUnderTest) -> None:
    partial.paystack("up", "--only", "mariadb,db-migrate,pg-simulator,ingest-service")
    said = "running on without pg-simulator: ingest-service"
    assert said in partial.paystack("restart", "pg-simulator").stderr
    assert said in partial.paystack("down", "pg-simulator", "--dry-run").stderr
    assert {"pg-simulator", "ingest-service"} <= _running(partial)
    assert (
        "nothing to restart: kafka is not started"
        in partial.paystack("restart", "kafka", expect=2).stderr
    )
    partial.paystack("down", "ingest-service", "pg-simulator")


def test_down_keeps_the_data_and_is_fine_twice(partial: StackUnderTest) -> None:
    with partial.database() as connection, connection.cursor() as cursor:
        cursor.execute("REPLACE INTO health_probe VALUES ('kept', '2026-01-01')")
    partial.paystack("down")
    partial.paystack("down")
    assert _running(partial) == set()
    partial.paystack("up", "--only", "mariadb")
    assert partial.rows("SELECT probe FROM health_probe WHERE probe = 'kept'")


def test_an_excluded_service_that_another_needs_is_refused(partial: StackUnderTest) -> None:
    answer = partial.paystack("up", "--exclude", "kafka", expect=2)
    assert "kafka-topics needs it" in answer.stderr
    assert "--no-deps" in answer.stderr


def test_what_was_excluded_is_remembered(partial: StackUnderTest) -> None:
    others = "kafka,kafka-topics,outbox-relay,settlement-worker,refund-worker,consumer-worker"
    partial.paystack("up", "--exclude", others)
    rows = partial.status()
    assert {name for name, row in rows.items() if row["excluded"]} == set(others.split(","))
    assert all(map(is_well, rows.values()))
    document = partial.paystack("health", "--output", "json").document
    shown = {check["name"]: check["outcome"] for check in document["checks"]}
    assert shown["kafka"] == "excluded"
    assert shown["mariadb"] == "passed"
    smoke = partial.paystack("smoke", "--output", "json").document
    outcomes = {check["name"]: check["outcome"] for check in smoke["checks"]}
    assert (outcomes["authorize"], outcomes["captured"]) == ("passed", "excluded")


def test_an_up_of_something_else_forgets_nothing(partial: StackUnderTest) -> None:
    partial.paystack("up", "--exclude", "gateway,outbox-relay", "--only", "mariadb")
    partial.paystack("up", "--only", "pg-simulator")
    partial.paystack("up", "mariadb")
    assert {name for name, row in partial.status().items() if row["excluded"]} >= {
        "gateway",
        "outbox-relay",
    }
    partial.paystack("up", "gateway", "--exclude", "outbox-relay")
    assert not partial.status()["gateway"]["excluded"]
    assert partial.status("gateway", "outbox-relay").keys() == {"gateway", "outbox-relay"}
