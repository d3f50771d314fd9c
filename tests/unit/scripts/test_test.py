"""scripts/test: every stage, and a verdict."""

import pytest

from tests.support.outline import Outline


@pytest.fixture(autouse=True)
def programs(outline: Outline) -> None:
    outline.put("scripts/bootstrap", 'echo "bootstrap $*" >> "$(dirname "$0")/../calls"\n')
    for name in ("ruff", "mypy", "lint-imports", "pytest"):
        outline.put(
            f".venv/bin/{name}",
            f'#!/bin/sh\necho "{name} $1" >> calls\n[ "{name}" != "$FAILS" ] || exit 1\n',
        )


def test_every_stage_runs(outline: Outline) -> None:
    done = outline.run("test")
    assert done.exit_code == 0, done.stderr
    assert outline.calls == [
        "bootstrap dev",
        "ruff check",
        "ruff format",
        "mypy ",
        "lint-imports ",
        "pytest tests/unit",
        "pytest tests/integration",
        "pytest tests/e2e",
        "pytest tests/chaos",
        "pytest tests/bench",
    ]
    assert done.stdout.splitlines()[-1].startswith("paystack test: PASSED in")


def test_a_stage_that_fails_hides_no_other(outline: Outline) -> None:
    done = outline.run("test", FAILS="mypy")
    assert done.exit_code == 1
    assert outline.calls[-1] == "pytest tests/bench"
    assert done.stdout.splitlines()[-1].endswith(": types")
