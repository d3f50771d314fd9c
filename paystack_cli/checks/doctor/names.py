"""Names that somebody else on the same Docker Engine has taken."""

from collections.abc import Iterator
from pathlib import Path

from paystack_cli.checks.doctor.model import Finding, failure, well
from paystack_cli.checks.doctor.scene import Scene

TITLE = "Names on the Docker Engine"


def examine_names(scene: Scene) -> Iterator[Finding]:
    """Containers called as ours are, and another folder's stack of the same name."""
    if scene.daemon is None:
        return
    ours = {service.container_name for service in scene.stack.services.values()}
    here = str(scene.stack.directory)
    clashing = False
    for one in scene.daemon.neighbours():
        if one.project != scene.stack.name and one.name in ours:
            clashing = True
            yield failure(
                f"name.container.{one.name}",
                TITLE,
                f"the container {one.name} is of {_whose(one.project, one.folder)}",
                f"docker rm --force {one.name}; or call ours another name: PAYSTACK_NAME=…",
            )
    folders = {
        one.folder
        for one in scene.daemon.neighbours()
        if one.project == scene.stack.name and one.folder and not _same(one.folder, here)
    }
    for folder in sorted(folders):
        clashing = True
        yield failure(
            "name.stack",
            TITLE,
            f"another folder has a stack {scene.stack.name} here: {folder}",
            f"PAYSTACK_NAME=… paystack up; or end the other one: docker compose -p"
            f" {scene.stack.name} down",
        )
    if not clashing:
        yield well("name.container", TITLE, f"{scene.stack.name} and its containers are ours alone")


def _whose(project: str, folder: str) -> str:
    if not project:
        return "no Compose project"
    return f"the project {project}" + (f" in {folder}" if folder else "")


def _same(folder: str, other: str) -> bool:
    return Path(folder).resolve() == Path(other).resolve()
