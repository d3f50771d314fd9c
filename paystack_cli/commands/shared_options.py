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


def _store(context: click.Context, option: click.Parameter, value: object) -> None:
    run = context.find_object(Context)
    if value is not None and run is not None and option.name is not None:
        field, convert = _FIELDS[option.name]
        setattr(run, field, convert(value))


def shared_options() -> list[click.Parameter]:
    """The options, made anew for each command."""
    return [
        click.Option(
            ["--engine"],
            metavar="NAME",
            help="auto, compose or local; also PAYSTACK_ENGINE.",
            expose_value=False,
            callback=_store,
        ),
        click.Option(
            ["--name"],
            metavar="NAME",
            help="Which stack, when several live side by side; also PAYSTACK_NAME.",
            expose_value=False,
            callback=_store,
        ),
        click.Option(
            ["--port-offset"],
            type=click.IntRange(min=0),
            metavar="NUMBER",
            help="Added to every port that is not set; also PAYSTACK_PORT_OFFSET.",
            expose_value=False,
            callback=_store,
        ),
        click.Option(
            ["--project-dir"],
            metavar="FOLDER",
            help="The folder that holds stack/; looked for upwards from here.",
            expose_value=False,
            callback=_store,
        ),
        click.Option(
            ["--output"],
            type=click.Choice([choice.value for choice in OutputFormat]),
            help="Result on stdout as a table or as one JSON document.",
            expose_value=False,
            callback=_store,
        ),
        click.Option(
            ["--quiet", "-q"],
            is_flag=True,
            default=None,
            help="Tell nothing but the result, warnings and errors.",
            expose_value=False,
            callback=_store,
        ),
        click.Option(
            ["--verbose", "-v"],
            is_flag=True,
            default=None,
            help="Also tell every attempt, and the commands that the engine runs.",
            expose_value=False,
            callback=_store,
        ),
    ]


def add_shared_options(command: click.Command) -> None:
    """Give `command` and everything below it the shared options."""
    command.params.extend(shared_options())
    if isinstance(command, click.Group):
        for child in command.commands.values():
            add_shared_options(child)
