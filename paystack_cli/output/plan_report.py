"""What a command would do (`--dry-run`): one JSON document or one table on stdout."""

from collections.abc import Collection, Mapping, Sequence

import typer

from paystack_cli.engines.base import ACTIVE, Action, State
from paystack_cli.engines.plan import Step, bereaved
from paystack_cli.output.console import plain_table, stdout_console
from paystack_cli.output.document import print_document, versioned
from paystack_cli.stack.model import Stack

_VERBS: Mapping[Action, str] = {
    Action.STARTED: "start",
    Action.RESTARTED: "restart",
    Action.COMPLETED: "run",
    Action.UNCHANGED: "leave alone",
    Action.STOPPED: "stop",
}

_KEPT = {*ACTIVE, State.COMPLETED}
"""What is left alone in one of these states has been compared with what it should be."""


def report_plan(
    command: str,
    steps: Sequence[Step],
    *,
    engine: str,
    as_json: bool,
    removed_volumes: Sequence[str] = (),
) -> None:
    """The plan of `command`, of which nothing has been done."""
    if as_json:
        print_document(document(command, steps, engine, removed_volumes))
        return
    table = plain_table("SERVICE", "IS", "PLAN", "WHY")
    for step in steps:
        verbs = ["build"] if step.build else []
        if step.action is not Action.UNCHANGED or not step.build:
            verbs.append(_VERBS[step.action])
        table.add_row(step.service, step.found, ", ".join(verbs), why(step))
    stdout_console().print(table)
    if removed_volumes:
        typer.echo(f"plan: the data in {', '.join(removed_volumes)} would be removed for good")
    typer.echo(f"plan: nothing was done; without --dry-run, {command} does it")


def tell_bereaved(stack: Stack, services: Collection[str], found: Mapping[str, State]) -> None:
    """Say on stderr what else runs and needs a service that is about to stop."""
    lacking = bereaved(stack, services, found)
    if lacking:
        missed = ", ".join(dict.fromkeys(name for names in lacking.values() for name in names))
        typer.echo(f"running on without {missed}: {', '.join(lacking)}", err=True)


def document(
    command: str, steps: Sequence[Step], engine: str, removed_volumes: Sequence[str]
) -> dict[str, object]:
    """`paystack.plan/v1`, described in docs/schemas."""
    return versioned(
        "plan",
        command=command,
        engine=engine,
        services=[
            {
                "name": step.service,
                "state": step.found.value,
                "action": step.action.value,
                "reason": why(step),
                "build": step.build or None,
            }
            for step in steps
        ],
        removed_volumes=list(removed_volumes),
    )


def why(step: Step) -> str:
    """The step's reasons; where it has none, the state that it was decided upon."""
    given = "; ".join(filter(None, (step.build, step.reason)))
    if given:
        return given
    kept = step.action is Action.UNCHANGED and step.found in _KEPT
    return f"it is {step.found}{' and has not changed' if kept else ''}"
