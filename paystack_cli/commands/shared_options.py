"""Options that every command takes, defined once and accepted before and after the command name."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from paystack_cli.commands.context import Context, OutputFormat
from paystack_cli.output.verbosity import Verbosity

_FIELDS: Mapping[str, tuple[str, Callable[[Any], object]]] = {
    "engine": ("engine_name", str),
    "name": ("stack_name", str),
    "port_offset": ("port_offset", int),
    "project_dir": ("project_dir", Path),
    "output": ("output", OutputFormat),
    "quiet": ("verbosity", lambda _: Verbosity.QUIET),
    "verbose": ("verbosity", lambda _: Verbosity.VERBOSE),
}
"""Option name -> the field of Context that it sets, and how what was typed becomes a value."""


def shared_options() -> list[click.Parameter]:
    """The options, made anew for each command."""
    return [
        _option("--engine", "auto, compose or local; also PAYSTACK_ENGINE.", metavar="NAME"),
        _option(
            "--name",
            "Which stack, when several live side by side; also PAYSTACK_NAME.",
            metavar="NAME",
        ),
        _option(
            "--port-offset",
            "Added to every port that is not set; also PAYSTACK_PORT_OFFSET.",
            type=click.IntRange(min=0),
            metavar="NUMBER",
        ),
        _option(
            "--project-dir",
            "The folder that holds stack/; looked for upwards from here.",
            metavar="FOLDER",
        ),
        _option(
            "--output",
            "Result on stdout as a table or as one JSON document.",
            type=click.Choice([choice.value for choice in OutputFormat]),
        ),
        _flag("--quiet", "-q", "Tell nothing but the result, warnings and errors."),
        _flag("--verbose", "-v", "Also tell every attempt, and the commands that the engine runs."),
    ]


def _option(name: str, help: str, *, metavar: str | None = None, type: Any = None) -> click.Option:
    return click.Option(
        [name], help=help, metavar=metavar, type=type, expose_value=False, callback=_store
    )


def _flag(name: str, short: str, help: str) -> click.Option:
    return click.Option(
        [name, short], help=help, is_flag=True, default=None, expose_value=False, callback=_store
    )


def _store(context: click.Context, option: click.Parameter, value: object) -> None:
    run = context.find_object(Context)
    if value is not None and run is not None and option.name is not None:
        field, convert = _FIELDS[option.name]
        setattr(run, field, convert(value))


def add_shared_options(command: click.Command) -> None:
    """Give `command` and everything below it the shared options."""
    command.params.extend(shared_options())
    if isinstance(command, click.Group):
        for child in command.commands.values():
            add_shared_options(child)
