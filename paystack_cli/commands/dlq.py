"""`paystack dlq`: dead-letter topics, read without joining a group or moving an offset."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paystack_cli.commands import replay
from paystack_cli.commands.context import Context, context_of
from paystack_cli.commands.letter_options import Since, Timeout, Topic, Topics, Where, selected
from paystack_cli.commands.server_options import Kafka, open_endpoints

if TYPE_CHECKING:
    from paystack_cli.clients.kafka import KafkaEndpoint
    from paystack_cli.events.selection import Selection

dlq = typer.Typer(help="Dead-letter topics: what died and why.", no_args_is_help=True)


@dlq.command()
def inspect(
    ctx: typer.Context,
    topics: Topics = None,
    last: Annotated[
        int, typer.Option(min=0, max=1000, help="How many of the newest letters to show a topic.")
    ] = 5,
    since: Since = None,
    where: Where = None,
    max_dead: Annotated[
        int | None, typer.Option(min=0, help="Exit 6 when more letters wait in a topic.")
    ] = None,
    max_age: Annotated[
        float | None, typer.Option(min=0, help="Exit 6 when one that waits is older (seconds).")
    ] = None,
    new_fingerprint: Annotated[
        Path | None,
        typer.Option(metavar="BASELINE", help="Exit 6 for a cause that is not in this file."),
    ] = None,
    write_baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the causes of now to this file.")
    ] = None,
    timeout: Timeout = 60.0,
    kafka: Kafka = None,
) -> None:
    """Count dead letters by cause, and show the newest ones.

    Reads only: no group is joined, no offset committed.
    """
    from paystack_cli.errors import ThresholdExceeded
    from paystack_cli.events import dead_letters
    from paystack_cli.events.browse import newest_of
    from paystack_cli.events.inspection import inspect as read_all
    from paystack_cli.output.dead_letter_report import report_inspection
    from paystack_cli.replay.fates import Fates

    run = context_of(ctx)
    endpoint, chosen, selection = _meant(run, topics, since, where, kafka)
    known = None if new_fingerprint is None else dead_letters.read_baseline(new_fingerprint)
    fates = Fates.read(endpoint, chosen)
    found = read_all(endpoint, chosen, selection, fates, timeout)
    latest = {
        topic: tuple(map(fates.marked, letters))
        for topic, letters in newest_of(endpoint, chosen, selection, last, timeout).items()
    }
    exceeded = list(
        dead_letters.breaches(found, max_dead=max_dead, max_age_s=max_age, baseline=known)
    )
    if write_baseline is not None:
        dead_letters.write_baseline(write_baseline, found)
    report_inspection(found, latest, exceeded, as_json=run.as_json)
    if exceeded:
        raise ThresholdExceeded("; ".join(exceeded), hint="paystack dlq inspect --last 20")


@dlq.command("list")
def list_letters(
    ctx: typer.Context,
    topics: Topics = None,
    oldest: Annotated[
        bool, typer.Option("--oldest", help="The oldest first; the newest otherwise.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many letters.")] = 20,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="CURSOR", help="Where a page before this one ended."),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Show letters as they arrive, until interrupted.")
    ] = False,
    since: Since = None,
    where: Where = None,
    timeout: Timeout = 60.0,
    kafka: Kafka = None,
) -> None:
    """List dead letters by time, page by page, or as they arrive.

    A full page ends with the cursor of the next one, for --from. Reads only: no group is joined, no
    offset committed.
    """
    from paystack_cli.events import browse
    from paystack_cli.events.cursor import cursor_of, since_cursor
    from paystack_cli.events.topic_reader import kept
    from paystack_cli.output.dead_letter_report import report_arrival, report_list
    from paystack_cli.replay.fates import Fates

    run = context_of(ctx)
    endpoint, chosen, selection = _meant(run, topics, since, where, kafka)
    fates = Fates.read(endpoint, chosen)
    if follow:
        for letter in browse.follow(endpoint, chosen, selection):
            report_arrival(fates.marked(letter), as_json=run.as_json)
        return
    spans = kept(endpoint, chosen, since_ms=selection.since_ms)
    if start is not None:
        spans = since_cursor(spans, start, newest=not oldest)
    page = browse.page(
        endpoint, spans, selection, limit=limit, newest=not oldest, timeout_s=timeout
    )
    more = cursor_of(page.rest, newest=not oldest) if len(page.letters) == limit else None
    report_list(list(map(fates.marked, page.letters)), more, as_json=run.as_json)


@dlq.command()
def show(
    ctx: typer.Context,
    topic: Topic,
    letter: Annotated[str, typer.Argument(metavar="PARTITION:OFFSET", help="The letter in it.")],
    kafka: Kafka = None,
) -> None:
    """Show one letter in full: key, headers, value, stack trace.

    Every header is decoded, card numbers are masked. Of a letter whose body is a JSON envelope, key
    and headers of the original record are read where it lay, as long as they are kept there.
    """
    from paystack_cli.errors import UsageError
    from paystack_cli.events.browse import find, recover
    from paystack_cli.events.letter import Place
    from paystack_cli.output.dead_letter_report import report_letter
    from paystack_cli.replay.fates import Fates

    run = context_of(ctx)
    place = Place.parse(topic, letter)
    endpoint = open_endpoints(run, kafka=kafka).kafka()
    found = find(endpoint, place)
    if found is None:
        raise UsageError(f"there is no letter {place}", hint=f"paystack dlq list {topic}")
    original = recover(endpoint, found.origin) if found.envelope is not None else None
    report_letter(Fates.read(endpoint, [topic]).marked(found), original, as_json=run.as_json)


@dlq.command()
def export(
    ctx: typer.Context,
    to: Annotated[Path, typer.Option(metavar="FILE", help="A new file, for its owner alone.")],
    topics: Topics = None,
    unmasked: Annotated[
        bool, typer.Option("--unmasked", help="With the exact bytes, card numbers included.")
    ] = False,
    since: Since = None,
    where: Where = None,
    timeout: Timeout = 60.0,
    kafka: Kafka = None,
) -> None:
    """Write dead letters to FILE, one JSON object a line.

    Masked by default, and then not for import: a masked value is another one. With --unmasked each
    line also has the record's exact bytes.
    """
    from paystack_cli.events.export import export_file
    from paystack_cli.events.letter import DeadLetter
    from paystack_cli.events.topic_reader import kept, read
    from paystack_cli.output.letter_document import letter_document, line
    from paystack_cli.replay.fates import Fates

    run = context_of(ctx)
    endpoint, chosen, selection = _meant(run, topics, since, where, kafka)
    spans = kept(endpoint, chosen, since_ms=selection.since_ms)
    fates = Fates.read(endpoint, chosen)
    count = 0
    with export_file(to) as file:
        for batch in read(endpoint, spans, timeout):
            for message in selection.select(batch):
                letter = fates.marked(DeadLetter.of(message))
                file.write(line(letter_document(letter, unmasked=unmasked)) + "\n")
                count += 1
    kind = "unmasked: keep it from others" if unmasked else "masked: for reading, not for import"
    typer.echo(f"{count} letter(s) written to {to}, {kind}", err=True)


def _meant(
    run: Context,
    topics: list[str] | None,
    since: str | None,
    where: list[str] | None,
    kafka: str | None,
) -> "tuple[KafkaEndpoint, Sequence[str], Selection]":
    """The brokers, the topics and the letters of them that a command line means."""
    from paystack_cli.events.dead_letters import any_topics

    chosen, selection = any_topics(run.stack.catalog, topics or ()), selected(since, where)
    return open_endpoints(run, kafka=kafka).kafka(), chosen, selection


replay.register(dlq)
