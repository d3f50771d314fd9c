"""What a module offers as a command, made one of the tree: function, Typer or click command."""

import click

from paystack_cli.commands.manual import add_manual
from paystack_cli.commands.shared_options import add_shared_options


def as_command(name: str, offered: object) -> click.Command:
    """The command `name`, with shared options and examples on it and on everything below it."""
    command = offered if isinstance(offered, click.Command) else _typer_command(name, offered)
    add_shared_options(command)
    add_manual(command, f"paystack {name}")
    return command


def _typer_command(name: str, offered: object) -> click.Command:
    """A function with typed parameters, or a Typer application that becomes a group."""
    import typer

    # click suggests names and completes words already.
    parent = typer.Typer(rich_markup_mode=None, suggest_commands=False, add_completion=False)
    # Without a callback Typer turns an application of one command into that command.
    parent.callback()(lambda: None)
    if isinstance(offered, typer.Typer):
        parent.add_typer(offered, name=name)
    elif callable(offered):
        parent.command(name)(offered)
    else:
        raise TypeError(f"{name} is neither a function nor a Typer nor a click command")
    tree = typer.main.get_command(parent)
    assert isinstance(tree, click.Group)  # noqa: S101 - it has a callback
    return tree.commands[name]
