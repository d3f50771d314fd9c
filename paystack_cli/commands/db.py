"""`paystack db`."""

from typing import Annotated

import typer

from paystack_cli.commands.context import context_of
from paystack_cli.commands.take_over import has_terminal, take_over


def db(
    ctx: typer.Context,
    root: Annotated[
        bool, typer.Option("--root", help="As the database's root, not as the services' account.")
    ] = False,
    execute: Annotated[
        str | None, typer.Option("--execute", "-e", metavar="SQL", help="Run this and end.")
    ] = None,
) -> None:
    """Open the database's own client, logged in, where the database runs.

    Without -e it reads SQL from stdin, or from you when a terminal is there.
    """
    from paystack_cli.clients.endpoints import DATABASE_CHECK, service_of
    from paystack_cli.clients.mariadb_shell import ROOT, SERVICES, client_command

    run = context_of(ctx)
    service = service_of(run.stack, DATABASE_CHECK)
    command = client_command(run.engine, service, ROOT if root else SERVICES, execute=execute)
    take_over(run.engine.exec_line(service.name, command, terminal=has_terminal()))
