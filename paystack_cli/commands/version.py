"""`paystack version`."""

import platform
from importlib.metadata import version as installed_version

import typer

from paystack_cli.commands.context import OutputFormat, context_of


def version(ctx: typer.Context) -> None:
    """Show the version of paystack and of the Python it runs on."""
    from paystack_cli.output.document import print_document, versioned

    versions = {"paystack": installed_version("paystack"), "python": platform.python_version()}
    if context_of(ctx).output is OutputFormat.JSON:
        print_document(versioned("version", **versions))
    else:
        typer.echo(" ".join(f"{name} {value}" for name, value in versions.items()))
