"""Scenes for the doctor's examinations: a small stack, and what is said to be there of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paystack_cli.checks.doctor.model import Finding
from paystack_cli.checks.doctor.scene import Docker, Scene
from paystack_cli.engines.base import Health, ServiceStatus, State
from paystack_cli.engines.compose.errors import EngineMissing
from paystack_cli.engines.registry import Choice
from tests.support.compose_project import make_project, settings_of, stack_of

NO_DOCKER = EngineMissing("no Docker Engine answers", hint="start it")


def scene_of(
    folder: Path, services: str, *, environment: Mapping[str, str] | None = None, **changes: Any
) -> Scene:
    """A scene of the project `services` (compose.yaml below `services:`) in a folder of its own.

    Nothing runs and there is no Docker, unless `changes` (fields of Scene) say otherwise.
    """
    project = make_project(folder / "project", f"name: pay\nservices:\n{services}")
    variables = {
        "PAYSTACK_ENGINE": "local",
        "PAYSTACK_STATE_DIR": str(folder / "state"),
        **(environment or {}),
    }
    values = {
        "settings": settings_of(project, **variables),
        "stack": stack_of(project, **variables),
        "commands": (),
        "stack_problem": None,
        "choice": NO_DOCKER,
        "docker": NO_DOCKER,
        "statuses": (),
    }
    return Scene(**{**values, **changes})


def choice_of(engine: Any) -> Choice:
    """An engine that was asked for; a test's own has what the examination asks of it."""
    return Choice(engine)


def docker_of(daemon: Any) -> Docker:
    """A Docker Engine that answers."""
    return Docker(daemon, "20.10.24", "2.26.1")


def running(service: str, pid: int | None = None) -> ServiceStatus:
    """A service that runs and is healthy."""
    return ServiceStatus(
        name=service,
        group="other",
        state=State.RUNNING,
        health=Health.HEALTHY,
        health_detail="",
        excluded=False,
        pid=pid,
        ended=None,
        uptime_s=1.0,
        restarts=0,
        ports=(),
        memory_bytes=None,
    )


def one(findings: list[Finding], id: str) -> Finding:
    """The finding of this id."""
    (found,) = (finding for finding in findings if finding.id == id)
    return found
