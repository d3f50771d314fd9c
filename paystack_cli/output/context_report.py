"""Measured contexts of the stack: tables on stdout."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import typer
from rich.table import Table
from rich.text import Text

from paystack_cli.byte_size import format_size
from paystack_cli.context.baseline import growth_percent
from paystack_cli.context.measurement import Amount
from paystack_cli.context.survey import SurveyedContext
from paystack_cli.output.console import plain_table, stdout_console
from paystack_cli.output.context_document import PERCENT_DECIMALS
from paystack_cli.output.context_files_report import printable
from paystack_cli.output.context_treemap import folder_bars
from paystack_cli.output.document import print_document

LARGEST_SHOWN = 3
"""Of each context, in the table."""


def report_contexts(contexts: Sequence[SurveyedContext], baseline: Mapping[str, Amount]) -> None:
    """Tables of what was measured."""
    console = stdout_console()
    console.print(_contexts(contexts, baseline))
    console.print(_services(contexts))
    console.print(_largest(contexts))
    console.print(folder_bars(contexts))


def report_baseline(
    path: Path,
    contexts: Sequence[SurveyedContext],
    written: Mapping[str, object],
    *,
    as_json: bool,
) -> None:
    """Say what was measured and written; as JSON, all that the baseline now holds."""
    if as_json:
        print_document(written)
        return
    for found in contexts:
        size = format_size(found.measurement.after.bytes)
        typer.echo(f"baseline: {found.name} {size}, {found.measurement.after.files} files")
    typer.echo(f"baseline: wrote {path}")


def _contexts(contexts: Sequence[SurveyedContext], baseline: Mapping[str, Amount]) -> Table:
    table = plain_table("CONTEXT", "WITHOUT", "FILES", "WITH", "FILES", "CUT", "BUDGET", "GROWTH")
    for found in contexts:
        measured = found.measurement
        growth = growth_percent(measured.after, baseline.get(found.name))
        over = found.budget_bytes is not None and measured.after.bytes > found.budget_bytes
        table.add_row(
            Text(found.name),
            format_size(measured.before.bytes),
            str(measured.before.files),
            Text(format_size(measured.after.bytes), style="bold red" if over else "green"),
            str(measured.after.files),
            f"{measured.cut_percent:.{PERCENT_DECIMALS}f} %",
            "-" if found.budget_bytes is None else format_size(found.budget_bytes),
            "-" if growth is None else f"{growth:+.{PERCENT_DECIMALS}f} %",
        )
    if len(contexts) > 1:
        _add_total(table, contexts)
    return table


def _add_total(table: Table, contexts: Sequence[SurveyedContext]) -> None:
    before = [found.measurement.before for found in contexts]
    after = [found.measurement.after for found in contexts]
    sizes = sum(amount.bytes for amount in before), sum(amount.bytes for amount in after)
    cut = 100 * (sizes[0] - sizes[1]) / sizes[0] if sizes[0] else 0.0
    table.add_row(
        Text("all", style="bold"),
        format_size(sizes[0]),
        str(sum(amount.files for amount in before)),
        format_size(sizes[1]),
        str(sum(amount.files for amount in after)),
        f"{cut:.{PERCENT_DECIMALS}f} %",
        "-",
        "-",
    )


def _services(contexts: Sequence[SurveyedContext]) -> Table:
    table = plain_table("SERVICE", "CONTEXT", "BUILDKIT", "RERUN", "CLASSIC")
    for found in contexts:
        for taken in found.services:
            table.add_row(
                Text(taken.service),
                Text(found.name),
                format_size(taken.buildkit_bytes),
                format_size(taken.rerun_bytes),
                format_size(taken.classic_bytes),
            )
    return table


def _largest(contexts: Sequence[SurveyedContext]) -> Table:
    table = plain_table("LARGEST", "BYTES")
    for found in contexts:
        for kept in found.measurement.largest[:LARGEST_SHOWN]:
            table.add_row(Text(printable(f"{found.name}/{kept.path}")), format_size(kept.bytes))
    return table
