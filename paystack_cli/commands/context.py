"""What every command starts from: the options that all commands share, and what they open."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from paystack_cli.output.verbosity import Verbosity

if TYPE_CHECKING:
    from paystack_cli.engines.base import Engine
    from paystack_cli.engines.registry import Choice
    from paystack_cli.stack.model import Stack
    from paystack_cli.stack.settings import Settings


class OutputFormat(StrEnum):
    """How results are printed on stdout."""

    TABLE = "table"
    JSON = "json"


@dataclass
class Context:
    """The shared options of this run; settings, stack and engine are opened when first used."""

    engine_name: str | None = None
    stack_name: str | None = None
    port_offset: int | None = None
    project_dir: Path | None = None
    output: OutputFormat = OutputFormat.TABLE
    verbosity: Verbosity = Verbosity.NORMAL

    @cached_property
    def settings(self) -> "Settings":
        """Settings of this run."""
        from paystack_cli.stack.settings import load_settings

        return load_settings(
            project_dir=self.project_dir,
            engine=self.engine_name,
            name=self.stack_name,
            port_offset=self.port_offset,
        )

    @cached_property
    def stack(self) -> "Stack":
        """The stack of the project."""
        from paystack_cli.stack.compose import load_stack

        return load_stack(self.settings)

    @cached_property
    def choice(self) -> "Choice":
        """The engine that runs the stack, and why it is this one."""
        from paystack_cli.engines.registry import choose_engine

        if self.verbosity is Verbosity.VERBOSE:
            from paystack_cli.output.command_lines import tell_commands

            tell_commands()
        return choose_engine(self.stack, self.settings)

    @property
    def engine(self) -> "Engine":
        """The engine that runs the stack."""
        return self.choice.engine

    @property
    def as_json(self) -> bool:
        """Whether the result is to be one JSON document."""
        return self.output is OutputFormat.JSON

    def tell_engine(self) -> None:
        """Say on stderr which engine `auto` has chosen and why; a JSON document names it anyway."""
        told = not self.as_json and self.verbosity is not Verbosity.QUIET
        if self.choice.reason and told:
            click.echo(f"engine: {self.engine.name} ({self.choice.reason})", err=True)


def context_of(click_context: click.Context) -> Context:
    """The run's Context; `app.py` puts it there before a command starts."""
    context = click_context.find_object(Context)
    assert context is not None  # noqa: S101 - main() always sets it
    return context
