"""scripts/test: every stage, and a verdict; an engine for the tests in containers, or why there is none."""

import pytest

from tests.support.outline import Outline

ENGINE = """#!/bin/sh
echo "docker-engine $1" >> calls
case $1 in
  status) [ "$ENGINE" = running ] ;;
  start) [ "$ENGINE" != absent ] || { echo "docker-engine: this is an ordinary user" >&2; exit 3; } ;;
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
