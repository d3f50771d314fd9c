"""scripts/quickstart: its steps in order, the first that fails ends it."""

import shutil
import stat
import sys

import pytest

from tests.support.outline import Outline
from tests.support.stack import PROJECT


@pytest.fixture(autouse=True)
def programs(outline: Outline) -> None:
    outline.put("scripts/bootstrap", 'echo "bootstrap $*" >> "$(dirname "$0")/../calls"\n')
    outline.put(
        ".venv/bin/paystack",
        '#!/bin/sh\necho "paystack $*" >> calls\necho "${PAYSTACK_ENGINE-unset}" > engine\n'
        '[ "$1" != "$FAILS" ] || exit 4\n',
    )
    (outline.root / ".venv/bin/python").symlink_to(sys.executable)
    shutil.copy(PROJECT / ".env.example", outline.root / ".env.example")


def test_it_brings_up_proves_and_says_where_to_go(outline: Outline) -> None:
    done = outline.run("quickstart", "--yes")
    assert done.exit_code == 0, done.stderr
    assert outline.calls == [
        "bootstrap runtime",
        "paystack up",
        "paystack health",
        "paystack smoke",
    ]
    assert "paystack quickstart: PASSED in" in done.stdout


def test_the_settings_get_a_root_password_of_their_own(outline: Outline) -> None:
    outline.run("quickstart", "--yes")
    settings = outline.root / ".env"
    example = (outline.root / ".env.example").read_text().splitlines()
    changed = set(settings.read_text().splitlines()) - set(example)
    assert [line.split("=")[0] for line in changed] == ["MARIADB_ROOT_PASSWORD"]
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600


def test_settings_that_are_there_stay(outline: Outline) -> None:
    (outline.root / ".env").write_text("MARIADB_PASSWORD=mine\n")
    outline.run("quickstart", "--yes")
    assert (outline.root / ".env").read_text() == "MARIADB_PASSWORD=mine\n"


def test_a_step_that_fails_ends_it_with_its_code(outline: Outline) -> None:
    done = outline.run("quickstart", "--yes", FAILS="health")
    assert done.exit_code == 4
    assert outline.calls[-1] == "paystack health"
    assert 'FAILED at "health"' in done.stdout


@pytest.mark.parametrize("arguments", [(), ("--now",)])
def test_it_does_nothing_unless_it_was_told_to(
    outline: Outline, arguments: tuple[str, ...]
) -> None:
    done = outline.run("quickstart", *arguments)
    assert done.exit_code == 2
    assert "scripts/quickstart [--yes]" in done.stderr
    assert not (outline.root / "calls").exists()


@pytest.mark.parametrize(
    ("setting", "environment", "engine"),
    [
        ("", {}, "local"),
        ("", {"PAYSTACK_ENGINE": "compose"}, "compose"),
        ("PAYSTACK_ENGINE=compose\n", {}, "unset"),
    ],
    ids=["by itself", "from the environment", "left to .env"],
)
def test_it_uses_the_local_engine_unless_another_is_named(
    outline: Outline, setting: str, environment: dict[str, str], engine: str
) -> None:
    outline.put(".env", setting)
    done = outline.run("quickstart", "--yes", **environment)
    assert done.exit_code == 0, done.stderr
    assert (outline.root / "engine").read_text("utf-8").strip() == engine
