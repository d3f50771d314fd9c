"""scripts/docker-engine and scripts/base-images: the door to their modules."""

import pytest

from tests.support.outline import Outline

PYTHON = '#!/bin/sh\necho "$*" >> "$(dirname "$0")/../../calls"\nexit 3\n'


@pytest.fixture(autouse=True)
def programs(outline: Outline) -> None:
    outline.put("scripts/bootstrap", 'echo "bootstrap $*" >> "$(dirname "$0")/../calls"\n')
    outline.put(".venv/bin/python", PYTHON)


@pytest.mark.parametrize(
    ("script", "argument", "module"),
    [("docker-engine", "start", "docker_engine"), ("base-images", "--fresh", "base_images")],
)
def test_a_script_bootstraps_and_becomes_its_module(
    outline: Outline, script: str, argument: str, module: str
) -> None:
    done = outline.run(script, argument)
    assert done.exit_code == 3, done.stderr
    assert outline.calls == [
        "bootstrap runtime",
        f"-m paystack_cli.closed_network.{module} {argument}",
    ]
