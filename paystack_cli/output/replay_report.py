"""Plans, replays, discards and their history: one JSON document or tables on stdout."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import typer
from rich.table import Table
from rich.text import Text

from paystack_cli.clients.sanitize import sanitize
from paystack_cli.events.letter import Place
from paystack_cli.output.console import plain_table, stderr_console, stdout_console
from paystack_cli.output.document import TIME_DECIMALS, print_document, versioned
from paystack_cli.output.verbosity import Verbosity
from paystack_cli.replay.apply import Progress
from paystack_cli.replay.discard import Discarded
from paystack_cli.replay.history import Told
from paystack_cli.replay.judgement import Verdict
from paystack_cli.replay.ledger import Entry
from paystack_cli.replay.letters import Letter
from paystack_cli.replay.plan import Plan, PlannedLetter

ROWS_MAX = 50
"""Of a table; the plan's file and the JSON document have all."""

_STYLES = {
    Verdict.REPLAY: "green",
    Verdict.WARN: "bold yellow",
    Verdict.SKIP: "dim",
    Verdict.REFUSE: "bold red",
}


def report_plan(plan: Plan, path: Path, *, as_json: bool) -> None:
    """A new plan; its document is the file's content."""
    if as_json:
        print_document(plan.document())
        return
    stdout_console().print(_letters_table(plan.letters))
    _tell_more(len(plan.letters))
    typer.echo(
        f"plan: {_counts(plan)}; written to {path}, good until"
        f" {plan.expires_at.isoformat(timespec='seconds')}; nothing was sent"
    )


def show_pending(plan: Plan, waiting: Mapping[Place, PlannedLetter]) -> None:
    """What `apply` is about to do, on stderr, where the question is."""
    if waiting:
        stderr_console().print(_letters_table(list(waiting.values())))
    warned = sum(letter.verdict is Verdict.WARN for letter in plan.letters)
    left_out = "" if not warned else "; what has a warning goes with --accept-warnings only"
    typer.echo(
        f"plan {plan.plan_id} by {plan.made_by}: {_counts(plan)}; {len(waiting)} still to be"
        f" replayed{left_out}",
        err=True,
    )


def telling(verbosity: Verbosity) -> Callable[[Progress], None]:
    """Writes one line to stderr after every transaction."""

    def tell(progress: Progress) -> None:
        if verbosity is not Verbosity.QUIET:
            done = progress.handled_before + len(progress.replayed)
            typer.echo(f"replayed {done} of {progress.chosen}", err=True)

    return tell


def report_applied(plan: Plan, progress: Progress, *, as_json: bool) -> None:
    """What was replayed in this run, and what before."""
    edited = sum(letter.edit is not None for letter in progress.replayed)
    if as_json:
        print_document(
            versioned(
                "dlq-apply",
                plan_id=plan.plan_id,
                chosen=progress.chosen,
                handled_before=progress.handled_before,
                replayed=len(progress.replayed),
                edited=edited,
                canaries_s=_rounded(progress.canaries_s),
                letters=[
                    {**_place(letter.place), "replay_id": letter.replay_id}
                    for letter in progress.replayed
                ],
            )
        )
        return
    canaries = (
        ""
        if progress.canaries_s is None
        else f"; the canaries were applied after {progress.canaries_s:.1f} s"
    )
    typer.echo(
        f"apply: {len(progress.replayed)} replayed ({edited} edited), {progress.handled_before}"
        f" had been handled before{canaries}"
    )


def show_letters(letters: Iterable[Letter]) -> None:
    """The letters that a question is about, on stderr."""
    for letter in letters:
        origin = letter.origin
        typer.echo(
            f"{letter.place}: {origin.event_type or 'no event'} {origin.event_id or ''}"
            f" of {sanitize((letter.key or b'').decode('utf-8', 'replace')) or 'no key'}:"
            f" {origin.message or 'no reason'}",
            err=True,
        )


def report_discarded(done: Discarded, *, as_json: bool) -> None:
    """What was set aside, and what the ledger had already."""
    if as_json:
        print_document(
            versioned(
                "dlq-discard",
                discarded=[_entry_document(entry) for entry in done.written],
                standing=[_entry_document(entry) for entry in done.standing],
            )
        )
        return
    for entry in done.standing:
        typer.echo(f"{entry.letter}: {entry.outcome} before, by {entry.by}, at {_iso(entry)}")
    typer.echo(f"discard: {len(done.written)} letter(s) set aside; nothing was deleted")


def report_history(told: Sequence[Told], *, as_json: bool) -> None:
    """The replay ledger, oldest first."""
    if as_json:
        entries = [{**_entry_document(one.entry), "applied": one.applied} for one in told]
        print_document(versioned("dlq-history", entries=entries))
        return
    table = plain_table("AT", "BY", "LETTER", "EVENT", "PAYMENT", "OUTCOME", "WHY OR WHERE TO")
    for one in told:
        entry = one.entry
        table.add_row(
            _iso(entry),
            Text(entry.by),
            Text(str(entry.letter)),
            Text(f"{_or_dash(entry.event_type)} {_or_dash(entry.event_id)}"),
            _or_dash(entry.payment_id),
            _outcome(one),
            Text(
                sanitize(entry.reason or f"{entry.target}, replay {entry.count}"), overflow="fold"
            ),
        )
    stdout_console().print(table)


def _outcome(one: Told) -> str:
    said = f"{one.entry.outcome}{', edited' if one.entry.edited else ''}"
    return said if one.applied is None else f"{said}, {'applied' if one.applied else 'not applied'}"


def _letters_table(letters: Sequence[PlannedLetter]) -> Table:
    table = plain_table("LETTER", "EVENT", "PAYMENT", "IS", "TO", "VERDICT", "WHY")
    for letter in letters[:ROWS_MAX]:
        table.add_row(
            Text(str(letter.place)),
            Text(f"{_or_dash(letter.event_type)} {_or_dash(letter.event_id)}"),
            _or_dash(letter.payment_id),
            _or_dash(letter.payment_status),
            Text(f"{_or_dash(letter.target_topic)} {_or_dash(letter.target_partition)}"),
            Text(letter.verdict, style=_STYLES[letter.verdict]),
            Text(sanitize("; ".join(letter.reasons)), overflow="fold"),
        )
    return table


def _tell_more(count: int) -> None:
    if count > ROWS_MAX:
        typer.echo(f"and {count - ROWS_MAX} more")


def _counts(plan: Plan) -> str:
    return ", ".join(f"{plan.counts[verdict]} {verdict}" for verdict in Verdict)


def _entry_document(entry: Entry) -> dict[str, object]:
    return {
        **_place(entry.letter),
        "event_id": entry.event_id,
        "event_type": entry.event_type,
        "payment_id": entry.payment_id,
        "outcome": entry.outcome,
        "at": _iso(entry),
        "by": entry.by,
        "plan_id": entry.plan,
        "replay_id": entry.replay_id,
        "replay_count": entry.count,
        "edited": entry.edited,
        "target_topic": entry.target,
        "reason": entry.reason,
    }


def _place(place: Place) -> dict[str, object]:
    return {"topic": place.topic, "partition": place.partition, "offset": place.offset}


def _iso(entry: Entry) -> str:
    return entry.at.isoformat(timespec="milliseconds")


def _or_dash(value: object) -> str:
    return "-" if value is None else str(value)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, TIME_DECIMALS)
