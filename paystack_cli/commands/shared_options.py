"""Options that every command takes, defined once and accepted before and after the command name."""

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from paystack_cli.commands.context import Context, OutputFormat

_FIELDS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "engine": ("engine_name", str),
    "project_dir": ("project_dir", Path),
    "output": ("output", OutputFormat),
}
"""Option name -> the field of Context that it sets, and how its text becomes a value."""


def _store(context: click.Context, option: click.Parameter, value: str | None) -> None:
    run = context.find_object(Context)
    if value is not None and run is not None and option.name is not None:
        field, convert = _FIELDS[option.name]
        setattr(run, field, convert(value))


def _options() -> list[click.Parameter]:
    return [
        click.Option(
            ["--engine"],
            metavar="NAME",
            help="auto, compose or local; also PAYSTACK_ENGINE.",
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
    ]


def add_shared_options(command: click.Command) -> None:
    """Give `command` and everything below it the shared options."""
    command.params.extend(_options())
    if isinstance(command, click.Group):
        for child in command.commands.values():
            add_shared_options(child)
