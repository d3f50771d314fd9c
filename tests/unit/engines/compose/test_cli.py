"""Command lines of Compose, and what `docker` must be able to do."""

import os
from pathlib import Path

import pytest

from paystack_cli.engines.compose.cli import ComposeCli, require_client, require_compose
from paystack_cli.engines.compose.errors import EngineMissing


def _docker(folder: Path, script: str) -> dict[str, str]:
    """An environment whose `docker` is this shell script."""
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def test_the_project_stands_in_front_of_every_command(tmp_path: Path) -> None:
    cli = ComposeCli(tmp_path / "stack" / "compose.yaml", "pay", {})
    assert cli.argv("up", "app", profiles=["tooling", "protected", "tooling"]) == [
        *("docker", "compose", "-f", f"{tmp_path}/stack/compose.yaml"),
        *("--project-directory", f"{tmp_path}/stack", "-p", "pay"),
        *("--profile", "protected", "--profile", "tooling"),
        *("up", "app"),
    ]


def test_compose_sees_the_variables_that_were_read_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYSTACK_STRAY", "1")
    variables = {
        **_docker(tmp_path, 'echo "$PAYSTACK_NAME$PAYSTACK_STRAY"'),
        "PAYSTACK_NAME": "pay",
    }
    done = ComposeCli(tmp_path / "compose.yaml", "pay", variables).run("config")
    assert done.stdout == "pay\n"


def test_the_version_of_compose(tmp_path: Path) -> None:
    assert require_compose(_docker(tmp_path, "echo 2.26.1-4")) == "2.26.1-4"


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("echo \"'compose' is not a docker command\" >&2; exit 1", "has no compose command"),
        ("echo 2.9.0", r"Docker Compose is 2\.9\.0, at least 2\.20 is needed"),
        ("echo", "of no version"),
    ],
)
def test_compose_that_is_absent_or_too_old(tmp_path: Path, script: str, complaint: str) -> None:
    with pytest.raises(EngineMissing, match=complaint) as error:
        require_compose(_docker(tmp_path, script))
    assert "scripts/docker-engine start" in error.value.hint


def test_no_docker_command() -> None:
    with pytest.raises(EngineMissing, match="the docker command is not installed"):
        require_client({"PATH": "/nowhere"})
