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
