"""Where this run works: project folder, variables, state folder, the engine asked for."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paystack_cli.errors import UsageError
from paystack_cli.stack.dotenv import read_dotenv
from paystack_cli.stack.known_settings import (
    BUDGET,
    ENGINE,
    NAME,
    PORT_MAX,
    PORT_OFFSET,
    STATE_DIR,
    default_ports,
)
from paystack_cli.stack.settings_file import read_settings_file

COMPOSE_FILE = Path("stack/compose.yaml")
"""Relative to the project folder, which is recognised by it."""

BASE_IMAGES_FILE = Path(".paystack/base-images.env")
"""Where the project has base images of its own, the variables that select them."""

COMMAND_LINE, ENVIRONMENT, DOTENV, MOVED = "command line", "environment", ".env", "port offset"
DEFAULT = "default"
"""Names of the sources of settings; a settings file goes by its own."""

_STACK_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
"""What Docker Compose takes for a project."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one source sets."""

    source: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one run.

    `variables` is what all `layers` give together, an earlier one over a later one: the command
    line, the process environment, `.env`, the settings file, the base images that
    `scripts/base-images` has chosen, ports that an offset moves.
    """

    project_dir: Path
    variables: Mapping[str, str]
    engine: str
    layers: tuple[Layer, ...] = ()

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

    @property
    def budget(self) -> tuple[str, ...]:
        """How long `up` may take unless `--budget` says otherwise, in its words."""
        return tuple(self.variables.get(BUDGET, "").split())

    def source_of(self, variable: str) -> str:
        """The source that gives this variable its value; DEFAULT when none does."""
        sources = (layer.source for layer in self.layers if variable in layer.values)
        return next(sources, DEFAULT)

    def values_of(self, source: str) -> Mapping[str, str]:
        """What one source sets, whether another is stronger or not."""
        return next((layer.values for layer in self.layers if layer.source == source), {})

    def state_dir(self, stack_name: str) -> Path:
        """Where the stack of this name keeps data, logs and sockets."""
        chosen = self.variables.get(STATE_DIR)
        if chosen:
            return Path(chosen).absolute()
        return self.project_dir / ".paystack" / stack_name


def load_settings(
    *,
    project_dir: Path | None = None,
    engine: str | None = None,
    name: str | None = None,
    port_offset: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Settings from the command line over the environment over the project's files.

    Raises UsageError where there is no project, for a name that no stack can have and for an offset
    that moves a port out of range; PreflightError for a file that cannot be read.
    """
    root = _find_project(project_dir)
    process = dict(os.environ if environment is None else environment)
    options = {ENGINE: engine, NAME: name, PORT_OFFSET: port_offset}
    given = {variable: str(value) for variable, value in options.items() if value is not None}
    above = {**process, **given}
    file = read_settings_file(root, root / COMPOSE_FILE)
    layers = [
        Layer(COMMAND_LINE, given),
        Layer(ENVIRONMENT, process),
        Layer(DOTENV, read_dotenv(root / DOTENV, above)),
        Layer(file.name, file.values),
        Layer(str(BASE_IMAGES_FILE), read_dotenv(root / BASE_IMAGES_FILE, above)),
    ]
    variables = _together(layers)
    layers.append(Layer(MOVED, _moved_ports(root / COMPOSE_FILE, variables)))
    variables = _together(layers)
    _check_name(variables.get(NAME))
    _check_state_dir(layers)
    return Settings(
        project_dir=root,
        variables=variables,
        engine=variables.get(ENGINE) or "auto",
        layers=tuple(layers),
    )


def _together(layers: Sequence[Layer]) -> dict[str, str]:
    return {name: value for layer in reversed(layers) for name, value in layer.values.items()}


def _moved_ports(compose_file: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """The ports that the offset moves: all that have a variable and are not set by it."""
    text = variables.get(PORT_OFFSET) or "0"
    if not text.isdecimal():
        raise UsageError(f"the port offset is no whole number: {text!r}", hint="--port-offset 100")
    offset = int(text)
    if not offset:
        return {}
    moved = {
        name: port + offset
        for name, port in default_ports(compose_file).items()
        if name not in variables
    }
    for name, port in moved.items():
        if port > PORT_MAX:
            raise UsageError(
                f"an offset of {offset} moves {name} to {port}, and ports end at {PORT_MAX}",
                hint=f"a smaller --port-offset, or set {name}",
            )
    return {name: str(port) for name, port in moved.items()}


def _check_state_dir(layers: Sequence[Layer]) -> None:
    """A folder that a file gives to one stack is not for another that is named on the way."""
    given, environment, *files = layers
    folder, name = _together(files).get(STATE_DIR), given.values.get(NAME)
    usual = _together(layers[1:]).get(NAME)
    if folder and name and name != usual and STATE_DIR not in environment.values:
        raise UsageError(
            f"stack {name} would share the state folder {folder}, which is that of another",
            hint=f"{STATE_DIR}=FOLDER paystack --name {name} …",
        )


def _check_name(name: str | None) -> None:
    if name and not _STACK_NAME.fullmatch(name):
        raise UsageError(
            f"no stack can be named {name!r}: small letters, digits, - and _, no - or _ first",
            hint=f"--name blue, or mend {NAME}",
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
