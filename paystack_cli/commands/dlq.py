"""`paystack dlq`."""

from typing import Annotated

import typer

from paystack_cli.commands.context import OutputFormat, context_of

dlq = typer.Typer(help="Dead-letter topics: what died and why.", no_args_is_help=True)


@dlq.callback()
def _group() -> None:
    """Without a callback Typer turns a group of one command into that command."""


@dlq.command()
def inspect(
    ctx: typer.Context,
    topics: Annotated[
        list[str] | None, typer.Argument(help="Dead-letter topics; all when none is named.")
    ] = None,
    last: Annotated[
        int, typer.Option(min=0, max=1000, help="How many of the newest letters to show a topic.")
    ] = 5,
    max_dead: Annotated[
        int | None, typer.Option(min=0, help="Exit 6 when a topic holds more letters.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds for reading all topics.")] = 60.0,
) -> None:
    """Count the dead letters of each topic and show the newest ones with their reasons.

    Reads only: no group is joined, no offset committed.
    """
    from paystack_cli.clients.endpoints import Endpoints
    from paystack_cli.errors import ThresholdExceeded
    from paystack_cli.events.dead_letters import breaches, choose_topics, read_summaries
    from paystack_cli.output.dead_letter_report import report

    run = context_of(ctx)
    chosen = choose_topics(run.stack.catalog, topics or ())
    kafka = Endpoints(run.stack, run.engine, run.settings.variables).kafka()
    summaries = read_summaries(kafka, chosen, latest_max=last, timeout_s=timeout)
    exceeded = list(breaches(summaries, max_dead=max_dead))
    report(summaries, exceeded, as_json=run.output is OutputFormat.JSON)
    if exceeded:
        raise ThresholdExceeded("; ".join(exceeded), hint="paystack dlq inspect --last 20")
