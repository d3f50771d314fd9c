"""scripts/test: every stage, a verdict, and an engine for the tests in containers or why not."""

import os

import pytest

from tests.support.outline import Outline
from tests.support.stack import Answer

ENGINE = """#!/bin/sh
echo "docker-engine $1" >> calls
case $1 in
  status) [ "$ENGINE" = running ] ;;
  start) [ "$ENGINE" != absent ] || { echo "docker-engine: you are not root" >&2; exit 3; } ;;
  env) echo "export DOCKER_HOST=unix:///the-engine" ;;
esac
"""


@pytest.fixture(autouse=True)
def programs(outline: Outline) -> None:
    outline.put("scripts/bootstrap", 'echo "bootstrap $*" >> calls\n')
    outline.put("scripts/docker-engine", ENGINE)
    outline.put("scripts/base-images", 'echo "base-images on $DOCKER_HOST" >> calls\n')
    outline.put("bin/docker", '#!/bin/sh\necho "docker pull" >> calls\n[ "$REGISTRY" = there ]\n')
    for name in ("ruff", "mypy", "lint-imports", "pytest"):
        outline.put(
            f".venv/bin/{name}",
            f'#!/bin/sh\necho "{name} $1" >> calls\n[ "{name}" != "$FAILS" ] || exit 1\n',
        )


def _test(outline: Outline, *options: str, **environment: str) -> Answer:
    path = f"{outline.root / 'bin'}:{os.environ['PATH']}"
    given = {"ENGINE": "running", "REGISTRY": "there", "PATH": path}
    return outline.run("test", *options, **{**given, **environment})


def _verdict(answer: Answer) -> str:
    return answer.stdout.splitlines()[-1]


def test_every_stage_runs(outline: Outline) -> None:
    done = _test(outline)
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
        "docker-engine status",
        "docker-engine env",
        "docker pull",
        "pytest tests/docker",
        "pytest tests/bench",
    ]
    assert _verdict(done).startswith("paystack test: PASSED in")


def test_a_stage_that_fails_hides_no_other(outline: Outline) -> None:
    done = _test(outline, FAILS="mypy")
    assert done.exit_code == 1
    assert outline.calls[-1] == "pytest tests/bench"
    assert _verdict(done).endswith(": types")


def test_an_engine_that_it_started_is_stopped_after_the_last_stage(outline: Outline) -> None:
    assert _test(outline, ENGINE="stopped").exit_code == 0
    assert "docker-engine start" in outline.calls
    assert outline.calls[-2:] == ["pytest tests/bench", "docker-engine stop"]


@pytest.mark.parametrize("registry", ["there", "absent"])
def test_stand_ins_are_built_where_there_is_no_registry(outline: Outline, registry: str) -> None:
    assert _test(outline, REGISTRY=registry).exit_code == 0
    built = "base-images on unix:///the-engine" in outline.calls
    assert built == (registry == "absent")


def test_selected_stand_ins_are_used_without_asking_a_registry(outline: Outline) -> None:
    outline.put(".paystack/base-images.env", "")
    assert _test(outline).exit_code == 0
    assert "docker pull" not in outline.calls
    assert "base-images on unix:///the-engine" in outline.calls


def test_without_an_engine_the_verdict_says_what_was_skipped_and_why(outline: Outline) -> None:
    done = _test(outline, ENGINE="absent")
    assert done.exit_code == 0
    assert "pytest tests/docker" not in outline.calls
    skipped = "docker: SKIPPED, because docker-engine: you are not root"
    assert _verdict(done).endswith(f" s; {skipped}")


def test_without_an_engine_require_docker_fails(outline: Outline) -> None:
    done = _test(outline, "--require-docker", ENGINE="absent")
    assert done.exit_code == 1
    assert "docker is required, but docker-engine: you are not root" in done.stderr
    assert _verdict(done).endswith(": docker")


def test_only_the_stages_that_are_named_run(outline: Outline) -> None:
    done = _test(outline, "types", "lint")
    assert done.exit_code == 0, done.stderr
    assert outline.calls == ["bootstrap dev", "ruff check", "mypy "]


def test_a_stage_that_there_is_not_is_an_error(outline: Outline) -> None:
    done = _test(outline, "typos")
    assert done.exit_code == 2
    assert "no stage typos; there are: lint format types" in done.stderr


def test_an_unknown_option_shows_the_usage(outline: Outline) -> None:
    done = _test(outline, "--ful")
    assert done.exit_code == 2
    assert "scripts/test [--full] [--require-docker] [STAGE…]" in done.stderr
