"""`paystack version`."""

import platform

import typer

from paystack_cli import __version__
from paystack_cli.commands.context import context_of


def version(ctx: typer.Context) -> None:
    """Show the version of paystack and of the Python it runs on."""
    from paystack_cli.output.document import print_document, versioned

    versions = {"paystack": __version__, "python": platform.python_version()}
    if context_of(ctx).as_json:
        print_document(versioned("version", **versions))
    else:
        typer.echo(" ".join(f"{name} {value}" for name, value in versions.items()))
