"""The worked example of docs/plugins.md does its work, installed into an environment of its own."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from paystack_cli.artefacts.own_wheels import build_wheel
from tests.support.stack import PROJECT, StackUnderTest

EXAMPLE = PROJECT / "docs" / "examples" / "paystack-merchants"
RUN = "from paystack_cli.app import main; main()"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the example beside everything that this one has."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    ours = (str(PROJECT), sysconfig.get_path("purelib"))
    (packages / "ours.pth").write_text("\n".join(ours), "utf-8")
    wheel = build_wheel(EXAMPLE, folder)
    install = ("pip", "--python", str(folder), "install", "--no-index", "--no-deps", str(wheel))
    subprocess.run([sys.executable, "-m", *install], check=True, capture_output=True)
    return folder / "bin" / "python"


def _run(python: Path, stack: StackUnderTest, *arguments: str) -> str:
    done = subprocess.run(
        [python, "-c", RUN, *arguments],
        cwd=PROJECT,
        env=dict(stack.environment),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_check_is_made_with_those_of_the_services(
    python: Path, servers: StackUnderTest
) -> None:
    rest = ("--exclude", "backend,workers,edge")
    document = json.loads(_run(python, servers, "health", *rest, "--output", "json"))
    (check,) = (check for check in document["checks"] if check["name"] == "merchants")
    assert (check["outcome"], check["summary"]) == ("passed", "every merchant has captures")


def test_the_check_is_named_and_left_out_by_its_name(python: Path, servers: StackUnderTest) -> None:
    alone = json.loads(_run(python, servers, "health", "merchants", "--output", "json"))
    assert [check["name"] for check in alone["checks"]] == ["merchants"]
    without = ("health", "kafka", "merchants", "--exclude", "merchants", "--output", "json")
    outcomes = {
        check["name"]: check["outcome"]
        for check in json.loads(_run(python, servers, *without))["checks"]
    }
    assert outcomes == {"kafka": "passed", "merchants": "excluded"}


def test_the_command_is_listed_and_works(python: Path, servers: StackUnderTest) -> None:
    assert "From paystack_merchants 1.0." in _run(python, servers, "--help")
    assert "--at-least" in _run(python, servers, "merchants", "--help")
    with servers.database() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(DISTINCT merchant_id) AS merchants FROM payment")
        (row,) = cursor.fetchall()
    assert len(_run(python, servers, "merchants").splitlines()) == row["merchants"]


def test_this_environment_does_not_have_it(servers: StackUnderTest) -> None:
    assert "paystack_merchants" not in servers.paystack("--help").stdout
