"""`paystack merchants`: how many payments each merchant has."""

from typing import Annotated

import typer

from paystack_cli.plugins.contract import context_of, open_site

PLUGIN_API = 1

COUNT = "SELECT JSON_ARRAY(merchant_id, COUNT(*)) FROM payment GROUP BY merchant_id"


def merchants(
    ctx: typer.Context,
    at_least: Annotated[int, typer.Option(min=0, help="Leave out those with fewer.")] = 0,
) -> None:
    """Show how many payments each merchant has."""
    site = open_site(context_of(ctx))
    [rows] = site.reach.database().run([COUNT], timeout_s=10)
    for merchant, payments in rows:
        if payments >= at_least:
            typer.echo(f"{merchant} {payments}")
