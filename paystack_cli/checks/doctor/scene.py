"""What every examination starts from: the stack, the engine that runs it, and the Docker Engine."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from paystack_cli.engines.base import ACTIVE, Engine, ServiceStatus
from paystack_cli.engines.compose.cli import require_client, require_compose
from paystack_cli.engines.compose.daemon import Daemon, connect
from paystack_cli.engines.registry import Choice, choose_engine
from paystack_cli.errors import PaystackError
from paystack_cli.stack.compose import load_stack
from paystack_cli.stack.dotenv import read_dotenv
from paystack_cli.stack.model import Stack
from paystack_cli.stack.settings import Settings

ENV_EXAMPLE = ".env.example"
"""Its values stand in for those that are not set, or set to nothing, so that everything else can be
examined."""


Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Docker:
    """The Docker Engine, and the version of Compose that goes with it."""

    daemon: Daemon
    version: str
    compose: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is. Where something could not be had, the error stands for it.

    `stack` is complete even where `stack_problem` says why no command could load it; `commands` are
    the names of paystack's own commands.
    """

    settings: Settings
    commands: Collection[str]
    stack: Stack
    stack_problem: PaystackError | None
    choice: Choice | PaystackError
    docker: Docker | PaystackError
    statuses: tuple[ServiceStatus, ...]

    @property
    def engine(self) -> Engine | None:
        """The engine that runs the stack; None when there is none."""
        return self.choice.engine if isinstance(self.choice, Choice) else None

    @property
    def engine_name(self) -> str:
        """Its name, or the one that was asked for."""
        return self.engine.name if self.engine else self.settings.engine

    @property
    def daemon(self) -> Daemon | None:
        """The Docker Engine, whatever runs the stack; None when there is none to work with."""
        return self.docker.daemon if isinstance(self.docker, Docker) else None

    @property
    def running(self) -> frozenset[str]:
        """The services that run, or are about to."""
        return frozenset(status.name for status in self.statuses if status.state in ACTIVE)


def survey(settings: Settings, commands: Collection[str]) -> Scene:
    """Look at everything once. Raises PreflightError for a compose.yaml that makes no stack."""
    stack, stack_problem = _stack(settings)
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(_docker, stack, settings)
        choice = _attempt(partial(choose_engine, stack, settings))
        statuses = _attempt(choice.engine.ps) if isinstance(choice, Choice) else []
        docker = asked.result()
    return Scene(
        settings=settings,
        commands=commands,
        stack=stack,
        stack_problem=stack_problem,
        choice=statuses if isinstance(statuses, PaystackError) else choice,
        docker=docker,
        statuses=() if isinstance(statuses, PaystackError) else tuple(statuses),
    )


def _stack(settings: Settings) -> tuple[Stack, PaystackError | None]:
    stack = _attempt(partial(load_stack, settings))
    if not isinstance(stack, PaystackError):
        return stack, None
    examples = read_dotenv(settings.project_dir / ENV_EXAMPLE, settings.variables)
    given = {name: value for name, value in settings.variables.items() if value}
    filled = replace(settings, variables={**settings.variables, **examples, **given})
    return load_stack(filled), stack


def _docker(stack: Stack, settings: Settings) -> Docker | PaystackError:
    def look() -> Docker:
        require_client(settings.variables)
        daemon = connect(settings.variables, stack.name)
        return Docker(daemon, daemon.version, require_compose(settings.variables))

    return _attempt(look)


def _attempt(look: Callable[[], Found]) -> Found | PaystackError:
    try:
        return look()
    except PaystackError as error:
        return error
