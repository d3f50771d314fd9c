"""The engines by name, and what `auto` means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from paystack_cli.engines.base import Engine
from paystack_cli.engines.compose.errors import EngineMissing
from paystack_cli.engines.local.state import StateFolder
from paystack_cli.errors import PreflightError
from paystack_cli.stack.model import Stack
from paystack_cli.stack.settings import Settings

RUNS_STACK = "it runs this stack"


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine and, where `auto` has chosen it, the reason ("" when it was named)."""

    engine: Engine
    reason: str = ""


def choose_engine(stack: Stack, settings: Settings) -> Choice:
    """The engine that the settings name.

    Raises PreflightError when there is none of that name, or it cannot work on this machine.
    """
    try:
        choose = _CHOICES[settings.engine]
    except KeyError:
        raise PreflightError(
            f"there is no engine {settings.engine!r}",
            hint=f"one of {', '.join(_CHOICES)}: --engine local, or PAYSTACK_ENGINE=local",
        ) from None
    return choose(stack, settings)


def open_engine(stack: Stack, settings: Settings) -> Engine:
    """The engine alone. Raises as `choose_engine`."""
    return choose_engine(stack, settings).engine


def _auto(stack: Stack, settings: Settings) -> Choice:
    """The engine that runs this stack; else compose where it can work; else local."""
    if StateFolder(settings.state_dir(stack.name)).has_begun:
        return replace(_local(stack, settings), reason=RUNS_STACK)
    try:
        engine, reason = _open_compose(stack, settings)
    except EngineMissing as error:
        return replace(_local(stack, settings), reason=error.message)
    return Choice(engine, reason)


def _local(stack: Stack, settings: Settings) -> Choice:
    from paystack_cli.engines.local.engine import LocalEngine

    return Choice(LocalEngine(stack, settings))


def _compose(stack: Stack, settings: Settings) -> Choice:
    return Choice(_open_compose(stack, settings)[0])


def _open_compose(stack: Stack, settings: Settings) -> tuple[Engine, str]:
    """The compose engine, and what speaks for it. Raises EngineMissing.

    Compose says its version in the time that a look at all containers takes. Where there are some,
    it is asked when it has something to do.
    """
    from paystack_cli.engines.compose.cli import require_client, require_compose
    from paystack_cli.engines.compose.daemon import connect
    from paystack_cli.engines.compose.engine import ComposeEngine

    require_client(settings.variables)
    daemon = connect(settings.variables, stack.name)
    engine = ComposeEngine(stack, settings, daemon)
    if daemon.has_containers:
        return engine, RUNS_STACK
    compose = require_compose(settings.variables)
    return engine, f"Docker Engine {daemon.version} answers, with Compose {compose}"


_CHOICES: Mapping[str, Callable[[Stack, Settings], Choice]] = {
    "auto": _auto,
    "local": _local,
    "compose": _compose,
}
