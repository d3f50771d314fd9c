"""Which engine runs the stack and why; the versions of Docker and Compose."""

from collections.abc import Iterator

from paystack_cli.checks.doctor.model import Finding, failure, well
from paystack_cli.checks.doctor.scene import Docker, Scene
from paystack_cli.engines.compose.versions import COMPOSE_MIN, ENGINE_MIN, Version
from paystack_cli.engines.registry import Choice

CHOICE, DOCKER = "The engine of this stack", "Docker and Compose"


def examine_engines(scene: Scene) -> Iterator[Finding]:
    """The choice of `--engine`, and what can be said of Docker whatever the choice is."""
    if isinstance(scene.choice, Choice):
        reason = scene.choice.reason or "it was asked for"
        yield well("engine.choice", CHOICE, f"{scene.engine_name}: {reason}")
    else:
        yield failure("engine.choice", CHOICE, scene.choice.message, scene.choice.hint)
    if isinstance(scene.docker, Docker):
        seen = (
            f"Docker Engine {scene.docker.version} (at least {_text(ENGINE_MIN)}),"
            f" Compose {scene.docker.compose} (at least {_text(COMPOSE_MIN)})"
        )
        yield well("engine.docker", DOCKER, seen)
    elif scene.engine_name == "local":
        seen = f"{scene.docker.message}; the local engine does without"
        yield well("engine.docker", DOCKER, seen)
    else:
        yield failure("engine.docker", DOCKER, scene.docker.message, scene.docker.hint)


def _text(version: Version) -> str:
    return ".".join(map(str, version))
