"""Outbox rows as JSON documents or tables: a list, one row, what a change did."""

import json
from collections.abc import Sequence

import typer
from rich.text import Text

from paystack_cli.clients.sanitize import readable, sanitize
from paystack_cli.events.outbox_rows import OutboxRow
from paystack_cli.output.console import FittedTable, plain_table, stderr_console, stdout_console
from paystack_cli.output.document import print_document, versioned

PAYLOAD_CHARACTERS_MAX = 64 * 1024
ROWS_SHOWN_MAX = 50
"""Of a plan."""


def report_rows(rows: Sequence[OutboxRow], more: int | None, *, as_json: bool) -> None:
    """A list; `more` is the last event id when there may be further rows."""
    if as_json:
        print_document(
            versioned("outbox-list", rows=[row_document(row) for row in rows], after=more)
        )
        return
    if not rows:
        typer.echo("no rows")
        return
    stdout_console().print(_table(rows))
    if more is not None:
        typer.echo(f"more: --after {more}")


def row_document(row: OutboxRow) -> dict[str, object]:
    """One row, without its payload."""
    return {
        "event_id": row.event_id,
        "payment_id": row.payment_id,
        "event_type": row.event_type,
        "source": row.source,
        "state": row.state.value,
        "slice": row.slice,
        "attempts": row.attempts,
        "reason": None if row.last_error is None else sanitize(row.last_error),
        "created_at": row.created_at.isoformat(timespec="milliseconds"),
        "published_at": row.published_at and row.published_at.isoformat(timespec="milliseconds"),
        "traceparent": None if row.traceparent is None else sanitize(row.traceparent),
        "request_id": None if row.request_id is None else sanitize(row.request_id),
    }


def report_row(row: OutboxRow, applied_by: Sequence[str], *, as_json: bool) -> None:
    """One row in full, its payload masked."""
    payload = readable(_neat(row.payload or ""), PAYLOAD_CHARACTERS_MAX)
    if as_json:
        more = {"applied_by": list(applied_by), "payload": payload}
        print_document(versioned("outbox-show", **row_document(row), **more))
        return
    table = plain_table(header=False)
    told = {**row_document(row), "applied_by": ", ".join(applied_by) or "nobody"}
    for name, value in told.items():
        if value is not None:
            table.add_row(name.replace("_", " "), Text(str(value), overflow="fold"))
    stdout_console().print(table)
    typer.echo(f"\npayload:\n{payload}")


def show_rows(rows: Sequence[OutboxRow]) -> None:
    """What a change is about, on stderr, where the question is."""
    if rows:
        stderr_console().print(_table(rows[:ROWS_SHOWN_MAX]))
    if len(rows) > ROWS_SHOWN_MAX:
        typer.echo(f"and {len(rows) - ROWS_SHOWN_MAX} more", err=True)


def report_change(change: str, rows: Sequence[OutboxRow], changed: int, *, as_json: bool) -> None:
    """What was done; a relay may have been faster with some of the rows."""
    if as_json:
        asked = [row.event_id for row in rows]
        print_document(versioned("outbox-change", change=change, asked=asked, changed=changed))
        return
    late = "" if changed == len(rows) else f" ({len(rows) - changed} had changed meanwhile)"
    typer.echo(f"{change}: {changed} row(s){late}")


def _table(rows: Sequence[OutboxRow]) -> FittedTable:
    table = plain_table("EVENT", "PAYMENT", "TYPE", "STATE", "TRIES", "CREATED", "REASON")
    for row in rows:
        table.add_row(
            str(row.event_id),
            str(row.payment_id),
            Text(row.event_type),
            row.state.value,
            str(row.attempts),
            row.created_at.isoformat(timespec="milliseconds"),
            Text(sanitize(row.last_error or "-"), overflow="fold"),
        )
    return table


def _neat(payload: str) -> str:
    try:
        return json.dumps(json.loads(payload), indent=2, ensure_ascii=False)
    except ValueError:
        return payload
