"""Docker Compose's own opinion of compose.yaml."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.compose_reference import asked_of_compose, recorded
from tests.support.stack import COMPOSE_FILE, PROJECT

EXAMPLE = PROJECT / ".env.example"
ALL_PROFILES = "*"


def config(settings: Path) -> "subprocess.CompletedProcess[str]":
    """`docker compose config` with the settings of this file alone."""
    plain = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PAYSTACK_", "MARIADB_", "JENKINS_", "NGROK_"))
    }
    command = ["docker", "compose", "--file", str(COMPOSE_FILE), "--env-file", str(settings)]
    return subprocess.run(
        [*command, "--profile", ALL_PROFILES, "config", "--quiet"],
        env=plain,
        capture_output=True,
        text=True,
    )


def test_it_is_accepted_without_a_word() -> None:
    done = config(EXAMPLE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("secret", ["MARIADB_PASSWORD", "MARIADB_ROOT_PASSWORD"])
def test_an_absent_secret_is_named_with_where_to_set_it(secret: str, tmp_path: Path) -> None:
    settings = tmp_path / "env"
    lines = EXAMPLE.read_text("utf-8").splitlines(keepends=True)
    settings.write_text("".join(line for line in lines if not line.startswith(f"{secret}=")))
    done = config(settings)
    assert done.returncode != 0
    assert secret in done.stderr
    assert ".env.example" in done.stderr


def test_the_recorded_reference_for_selections_is_what_compose_says() -> None:
    assert asked_of_compose() == recorded()
