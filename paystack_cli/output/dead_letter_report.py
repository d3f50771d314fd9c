"""Dead letters: what the topics hold by cause, lists of letters, one letter in full."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress

import typer
from rich.text import Text

from paystack_cli.clients.sanitize import readable
from paystack_cli.events.browse import Recovered
from paystack_cli.events.dead_letter_headers import Header
from paystack_cli.events.fate import State
from paystack_cli.events.grouping import Cause, Tally
from paystack_cli.events.inspection import Inspection
from paystack_cli.events.letter import DeadLetter, Place, shown_key
from paystack_cli.output.console import FittedTable, plain_table, stdout_console
from paystack_cli.output.document import TIME_DECIMALS, print_document, versioned
from paystack_cli.output.letter_document import (
    about,
    headers_document,
    iso,
    letter_document,
    line,
)

NO_REASON = "(no exception header)"
GROUPS_SHOWN_MAX = 20
"""Largest groups in the table; the JSON document has all that are kept apart."""
VALUE_CHARACTERS_MAX = 64 * 1024
"""Of a value or a stack trace that is shown."""
VALUE_JSON_BYTES_MAX = 1024 * 1024
"""A larger value is not parsed to print it neatly."""

Latest = Mapping[str, Sequence[DeadLetter]]
"""By topic, the newest first."""


def report_inspection(
    inspection: Inspection, latest: Latest, exceeded: Sequence[str], *, as_json: bool
) -> None:
    """Tell what was found; `exceeded` are the limits that it breaks."""
    if as_json:
        print_document(inspection_document(inspection, latest, exceeded))
        return
    console = stdout_console()
    console.print(_topics_table(inspection))
    if inspection.tallies:
        console.print(_groups_table(inspection.tallies))
    for topic, letters in latest.items():
        if letters:
            console.print(_letters_table(f"the newest of {topic}", letters))


def inspection_document(
    inspection: Inspection, latest: Latest, exceeded: Sequence[str]
) -> dict[str, object]:
    """`paystack.dlq-inspect/v1`, described in docs/schemas."""
    totals = {topic: inspection.total(topic) for topic in inspection.topics}
    return versioned(
        "dlq-inspect",
        ok=not exceeded,
        exceeded=list(exceeded),
        dead=sum(total.count for total in totals.values()),
        topics=[
            {
                "topic": topic,
                **_counted(total),
                **{state.value: inspection.total(topic, state).count for state in State},
                "reasons": dict(_reasons(inspection, topic).most_common()),
                "latest": [about(letter) for letter in latest.get(topic, ())],
            }
            for topic, total in totals.items()
        ],
        groups=[_group_document(cause, tally) for cause, tally in inspection.tallies],
    )


def _counted(tally: Tally) -> dict[str, object]:
    return {
        "count": tally.count,
        "rate_per_h": round(tally.rate_per_h, TIME_DECIMALS),
        "first_at": iso(tally.first_at),
        "last_at": iso(tally.last_at),
    }


def _group_document(cause: Cause, tally: Tally) -> dict[str, object]:
    return {
        "topic": cause.topic,
        "fingerprint": cause.fingerprint.id,
        "exception": cause.fingerprint.exception,
        "event_type": cause.fingerprint.event_type,
        "message": cause.fingerprint.message,
        "consumer": cause.consumer,
        "original_topic": cause.original_topic,
        "state": cause.state,
        **_counted(tally),
        "sample": tally.sample and f"{tally.sample.partition}:{tally.sample.offset}",
    }


def _reasons(inspection: Inspection, topic: str) -> Counter[str]:
    reasons: Counter[str] = Counter()
    for cause, tally in inspection.tallies:
        if cause.topic == topic:
            reasons[cause.fingerprint.exception or NO_REASON] += tally.count
    return reasons


def _topics_table(inspection: Inspection) -> FittedTable:
    table = plain_table("TOPIC", "DEAD", "WAITING", "LAST HOUR", "FIRST", "LAST", "REASONS")
    for topic in inspection.topics:
        total = inspection.total(topic)
        reasons = _reasons(inspection, topic).most_common()
        table.add_row(
            Text(topic),
            str(total.count),
            str(inspection.total(topic, State.WAITING).count),
            str(total.recent),
            iso(total.first_at) or "-",
            iso(total.last_at) or "-",
            Text(", ".join(f"{name} x{count}" for name, count in reasons) or "-", overflow="fold"),
        )
    return table


def _groups_table(tallies: Sequence[tuple[Cause, Tally]]) -> FittedTable:
    table = plain_table("CAUSE", "STATE", "DEAD", "FROM", "CONSUMER", "EVENT", "LETTER", "REASON")
    table.title, table.title_justify = "\nby cause", "left"
    for cause, tally in tallies[:GROUPS_SHOWN_MAX]:
        found = cause.fingerprint
        table.add_row(
            found.id,
            cause.state,
            str(tally.count),
            Text(cause.original_topic or "-"),
            Text(cause.consumer or "-"),
            Text(found.event_type or "-"),
            "-" if tally.sample is None else place_text(tally.sample),
            Text(f"{found.exception or '-'}: {found.message or '-'}", overflow="fold"),
        )
    if len(tallies) > GROUPS_SHOWN_MAX:
        table.caption = f"{len(tallies) - GROUPS_SHOWN_MAX} more: --output json"
        table.caption_justify = "left"
    return table


def report_list(letters: Sequence[DeadLetter], cursor: str | None, *, as_json: bool) -> None:
    """A page of letters; `cursor` is where the next one begins."""
    if as_json:
        print_document(list_document(letters, cursor))
        return
    if not letters:
        typer.echo("no letters")
        return
    console = stdout_console()
    topics = dict.fromkeys(letter.place.topic for letter in letters)
    for topic in topics:
        of_topic = [letter for letter in letters if letter.place.topic == topic]
        console.print(_letters_table(topic, of_topic))
    if cursor is not None:
        typer.echo(f"more: --from {cursor}")


def list_document(letters: Sequence[DeadLetter], cursor: str | None) -> dict[str, object]:
    """`paystack.dlq-list/v1`, described in docs/schemas."""
    return versioned("dlq-list", letters=[about(letter) for letter in letters], cursor=cursor)


def _letters_table(title: str, letters: Sequence[DeadLetter]) -> FittedTable:
    table = plain_table("AT", "LETTER", "STATE", "KEY", "EVENT", "FROM", "REASON")
    table.title, table.title_justify = f"\n{title}", "left"
    for letter in letters:
        origin = letter.origin
        table.add_row(
            iso(letter.at) or "-",
            place_text(letter.place),
            letter.fate.state,
            Text(letter.shown_key or "-"),
            Text(origin.event_type or "-"),
            Text(_from(letter)),
            Text(f"{origin.exception or '-'}: {origin.message or '-'}", overflow="fold"),
        )
    return table


def report_arrival(letter: DeadLetter, *, as_json: bool) -> None:
    """One line for a letter that has just arrived."""
    if as_json:
        typer.echo(line(letter_document(letter)))
        return
    origin = letter.origin
    typer.echo(
        f"{iso(letter.at) or '-'}  {letter.place}  key {letter.shown_key or '-'}"
        f"  {origin.event_type or '-'}  from {_from(letter)}"
        f"  {origin.exception or '-'}: {origin.message or '-'}"
    )


def report_letter(letter: DeadLetter, original: Recovered | None, *, as_json: bool) -> None:
    """One letter in full: every header decoded, the value neatly printed, all of it masked."""
    if as_json:
        print_document(letter_document(letter, original=original))
        return
    table = plain_table(header=False)
    for name, value in about(letter).items():
        if value is not None:
            table.add_row(name.replace("_", " "), Text(str(value), overflow="fold"))
    console = stdout_console()
    console.print(table)
    _section("headers", "\n".join(_header_lines(letter.headers)))
    _section("value", _neat(letter.value))
    if letter.stacktrace is not None:
        _section("stack trace", readable(letter.stacktrace, VALUE_CHARACTERS_MAX))
    if original is not None:
        _section("the original record", "\n".join(_original_lines(original)))


def _section(title: str, text: str) -> None:
    typer.echo(f"\n{title}:")
    for each in text.splitlines() or ["(none)"]:
        typer.echo(f"  {each}")


def _header_lines(headers: Sequence[Header]) -> list[str]:
    return [f"{header['name']}: {header['value']}" for header in headers_document(headers)]


def _original_lines(original: Recovered) -> list[str]:
    if original.gone is not None:
        return [f"gone: {original.gone}"]
    return [f"key: {shown_key(original.key)}", *_header_lines(original.headers)]


def _neat(value: bytes | None) -> str:
    if value is None:
        return ""
    text = value.decode("utf-8", "replace")
    if len(value) <= VALUE_JSON_BYTES_MAX:
        with suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return readable(text, VALUE_CHARACTERS_MAX)


def _from(letter: DeadLetter) -> str:
    origin = letter.origin
    return f"{origin.topic or '-'} {_or_dash(origin.partition)}@{_or_dash(origin.offset)}"


def place_text(place: Place) -> str:
    """As the commands take it."""
    return f"{place.partition}:{place.offset}"


def _or_dash(number: int | None) -> str:
    return "-" if number is None else str(number)
