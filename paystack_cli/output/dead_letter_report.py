"""Dead-letter topics as one JSON document or tables on stdout."""

from collections.abc import Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from paystack_cli.events.dead_letters import DeadLetter, TopicSummary
from paystack_cli.output.console import plain_table, stdout_console
from paystack_cli.output.document import print_document, versioned


def report(summaries: Sequence[TopicSummary], exceeded: Sequence[str], *, as_json: bool) -> None:
    """Tell `summaries`; `exceeded` are the limits that they break."""
    if as_json:
        print_document(document(summaries, exceeded))
        return
    console = stdout_console()
    console.print(_topics_table(summaries))
    for summary in summaries:
        if summary.latest:
            console.print(_letters_table(summary))


def document(summaries: Sequence[TopicSummary], exceeded: Sequence[str]) -> dict[str, object]:
    """`paystack.dlq-inspect/v1`, described in docs/schemas."""
    return versioned(
        "dlq-inspect",
        ok=not exceeded,
        exceeded=list(exceeded),
        dead=sum(summary.count for summary in summaries),
        topics=[
            {
                "topic": summary.topic,
                "count": summary.count,
                "first_at": _iso(summary.first_at),
                "last_at": _iso(summary.last_at),
                "reasons": dict(summary.reasons.most_common()),
                "latest": [_letter_document(letter) for letter in summary.latest],
            }
            for summary in summaries
        ],
    )


def _letter_document(letter: DeadLetter) -> dict[str, object]:
    origin = letter.origin
    return {
        "partition": letter.partition,
        "offset": letter.offset,
        "at": _iso(letter.at),
        "key": letter.key,
        "event_id": origin.event_id,
        "event_type": origin.event_type,
        "original_topic": origin.topic,
        "original_partition": origin.partition,
        "original_offset": origin.offset,
        "exception": origin.exception,
        "message": origin.message,
    }


def _topics_table(summaries: Sequence[TopicSummary]) -> Table:
    table = plain_table("TOPIC", "DEAD", "FIRST", "LAST", "REASONS")
    for summary in summaries:
        reasons = ", ".join(f"{name} x{count}" for name, count in summary.reasons.most_common())
        table.add_row(
            Text(summary.topic),
            str(summary.count),
            _iso(summary.first_at) or "-",
            _iso(summary.last_at) or "-",
            Text(reasons or "-", overflow="fold"),
        )
    return table


def _letters_table(summary: TopicSummary) -> Table:
    table = plain_table("AT", "LETTER", "KEY", "EVENT", "FROM", "REASON")
    table.title, table.title_justify = f"\nthe newest of {summary.topic}", "left"
    for letter in summary.latest:
        origin = letter.origin
        table.add_row(
            _iso(letter.at) or "-",
            f"{letter.partition}@{letter.offset}",
            Text(letter.key or "-"),
            Text(origin.event_type or "-"),
            Text(f"{origin.topic or '-'} {_or_dash(origin.partition)}@{_or_dash(origin.offset)}"),
            Text(f"{origin.exception or '-'}: {origin.message or '-'}", overflow="fold"),
        )
    return table


def _or_dash(number: int | None) -> str:
    return "-" if number is None else str(number)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds") if at else None
