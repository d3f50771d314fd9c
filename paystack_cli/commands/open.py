"""`paystack open`."""

import sys
import webbrowser
from collections.abc import Mapping
from typing import Annotated

import typer

from paystack_cli.commands.completions import service_names
from paystack_cli.commands.context import context_of

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


def open(
    ctx: typer.Context,
    service: Annotated[
        str,
        typer.Argument(help="A service that runs and has a page.", autocompletion=service_names),
    ],
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address.")
    ] = False,
) -> None:
    """Show a service's page in the browser; print its address in any case.

    The page is `x-paystack.page` of the service in compose.yaml. Without a display, or with
    --no-browser, only the address is printed.
    """
    from paystack_cli.clients.page import page_url
    from paystack_cli.output.document import print_document, versioned
    from paystack_cli.stack.selection import one_service

    run = context_of(ctx)
    name = one_service(run.stack, service)
    url = page_url(run.stack, run.engine, name)
    shown = not no_browser and _has_display(run.settings.variables) and webbrowser.open(url)
    if run.as_json:
        print_document(versioned("open", service=name, url=url, shown=shown))
    else:
        typer.echo(url)


def _has_display(variables: Mapping[str, str]) -> bool:
    """Elsewhere a browser would be one of text, within this terminal."""
    return sys.platform == "darwin" or any(variables.get(name) for name in DISPLAYS)
