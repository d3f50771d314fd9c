"""`paystack completion`."""

from enum import StrEnum
from typing import Annotated

import typer


class Shell(StrEnum):
    """A shell that can be taught."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    ctx: typer.Context,
    shell: Annotated[Shell, typer.Argument(help="The shell that is to offer words.")],
) -> None:
    """Print the script that makes a shell offer commands, options and service names.

    Names of services and groups come from compose.yaml, those of dead-letter topics from the
    catalog; no server is asked.
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell.value)
    assert kind is not None  # noqa: S101 - click knows these three
    root = ctx.find_root()
    typer.echo(kind(root.command, {}, "paystack", "_PAYSTACK_COMPLETE").source())
