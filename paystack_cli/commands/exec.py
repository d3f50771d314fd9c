"""`paystack exec`."""

from typing import Annotated

import typer

from paystack_cli.commands.completions import service_names
from paystack_cli.commands.context import context_of
from paystack_cli.commands.take_over import has_terminal, take_over

SHELL = "sh"


def exec(
    ctx: typer.Context,
    service: Annotated[
        str, typer.Argument(help="A service that runs.", autocompletion=service_names)
    ],
    command: Annotated[
        list[str] | None, typer.Argument(help="The command, after --; a shell when not given.")
    ] = None,
) -> None:
    """Run a command in a running service: its environment, its folder, its network.

    In its container, or with the local engine on this machine. The exit code is the command's.
    """
    from paystack_cli.stack.selection import one_service

    run = context_of(ctx)
    name = one_service(run.stack, service)
    take_over(run.engine.exec_line(name, command or [SHELL], terminal=has_terminal()))
