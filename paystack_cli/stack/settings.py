"""Where this run works: project folder, variables, state folder, the engine asked for."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paystack_cli.errors import UsageError
from paystack_cli.stack.dotenv import read_dotenv

COMPOSE_FILE = Path("stack/compose.yaml")
"""Relative to the project folder, which is recognised by it."""

BASE_IMAGES_FILE = Path(".paystack/base-images.env")
"""Where the project has base images of its own, the variables that select them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one run.

    `variables` is the process environment over the project's `.env` over the base images that
    `scripts/base-images` has chosen.
    """

    project_dir: Path
    variables: Mapping[str, str]
    engine: str

    @property
    def compose_file(self) -> Path:
        """The stack's single source of truth."""
        return self.project_dir / COMPOSE_FILE

    @property
    def catalog_file(self) -> Path:
        """The event catalog."""
        return self.compose_file.parent / "schemas" / "catalog.json"

    @property
    def tools_dir(self) -> Path:
        """Where fetched server programs live, shared by all stacks of this project folder."""
        chosen = self.variables.get("PAYSTACK_TOOLS_DIR")
        return Path(chosen).absolute() if chosen else self.project_dir / ".paystack" / "tools"

    @property
    def locks_dir(self) -> Path:
        """The lock files that pin what is fetched."""
        return self.project_dir / "requirements"

    def state_dir(self, stack_name: str) -> Path:
        """Where the stack of this name keeps data, logs and sockets."""
        chosen = self.variables.get("PAYSTACK_STATE_DIR")
        if chosen:
            return Path(chosen).absolute()
        return self.project_dir / ".paystack" / stack_name


def load_settings(
    *,
    project_dir: Path | None = None,
    engine: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Settings from the command line over the environment over the project's files."""
    root = _find_project(project_dir)
    process = dict(os.environ if environment is None else environment)
    variables = {
        **read_dotenv(root / BASE_IMAGES_FILE, process),
        **read_dotenv(root / ".env", process),
        **process,
    }
    return Settings(
        project_dir=root,
        variables=variables,
        engine=engine or variables.get("PAYSTACK_ENGINE") or "auto",
    )


def _find_project(chosen: Path | None) -> Path:
    """The folder that holds the stack: the chosen one, else upwards from here or this package."""
    if chosen is not None:
        root = chosen.absolute()
        if not (root / COMPOSE_FILE).is_file():
            raise UsageError(
                f"{root} is no paystack project: it has no {COMPOSE_FILE}",
                hint="give the folder that holds stack/: paystack --project-dir FOLDER …",
            )
        return root
    here = Path.cwd()
    for candidate in (here, *here.parents, *Path(__file__).resolve().parents):
        if (candidate / COMPOSE_FILE).is_file():
            return candidate
    raise UsageError(
        f"no paystack project at {here} or above it",
        hint="change to the project folder, or: paystack --project-dir FOLDER …",
    )
