"""Which engine runs the stack and why, and what is said of Docker where it is not needed."""

from pathlib import Path
from typing import Any

import pytest

from paystack_cli.checks.doctor.engines import examine_engines
from paystack_cli.checks.doctor.scene import survey
from paystack_cli.engines.registry import Choice
from paystack_cli.errors import PreflightError
from tests.support.compose_project import make_project, settings_of
from tests.support.doctor import docker_of, one, scene_of

SERVICES = "  a: {image: x}\n"


class FakeEngine:
    """An engine by its name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.has_network = name == "compose"


def _scene(tmp_path: Path, engine: str, **changes: Any) -> Any:
    fake: Any = FakeEngine(engine)
    return scene_of(tmp_path, SERVICES, choice=Choice(fake, "it runs this stack"), **changes)


def test_the_choice_and_the_versions(tmp_path: Path) -> None:
    found = list(examine_engines(_scene(tmp_path, "compose", docker=docker_of(object()))))
    assert one(found, "engine.choice").seen == "compose: it runs this stack"
    assert one(found, "engine.docker").seen == (
        "Docker Engine 20.10.24 (at least 20.10), Compose 2.26.1 (at least 2.20)"
    )


def test_without_docker_the_local_engine_is_well(tmp_path: Path) -> None:
    finding = one(list(examine_engines(_scene(tmp_path, "local"))), "engine.docker")
    assert (finding.severity, finding.fix) == ("ok", None)
    assert "no Docker Engine answers; the local engine does without" in finding.seen


@pytest.mark.parametrize("problem", ["there is no engine 'nomad'", "the engine went away"])
def test_no_engine_is_a_failure_with_its_way_out(tmp_path: Path, problem: str) -> None:
    choice = PreflightError(problem, hint="--engine local")
    found = list(examine_engines(scene_of(tmp_path, SERVICES, choice=choice)))
    finding = one(found, "engine.choice")
    assert (finding.severity, finding.seen, finding.fix) == ("fail", problem, "--engine local")


def _docker(folder: Path, script: str) -> str:
    """A PATH with a `docker` that does this."""
    folder.mkdir()
    (folder / "docker").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "docker").chmod(0o755)
    return str(folder)


def test_a_survey_with_a_client_and_no_engine(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", f"name: pay\nservices:\n{SERVICES}")
    settings = settings_of(
        project,
        PATH=_docker(tmp_path / "bin", "exit 1"),
        DOCKER_HOST=f"unix://{tmp_path}/none.sock",
        PAYSTACK_STATE_DIR=str(tmp_path / "state"),
    )
    scene = survey(settings, ())
    found = list(examine_engines(scene))
    assert one(found, "engine.choice").seen.startswith("local: no Docker Engine answers at unix://")
    assert scene.daemon is None
    assert scene.stack_problem is None
