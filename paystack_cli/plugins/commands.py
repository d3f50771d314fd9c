"""Commands of plug-ins, as entries of the command tree."""

from collections.abc import Collection, Mapping
from functools import partial

import click

from paystack_cli.lazy_group import Entry
from paystack_cli.plugins.discovery import Group, Plugin, announced


def plugin_commands(taken: Collection[str]) -> Mapping[str, Entry]:
    """By name; `taken` are paystack's own commands, which no plug-in replaces."""
    return {
        plugin.name: Entry(f"From {plugin.package}.", partial(_load, plugin))
        for plugin in announced(Group.COMMANDS, taken)
        if plugin.name not in taken
    }


def _load(plugin: Plugin) -> click.Command:
    from paystack_cli.commands.as_command import as_command

    try:
        return as_command(plugin.name, plugin.load())
    except (TypeError, RuntimeError) as error:  # Typer's words for what it cannot make a command of
        raise plugin.unusable(str(error)) from error
