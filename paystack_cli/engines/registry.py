"""The engines by name, and what `auto` means."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from paystack_cli.engines.base import Engine
from paystack_cli.engines.compose.errors import EngineMissing
from paystack_cli.errors import PreflightError
from paystack_cli.stack.model import Stack
from paystack_cli.stack.settings import Settings


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
    from paystack_cli.engines.local.engine import LocalEngine

    local = LocalEngine(stack, settings)
    if local.has_begun:
        return Choice(local, "it runs this stack")
    try:
        engine, versions = _open_compose(stack, settings)
    except EngineMissing as error:
        return Choice(local, error.message)
    return Choice(engine, versions)


def _local(stack: Stack, settings: Settings) -> Choice:
    from paystack_cli.engines.local.engine import LocalEngine

    return Choice(LocalEngine(stack, settings))


def _compose(stack: Stack, settings: Settings) -> Choice:
    return Choice(_open_compose(stack, settings)[0])


def _open_compose(stack: Stack, settings: Settings) -> tuple[Engine, str]:
    """The compose engine, and the versions that it works with. Raises EngineMissing."""
    from paystack_cli.engines.compose.cli import require_client, require_compose

    require_client(settings.variables)
    with ThreadPoolExecutor(max_workers=1) as pool:
        asked = pool.submit(require_compose, settings.variables)
        # Meanwhile: importing `docker` takes as long as Compose takes to say its version.
        from paystack_cli.engines.compose.daemon import connect
        from paystack_cli.engines.compose.engine import ComposeEngine

        daemon = connect(settings.variables, stack.name)
        versions = f"Docker Engine {daemon.version} answers, with Compose {asked.result()}"
    return ComposeEngine(stack, settings, daemon), versions


_CHOICES: Mapping[str, Callable[[Stack, Settings], Choice]] = {
    "auto": _auto,
    "local": _local,
    "compose": _compose,
}
