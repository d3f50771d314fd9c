"""The timeline of a payment: a table with the time between the steps, or one JSON document."""

from datetime import datetime

import click
from rich.text import Text

from paystack_cli.clients.sanitize import sanitize
from paystack_cli.errors import ExitCode
from paystack_cli.output.console import plain_table, stdout_console
from paystack_cli.output.document import TIME_DECIMALS, print_document, versioned
from paystack_cli.trace.model import Source, Trace

_STYLES = {Source.DEAD_LETTER: "bold red", Source.REPLAY: "yellow", Source.LOG: "dim"}


def report_trace(trace: Trace, *, as_json: bool) -> ExitCode:
    """Print the trace; the exit code says whether the payment's way is whole."""
    if as_json:
        print_document(trace_document(trace))
    else:
        _print_table(trace)
    return ExitCode.CHECK_FAILED if trace.missing else ExitCode.OK


def trace_document(trace: Trace) -> dict[str, object]:
    """`paystack.trace/v1`."""
    payment = trace.facts.payment
    return versioned(
        "trace",
        ok=not trace.missing,
        payment={
            "id": payment.payment_id,
            "merchant": payment.merchant_id,
            "status": payment.status,
            "amount": payment.amount,
            "currency": payment.currency,
            "idempotency_key": sanitize(payment.idempotency_key),
        },
        steps=[
            {
                "at": step.at.isoformat(timespec="microseconds"),
                "after_s": round(after_s, TIME_DECIMALS),
                "source": step.source.value,
                "what": step.what,
                "event_id": step.event_id,
            }
            for step, after_s in zip(trace.steps, trace.gaps_s, strict=True)
        ],
        missing=[{"what": one.what, "next": one.next_command} for one in trace.missing],
        unread=list(trace.unread),
    )


def headline(trace: Trace) -> str:
    """The payment in one line."""
    payment = trace.facts.payment
    return (
        f"payment {payment.payment_id} of {payment.merchant_id}:"
        f" {payment.amount} {payment.currency}, {payment.status}"
    )


def between(after_s: float) -> str:
    """The time since the step before, as people read it."""
    if after_s < 1:
        return f"+{after_s * 1000:.1f} ms"
    return f"+{after_s:.1f} s"


def _print_table(trace: Trace) -> None:
    click.echo(headline(trace))
    table = plain_table()
    table.add_column("TIME (UTC)", no_wrap=True)
    table.add_column("AFTER", no_wrap=True, justify="right")
    table.add_column("SEEN IN", no_wrap=True)
    table.add_column("EVENT", no_wrap=True, justify="right")
    table.add_column("WHAT")
    day = None
    for step, after_s in zip(trace.steps, trace.gaps_s, strict=True):
        table.add_row(
            _time(step.at, day),
            between(after_s),
            Text(step.source.value, style=_STYLES.get(step.source, "")),
            str(step.event_id or ""),
            Text(step.what, style=_STYLES.get(step.source, "")),
        )
        day = step.at.date()
    stdout_console().print(table)
    for one in trace.missing:
        click.echo(f"missing: {one.what}\n  next: {one.next_command}")
    for line in trace.unread:
        click.echo(f"not read: {line}")
    if not trace.missing:
        click.echo("trace: nothing is missing" if not trace.unread else "trace: nothing else is")


def _time(at: datetime, day: object) -> str:
    shown = "%H:%M:%S.%f" if at.date() == day else "%Y-%m-%d %H:%M:%S.%f"
    return at.strftime(shown)[:-3]
