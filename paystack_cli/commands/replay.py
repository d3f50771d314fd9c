"""`paystack dlq replay`, `apply`, `discard`, `history`: dead letters sent again, or set aside."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paystack_cli.commands.consent import Yes, confirm
from paystack_cli.commands.context import Context, context_of
from paystack_cli.commands.letter_options import Since, Timeout, Topic, Topics, Where, selected
from paystack_cli.commands.server_options import Database, Kafka, open_endpoints
from paystack_cli.errors import UsageError

if TYPE_CHECKING:
    from paystack_cli.replay.letters import Letter
    from paystack_cli.replay.site import Site

PlanFile = Annotated[Path, typer.Argument(metavar="FILE", help="A plan of paystack dlq replay.")]


def register(dlq: typer.Typer) -> None:
    """Give the group `dlq` these commands."""
    for command in (replay, apply, discard, history):
        dlq.command()(command)


def replay(
    ctx: typer.Context,
    plan: Annotated[
        Path, typer.Option(metavar="FILE", help="Where to write the plan; replaced when there.")
    ],
    topics: Topics = None,
    letter: Annotated[
        list[str] | None,
        typer.Option(metavar="LETTER", help="Only this one, PARTITION:OFFSET. May be repeated."),
    ] = None,
    since: Since = None,
    where: Where = None,
    timeout: Timeout = 60.0,
    expires: Annotated[
        float, typer.Option(min=0.1, max=168, help="Hours for which the plan may be applied.")
    ] = 24.0,
    kafka: Kafka = None,
    database: Database = None,
) -> None:
    """Plan a replay: judge each letter, write FILE, send nothing.

    A letter is replayed, warned of, skipped or refused by the catalog, the database and what was
    replayed before. `paystack dlq apply FILE` sends what the plan says. Exit code 1 when letters
    are refused; the plan is written all the same.
    """
    from paystack_cli.errors import CheckFailed
    from paystack_cli.events.dead_letters import any_topics
    from paystack_cli.output.replay_report import report_plan
    from paystack_cli.replay.judgement import Verdict
    from paystack_cli.replay.letters import parse_place
    from paystack_cli.replay.operator import operator
    from paystack_cli.replay.plan import Plan, write_plan
    from paystack_cli.replay.reading import find_letters, selected_letters
    from paystack_cli.replay.survey import Surveyor

    run = context_of(ctx)
    site = _site(run, kafka, database)
    chosen = any_topics(run.stack.catalog, topics or ())
    places = [parse_place(one, chosen) for one in letter or ()]
    selection = selected(since, where)
    if places and not selection.everything:
        raise UsageError("--letter goes with no --since and no --where", hint="give either")
    letters: Iterable[Letter] = (
        find_letters(site.kafka, places).values()
        if places
        else selected_letters(site.kafka, chosen, selection, timeout)
    )
    surveyor = Surveyor(site, site.ledger.handled(chosen))
    made = Plan.make(
        surveyor.survey(letters),
        cluster_id=site.cluster_id,
        made_by=operator(),
        expiry_h=expires,
    )
    write_plan(made, plan)
    report_plan(made, plan, as_json=run.as_json)
    if refused := made.counts[Verdict.REFUSE]:
        raise CheckFailed(
            f"{refused} letter(s) cannot be replayed as they are",
            hint=f"mend them: paystack dlq apply {plan} --edit LETTER=FILE; or set them aside:"
            " paystack dlq discard",
        )


def apply(
    ctx: typer.Context,
    file: PlanFile,
    canary: Annotated[
        int, typer.Option(min=0, max=100, help="Replay so many first, and see them applied.")
    ] = 0,
    canary_timeout: Annotated[
        float, typer.Option(min=1, help="Seconds for the canaries to be applied.")
    ] = 60.0,
    rate: Annotated[
        float | None, typer.Option(min=0.1, help="Letters a second at most; no limit by default.")
    ] = None,
    edit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LETTER[=FILE]",
            help="Send this value instead; without FILE from $EDITOR. May be repeated.",
        ),
    ] = None,
    accept_warnings: Annotated[
        bool, typer.Option("--accept-warnings", help="Also replay what the plan warns of.")
    ] = False,
    yes: Yes = False,
    kafka: Kafka = None,
    database: Database = None,
) -> None:
    """Replay what a plan says, unless it has changed since.

    Shows the letters and asks. Safe to interrupt and to repeat: a record and its entry in the
    replay ledger are one transaction of Kafka's, so the next run goes on with the rest and nothing
    is sent twice.
    """
    from paystack_cli.output.replay_report import report_applied, show_pending, telling
    from paystack_cli.replay.apply import Application, Options, pending
    from paystack_cli.replay.edit import edited
    from paystack_cli.replay.operator import operator
    from paystack_cli.replay.plan import read_plan, write_plan

    run = context_of(ctx)
    plan = read_plan(file)
    site = _site(run, kafka, database)
    if edit:
        plan.require_valid(site.cluster_id)
        plan = edited(plan, site, edit)
    waiting = pending(plan, site, warned=accept_warnings)
    if waiting and not yes:
        show_pending(plan, waiting)
        confirm(f"{len(waiting)} letter(s) will be replayed", f"paystack dlq apply {file} --yes")
    if edit:
        write_plan(plan, file)  # so that a run that goes on with the rest sends the same
    options = Options(accept_warnings, canary, canary_timeout, rate)
    done = Application(plan, site, operator(), options, telling(run.verbosity)).run()
    report_applied(plan, done, as_json=run.as_json)


def discard(
    ctx: typer.Context,
    topic: Topic,
    letters: Annotated[
        list[str], typer.Argument(metavar="PARTITION:OFFSET…", help="Its letters to set aside.")
    ],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; kept in the replay ledger.")],
    yes: Yes = False,
    kafka: Kafka = None,
) -> None:
    """Set dead letters aside for good.

    They are shown and the question is asked. Plans skip them from then on, the replay ledger
    remembers who and why, and nothing is deleted from the topic.
    """
    from paystack_cli.events.letter import Place
    from paystack_cli.output.replay_report import report_discarded, show_letters
    from paystack_cli.replay.discard import discard as set_aside
    from paystack_cli.replay.operator import operator
    from paystack_cli.replay.reading import find_letters

    run = context_of(ctx)
    site = _site(run, kafka)
    places = [Place.parse(topic, letter) for letter in letters]
    found = find_letters(site.kafka, places).values()
    if not yes:
        show_letters(found)
        confirm(
            f"{len(found)} letter(s) will be set aside for good",
            f"paystack dlq discard {topic} {' '.join(letters)} --reason TEXT --yes",
        )
    done = set_aside(site, found, reason, operator())
    report_discarded(done, as_json=run.as_json)


def history(
    ctx: typer.Context,
    topics: Topics = None,
    last: Annotated[int, typer.Option(min=1, max=100_000, help="How many of the newest.")] = 50,
    kafka: Kafka = None,
    database: Database = None,
) -> None:
    """Show what was replayed and discarded, oldest first.

    Who, when, which letter, and what became of it: whether its consumers have applied by now what
    was sent again. This is the replay ledger, a topic that nothing is deleted from.
    """
    from paystack_cli.output.replay_report import report_history
    from paystack_cli.replay.history import newest

    run = context_of(ctx)
    found = newest(_site(run, kafka, database), topics or (), last)
    report_history(found, as_json=run.as_json)


def _site(run: Context, kafka: str | None, database: str | None = None) -> "Site":
    from paystack_cli.clients.database import PyMySqlDatabase
    from paystack_cli.replay.site import Site

    endpoints = open_endpoints(run, kafka=kafka, database=database)
    return Site(run.stack.catalog, endpoints.kafka(), PyMySqlDatabase(endpoints.database()))
