"""`paystack watch`."""

import sys
import time
from typing import Annotated

import typer

from paystack_cli.commands.context import context_of
from paystack_cli.commands.selection_options import Exclude, Groups, Only, Services, asked
from paystack_cli.errors import UsageError

DEFAULT_INTERVAL_S = 2.0


def watch(
    ctx: typer.Context,
    services: Services = None,
    only: Only = None,
    group: Groups = None,
    exclude: Exclude = None,
    interval: Annotated[
        float, typer.Option(min=0.5, help="Seconds from one look to the next.")
    ] = DEFAULT_INTERVAL_S,
    once: Annotated[
        bool, typer.Option("--once", help="Look once, print what was seen and end.")
    ] = False,
) -> None:
    """Watch services, outbox, lag, circuit breakers and dead letters on a full screen.

    Keys: q ends it, the arrows scroll. Changes nothing. With --output json one document a line.
    """
    from paystack_cli.output.console import stdout_console
    from paystack_cli.output.document import print_document, print_document_line
    from paystack_cli.output.screen import show
    from paystack_cli.output.terminal import is_screen
    from paystack_cli.output.watch_report import document, screen
    from paystack_cli.stack.selection import EVERYTHING, select_exactly
    from paystack_cli.watch.watch import Watch

    run = context_of(ctx)
    wish = asked(services, only, group, exclude)
    names = () if wish == EVERYTHING else select_exactly(run.stack, wish).services
    as_json = run.as_json
    if not (once or as_json or (is_screen(sys.stdin) and is_screen(sys.stdout))):
        raise UsageError(
            "there is no terminal to watch on", hint="paystack watch --once, or --output json"
        )
    about = {"stack": run.stack.name, "engine": run.engine.name}
    with Watch(run.stack, run.engine, run.settings.variables, names, interval) as watched:
        if once or as_json:
            watched.wait_for_first()
        if once and as_json:
            print_document(document(watched.picture(), **about))
        elif once:
            stdout_console().print(screen(watched.picture(), **about))
        elif as_json:
            while True:
                print_document_line(document(watched.picture(), **about))
                time.sleep(interval)
        else:
            show(lambda: screen(watched.picture(), **about))
