"""`exec`, `db` and `open` reach into a running service; two stacks side by side stay apart."""

import subprocess
import urllib.request
from collections.abc import Iterator

import psutil
import pytest

from tests.support.documents import keeps_schema
from tests.support.ports import free_offset
from tests.support.stack import DATABASE_PASSWORD, PAYSTACK, PROJECT, StackUnderTest, own_stack
from tests.support.waiting import wait_for

DEFAULT_PORT = 8090
"""Of pg-simulator."""


@pytest.fixture(scope="module")
def partial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    """A database and a service."""
    state = tmp_path_factory.mktemp("into")
    with own_stack("into", state, "--only", "mariadb,pg-simulator") as running:
        yield running


def test_exec_is_the_command_with_the_environment_of_the_service(partial: StackUnderTest) -> None:
    shell = "echo $CALL_LOG; pwd; exit 7"
    answer = partial.paystack("exec", "pg-simulator", "--", "sh", "-c", shell, expect=7)
    log, folder = answer.stdout.splitlines()
    assert log == str(partial.state_dir / "volumes" / "pg-simulator-data" / "calls.db")
    assert folder == str(partial.state_dir / "services" / "pg-simulator")


def test_exec_passes_input_and_leaves_no_ignored_signal(partial: StackUnderTest) -> None:
    command = [str(PAYSTACK), "exec", "pg-simulator", "--", "sh", "-c", "cat; kill -PIPE $$"]
    done = subprocess.run(
        command, cwd=PROJECT, env=partial.environment, input="given", capture_output=True, text=True
    )
    assert (done.stdout, done.returncode) == ("given", -13)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["exec", "kafka"], "kafka is not started"),
        (["exec", "kafak"], "there is no service 'kafak'"),
        (["exec", "infra"], "there is no service 'infra'"),
        (["exec", "pg-simulator", "--", "no-such-program"], "cannot run no-such-program"),
        (["open", "mariadb"], "mariadb has no page to look at"),
        (["open", "gateway"], "gateway is not started"),
    ],
)
def test_what_cannot_be_is_refused(
    partial: StackUnderTest, arguments: list[str], complaint: str
) -> None:
    assert complaint in partial.paystack(*arguments, expect=2).stderr


@pytest.mark.parametrize(
    ("options", "user"), [([], "payuser@127.0.0.1"), (["--root"], "root@127.0.0.1")]
)
def test_db_is_logged_in(partial: StackUnderTest, options: list[str], user: str) -> None:
    sql = "SELECT USER(), DATABASE()"
    answer = partial.paystack("db", *options, "-e", sql)
    assert answer.stdout.splitlines()[-1] == f"{user}\tpaydb"
    piped = subprocess.run(
        [str(PAYSTACK), "db", *options],
        cwd=PROJECT,
        env=partial.environment,
        input=sql,
        capture_output=True,
        text=True,
    )
    assert piped.stdout == answer.stdout
    assert partial.paystack("db", "-e", "SELECT nonsense", expect=1).stderr.count("ERROR 1054") == 1


def test_no_password_stands_in_a_command_line(partial: StackUnderTest) -> None:
    with partial.start("db", "-e", "SELECT SLEEP(20)") as db:
        process = psutil.Process(db.pid)
        wait_for(lambda: process.name() == "mariadb", "the client in the place of paystack", 20)
        command = process.cmdline()
        db.terminate()
    assert "--execute=SELECT SLEEP(20)" in command
    assert DATABASE_PASSWORD not in " ".join(command)


def test_open_prints_the_address_where_there_is_no_display(partial: StackUnderTest) -> None:
    nothing = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
    url = partial.paystack("open", "pg-simulator", **nothing).stdout.strip()
    assert url == partial.url("pg-simulator", "/actuator/health")
    document = partial.paystack("open", "pg-simulator", "--output", "json", **nothing).document
    keeps_schema("open", document)
    assert (document["url"], document["shown"]) == (url, False)


def test_two_stacks_live_side_by_side_with_one_option_each(
    partial: StackUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    offset = free_offset()
    unmoved = {k: v for k, v in partial.environment.items() if not k.endswith("_PORT")}
    other = StackUnderTest(
        {**unmoved, "PAYSTACK_STATE_DIR": str(tmp_path_factory.mktemp("beside"))}
    )
    options = ("--name", "beside", "--port-offset", str(offset))
    before = partial.pid("pg-simulator")
    try:
        other.paystack("up", "--only", "pg-simulator", *options)
        url = f"http://127.0.0.1:{DEFAULT_PORT + offset}/actuator/health"
        with urllib.request.urlopen(url, timeout=5) as answer:
            assert answer.status == 200
        rows = other.paystack("status", "--output", "json", *options).document["services"]
        assert {row["name"]: row["ports"] for row in rows}["mariadb"] == [13306 + offset]
    finally:
        other.paystack("down", "--volumes", "--yes", *options)
    assert partial.pid("pg-simulator") == before
