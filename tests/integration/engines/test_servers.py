"""MariaDB and Kafka as the local engine makes and starts them."""

from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest

from tests.support.stack import DATABASE_PASSWORD, ROOT_PASSWORD, StackUnderTest, stack_environment
from tests.support.waiting import wait_for

HALF_MADE = (".mariadb-data-interrupted", ".kafka-data-interrupted")
BACK_WITHIN_S = 30.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    """MariaDB and Kafka, made after an earlier start was interrupted half-way."""
    stack = StackUnderTest(stack_environment("two", tmp_path_factory.mktemp("two") / "it's a path"))
    for name in HALF_MADE:
        (stack.state_dir / "volumes" / name / "mysql").mkdir(parents=True)
    try:
        stack.paystack("up", "--only", "mariadb,kafka")
        yield stack
    finally:
        stack.paystack("down", "--volumes", "--yes")


def _login(stack: StackUnderTest, user: str, password: str) -> list[tuple[str, str]]:
    """The accounts of the server, as this one sees them."""
    with (
        pymysql.connect(
            host="127.0.0.1", port=stack.port("mariadb"), user=user, password=password
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT user, host FROM mysql.user")
        return list(cursor.fetchall())


def test_what_an_interrupted_start_left_behind_is_gone(stack: StackUnderTest) -> None:
    left = {path.name for path in (stack.state_dir / "volumes").iterdir()}
    assert left == {"mariadb-data", "kafka-data"}


def test_every_account_has_a_password(stack: StackUnderTest) -> None:
    accounts = set(_login(stack, "root", ROOT_PASSWORD))
    assert accounts == {
        ("payuser", "%"),
        ("root", "%"),
        ("root", "localhost"),
        ("mariadb.sys", "localhost"),  # the server's own: nobody can log in as it
    }
    for user, _ in accounts:
        with pytest.raises(pymysql.OperationalError, match="Access denied"):
            _login(stack, user, "")


def test_a_new_password_in_the_settings_is_the_account_s_password(stack: StackUnderTest) -> None:
    new = "it's \\ new"
    up = ("up", "--only", "mariadb", "--output", "json")
    document = stack.paystack(*up, MARIADB_ROOT_PASSWORD=new).document
    assert document["services"][0]["action"] == "restarted"
    assert _login(stack, "root", new)
    stack.paystack(*up)
    assert _login(stack, "root", ROOT_PASSWORD)


def test_the_database_is_there_for_its_account_alone(stack: StackUnderTest) -> None:
    with stack.database() as connection, connection.cursor() as cursor:
        cursor.execute("SHOW DATABASES")
        seen = {row["Database"] for row in cursor.fetchall()}
    assert seen == {"information_schema", "paydb"}
    assert DATABASE_PASSWORD not in stack.paystack("logs", "mariadb").stdout


def test_temporary_tables_of_another_server_are_left_alone(stack: StackUnderTest) -> None:
    """A starting MariaDB deletes every temporary table in its tmpdir: /tmp is not its own."""
    with stack.database() as database, database.cursor() as cursor:
        cursor.execute("SELECT @@tmpdir AS place")
        (found,) = cursor.fetchall()
    assert Path(found["place"]).is_relative_to(stack.state_dir)


@pytest.mark.parametrize("service", ["mariadb", "kafka"])
def test_a_killed_server_is_back_by_itself(stack: StackUnderTest, service: str) -> None:
    died = stack.kill(service)

    def back() -> bool:
        row = stack.status()[service]
        return bool(row["health"] == "healthy" and row["pid"] != died)

    wait_for(back, f"{service} is back", BACK_WITHIN_S, 0.25)


def test_data_is_removed_only_when_somebody_said_so(stack: StackUnderTest) -> None:
    answer = stack.paystack("down", "mariadb", "--volumes", expect=2)
    assert "mariadb-data" in answer.stderr
    assert "--yes" in answer.stderr
    assert stack.status()["mariadb"]["health"] == "healthy"
