"""Options that say which servers are asked, for a stack that runs elsewhere."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from paystack_cli.commands.context import Context
from paystack_cli.errors import UsageError

if TYPE_CHECKING:
    from paystack_cli.clients.endpoints import Endpoints

Kafka = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT[,…]", help="The brokers to ask; also PAYSTACK_KAFKA_BOOTSTRAP."
    ),
]
Database = Annotated[
    str | None,
    typer.Option(
        metavar="USER@HOST:PORT/NAME",
        help="The database to ask; its password is PAYSTACK_DB_PASSWORD.",
    ),
]

_DATABASE = re.compile(r"(?P<USER>[^@:/]+)@(?P<HOST>[^@/]+):(?P<PORT>\d+)/(?P<NAME>[^@:/]+)")


def open_endpoints(
    run: Context, *, kafka: str | None = None, database: str | None = None
) -> "Endpoints":
    """Addresses and accounts of the servers; an option wins over the variables it stands for.

    Raises UsageError.
    """
    from paystack_cli.clients.endpoints import Endpoints

    given = {} if kafka is None else {"PAYSTACK_KAFKA_BOOTSTRAP": kafka}
    if database is not None:
        parts = _DATABASE.fullmatch(database)
        if parts is None:  # it may hold a password: not repeated
            raise UsageError(
                "--database is not USER@HOST:PORT/NAME",
                hint="PAYSTACK_DB_PASSWORD=… paystack … --database payuser@127.0.0.1:13306/paydb",
            )
        given |= {f"PAYSTACK_DB_{part}": value for part, value in parts.groupdict().items()}
    return Endpoints(run.stack, run.engine, {**run.settings.variables, **given})
