"""`paystack breaker`: what circuit breakers do, and the proof that they protect the stack."""

from typing import TYPE_CHECKING, Annotated

import typer

from paystack_cli.breaker.variant import Variant
from paystack_cli.commands.check_options import Junit
from paystack_cli.commands.context import Context, context_of
from paystack_cli.commands.selection_options import Services, asked
from paystack_cli.commands.server_options import Database, Kafka, open_endpoints
from paystack_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from paystack_cli.breaker.traffic import Traffic
    from paystack_cli.breaker.variants import Parties
    from paystack_cli.checks.model import CheckResult
    from paystack_cli.clients.endpoints import Endpoints
    from paystack_cli.faults.model import Fault

breaker = typer.Typer(
    help="Circuit breakers: what they do, and a test that they protect.", no_args_is_help=True
)

LOOK_BACK_H = 1.0
"""The test judges what it caused itself; `paystack verify` judges the rest."""
SETTLE_S = 20.0
STUCK_S = 60.0
TOPICS_MAX_S = 120.0


@breaker.command()
def status(
    ctx: typer.Context,
    services: Services = None,
) -> int:
    """Show every circuit breaker: state, rates, calls refused.

    Also since when it is in its state. Exit code 1 when one is not CLOSED.
    """
    from paystack_cli.breaker.overview import look, with_breakers
    from paystack_cli.output.breaker_report import report
    from paystack_cli.stack.selection import select_exactly

    run = context_of(ctx)
    names = select_exactly(run.stack, asked(services, None, None, None)).services
    seen, silent = look(open_endpoints(run), with_breakers(run.stack, names))
    return report(seen, silent, as_json=run.as_json)


@breaker.command("test")
def prove(
    ctx: typer.Context,
    variant: Annotated[
        Variant, typer.Option(help="What is broken while payments come in.")
    ] = Variant.BROKER_DOWN,
    rate: Annotated[float, typer.Option(min=1, max=200, help="Payments a second.")] = 20.0,
    probes: Annotated[
        int, typer.Option(min=1, help="Calls that the breaker permits while HALF_OPEN.")
    ] = 3,
    opens_within: Annotated[
        float, typer.Option(min=1, help="Seconds after the fault in which it must open.")
    ] = 30.0,
    timeout: Annotated[float, typer.Option(min=10, help="Seconds for all of it.")] = 240.0,
    junit: Junit = None,
    break_with: Annotated[
        str | None,
        typer.Option("--break", metavar="COMMAND", help="Breaks a stack that runs elsewhere."),
    ] = None,
    heal_with: Annotated[
        str | None, typer.Option("--heal", metavar="COMMAND", help="Heals it again.")
    ] = None,
    gateway: Annotated[
        str | None, typer.Option(metavar="URL", help="The public door of a stack elsewhere.")
    ] = None,
    actuator: Annotated[
        str | None, typer.Option(metavar="URL", help="The service there that has the breaker.")
    ] = None,
    kafka: Kafka = None,
    database: Database = None,
) -> int:
    """Prove under load that a breaker opens, holds and closes.

    What was broken is healed whatever happens, also at Ctrl-C. Exit code 1 when a step fails.
    """
    from paystack_cli.breaker.scenario import Scenario
    from paystack_cli.breaker.traffic import Traffic
    from paystack_cli.breaker.variants import Parties
    from paystack_cli.checks.retry import Deadline
    from paystack_cli.checks.runner import run_in_order
    from paystack_cli.clients.http import HttpxClient
    from paystack_cli.faults.model import HealedAtLast
    from paystack_cli.output.check_progress import telling
    from paystack_cli.output.check_report import report

    run = context_of(ctx)
    endpoints = open_endpoints(run, kafka=kafka, database=database)
    parties = Parties(variant, run.stack, run.engine, endpoints, actuator)
    door = HttpxClient(gateway or endpoints.gateway_url(), hint="paystack health gateway")
    traffic = Traffic(door, rate)
    fault = HealedAtLast(_fault(parties, break_with, heal_with))
    invariants = _invariants(run, endpoints, traffic)
    with (
        fault,
        Scenario(parties.guarded(probes, opens_within), fault, traffic, invariants) as scenario,
    ):
        steps = scenario.steps()
        with telling([step.check.name for step in steps], run.verbosity) as progress:
            results = run_in_order(steps, Deadline.after(timeout), progress)
    return report(
        "breaker-test",
        results,
        as_json=run.as_json,
        junit=junit,
        about={"variant": variant.value, "rate_per_s": rate},
    )


def _fault(parties: "Parties", break_with: str | None, heal_with: str | None) -> "Fault":
    from paystack_cli.faults.own_commands import OwnCommands
    from paystack_cli.output.service_progress import Silent

    if break_with is not None and heal_with is not None:
        return OwnCommands(break_with, heal_with)
    if break_with is not None or heal_with is not None:
        raise UsageError(
            "--break and --heal belong together", hint="give both, or neither for this stack"
        )
    return parties.fault(Silent())


def _invariants(
    run: Context, endpoints: "Endpoints", traffic: "Traffic"
) -> "Callable[[], Sequence[CheckResult]]":
    """What `paystack verify` finds, with this test's own payments as the journal."""
    from paystack_cli.clients.database import PyMySqlDatabase
    from paystack_cli.verify.evidence import take_watermark
    from paystack_cli.verify.look import Sources, looking
    from paystack_cli.verify.settling import verify

    def prove() -> "Sequence[CheckResult]":
        sources = Sources(
            database=PyMySqlDatabase(endpoints.database()),
            kafka=endpoints.kafka(),
            network=None,
            catalog=run.stack.catalog,
            journal=traffic.journal(),
            stuck_s=STUCK_S,
            timeout_s=TOPICS_MAX_S,
        )
        return verify(looking(sources, take_watermark(sources.database, LOOK_BACK_H)), SETTLE_S)

    return prove
