"""Settings: is everything set that has no default, is a name misspelt, who can read `.env`."""

import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from paystack_cli.checks.doctor.model import Finding, Repair, failure, warning, well
from paystack_cli.checks.doctor.scene import Scene
from paystack_cli.stack.misspelt import Misspelt, misspelt

TITLE = "Settings"
OTHERS = stat.S_IRWXG | stat.S_IRWXO
OWNER_ONLY = 0o600


def examine_env_file(scene: Scene) -> Iterator[Finding]:
    """What no command could work without; who else can read the passwords."""
    if scene.stack_problem is not None:
        yield failure("env.values", TITLE, scene.stack_problem.message, scene.stack_problem.hint)
    else:
        yield well("env.values", TITLE, "everything that has no default is set")
    for one in misspelt(scene.settings):
        yield warning(f"env.{one.variable.lower()}", TITLE, one.message, _rename(one))
    path = scene.settings.project_dir / ".env"
    if path.is_file():
        yield _permissions(path)


def _rename(one: Misspelt) -> str:
    meant = next(iter(one.nearest), "")
    return f"sed -i 's/^{one.variable}=/{meant}=/' .env" if meant else "paystack config show"


def _permissions(path: Path) -> Finding:
    mode = stat.S_IMODE(path.stat().st_mode)
    id, title = "env.permissions", "Who can read .env"
    if not mode & OTHERS:
        return well(id, title, "its owner alone")
    return warning(
        id,
        title,
        f"others than its owner can read or write the passwords in it (mode {mode:04o})",
        f"chmod 600 '{path}'",
        Repair(f"make {path} readable by its owner alone", partial(path.chmod, OWNER_ONLY)),
    )
