"""Programs fetched for real, into a folder whose path has a space."""

import os
import subprocess
from pathlib import Path

import pytest

from paystack_cli.engines.local.programs import Source, ensure, machine
from tests.support.programs import fetched
from tests.support.stack import PROJECT


@pytest.fixture
def nothing_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment in which no program is found, while those that fetch still are."""
    monkeypatch.setattr(machine, "SERVER_FOLDERS", ())
    return {**os.environ, "PATH": "/nowhere"}


def test_a_server_is_fetched_and_runs(
    nothing_on_the_machine: dict[str, str], tmp_path: Path
) -> None:
    told: list[str] = []
    nginx = ensure(
        ["nginx"],
        tools_dir=tmp_path / "my tools",
        locks_dir=PROJECT / "requirements",
        environment=nothing_on_the_machine,
        progress=told.append,
    )["nginx"]
    assert nginx.source is Source.FETCHED
    assert told[0] == "fetching nginx"
    prefix = tmp_path / "my nginx"
    prefix.mkdir()
    (prefix / "nginx.conf").write_text("events {}\nhttp {}\npid nginx.pid;\n")
    check = subprocess.run(
        [*nginx.argv, "-t", "-p", prefix, "-c", "nginx.conf"],
        env={**os.environ, **nginx.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "syntax is ok" in check.stderr


def test_kafkas_own_tools_run() -> None:
    kafka = fetched("kafka")
    assert any(option.startswith("-XX:SharedArchiveFile=") for option in kafka.argv)
    said = subprocess.run(
        [*kafka.argv, "org.apache.kafka.tools.TopicCommand", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == kafka.version
