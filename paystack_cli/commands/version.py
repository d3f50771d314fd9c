"""`paystack version`."""

import json
import platform
from importlib.metadata import version as installed_version

import typer

from paystack_cli.commands.context import OutputFormat, context_of


def version(ctx: typer.Context) -> None:
    """Show the version of paystack and of the Python it runs on."""
    versions = {"paystack": installed_version("paystack"), "python": platform.python_version()}
    if context_of(ctx).output is OutputFormat.JSON:
        typer.echo(json.dumps({"schema": "paystack.version/v1", **versions}, indent=2))
    else:
        typer.echo(" ".join(f"{name} {value}" for name, value in versions.items()))
