"""scripts/frontend: what npm is asked to do, in order, up to the first that fails."""

import os

import pytest

from tests.support.outline import Outline
from tests.support.stack import Answer

STEPS = ["npm ci", "npm run check", "npm run build", "npm run size", "npm test"]


@pytest.fixture(autouse=True)
def shop(outline: Outline) -> None:
    outline.put("stack/frontend/package.json", "{}")
    npm = '#!/bin/sh\necho "npm $*" >> ../../calls\n[ "npm $*" != "$FAILS" ]\n'
    outline.put("bin/npm", npm)


def _frontend(outline: Outline, **environment: str) -> Answer:
    path = f"{outline.root / 'bin'}:{os.environ['PATH']}"
    return outline.run("frontend", **{"PATH": path, **environment})


def test_every_step_runs_in_order(outline: Outline) -> None:
    assert _frontend(outline).exit_code == 0
    assert outline.calls == STEPS


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_is_the_last(outline: Outline, step: str) -> None:
    assert _frontend(outline, FAILS=step).exit_code == 1
    assert outline.calls[-1] == step


def test_a_machine_without_npm_is_told_so(outline: Outline) -> None:
    only = outline.root / "only"
    only.mkdir()
    for program in ("bash", "dirname"):
        (only / program).symlink_to(f"/usr/bin/{program}")
    done = _frontend(outline, PATH=str(only))
    assert done.exit_code == 3
    assert "this machine has no npm" in done.stderr
