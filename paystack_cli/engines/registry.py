"""The engines by name, and what `auto` means."""

from collections.abc import Callable, Mapping

from paystack_cli.engines.base import Engine
from paystack_cli.errors import PreflightError
from paystack_cli.stack.model import Stack
from paystack_cli.stack.settings import Settings


def _local(stack: Stack, settings: Settings) -> Engine:
    from paystack_cli.engines.local.engine import LocalEngine

    return LocalEngine(stack, settings)


def _compose(_stack: Stack, _settings: Settings) -> Engine:
    raise PreflightError(
        "the compose engine is not part of this release", hint="paystack --engine local up"
    )


_ENGINES: Mapping[str, Callable[[Stack, Settings], Engine]] = {
    "auto": _local,
    "local": _local,
    "compose": _compose,
}


def open_engine(stack: Stack, settings: Settings) -> Engine:
    """The engine that the settings name. Raises PreflightError when there is none of that name."""
    try:
        factory = _ENGINES[settings.engine]
    except KeyError:
        raise PreflightError(
            f"there is no engine {settings.engine!r}",
            hint=f"one of {', '.join(_ENGINES)}: --engine local, or PAYSTACK_ENGINE=local",
        ) from None
    return factory(stack, settings)
