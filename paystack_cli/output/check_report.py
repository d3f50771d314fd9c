"""Check results as one JSON document or one table on stdout, and as JUnit when asked for."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import typer
from rich.table import Table
from rich.text import Text

from paystack_cli.checks.model import Attempt, CheckResult, Outcome, exit_code
from paystack_cli.errors import ExitCode
from paystack_cli.output.console import plain_table, stdout_console
from paystack_cli.output.document import TIME_DECIMALS, print_document, versioned
from paystack_cli.output.junit import write_junit

STYLES: Mapping[Outcome, str] = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "bold red",
    Outcome.TIMED_OUT: "red",
    Outcome.EXCLUDED: "dim",
    Outcome.NOT_RUN: "dim",
}


def report(
    command: str,
    results: Sequence[CheckResult],
    *,
    as_json: bool,
    junit: Path | None,
    about: Mapping[str, object] | None = None,
) -> ExitCode:
    """Tell the results of `command` ("health"); the exit code that they mean.

    `about` is added to the JSON document: what the checks were about as a whole.
    """
    if junit is not None:
        write_junit(junit, f"paystack.{command}", results)
    if as_json:
        print_document(document(command, results, about or {}))
    else:
        stdout_console().print(table(results))
        for line in (*root_causes(results), *details(results)):
            typer.echo(line)
    return exit_code(results)


def document(
    command: str, results: Sequence[CheckResult], about: Mapping[str, object]
) -> dict[str, object]:
    """`paystack.<command>/v1`, described in docs/schemas."""
    return versioned(
        command,
        ok=exit_code(results) is ExitCode.OK,
        **about,
        checks=[_check_document(result) for result in results],
    )


def _check_document(result: CheckResult) -> dict[str, object]:
    return {
        "name": result.name,
        "outcome": result.outcome.value,
        "summary": result.summary,
        "cause": result.cause,
        "next": result.hint,
        "details": list(result.details),
        "duration_s": round(result.duration_s, TIME_DECIMALS),
        "facts": {name: _rounded(value) for name, value in result.facts.items()},
        "attempts": [_attempt_document(attempt) for attempt in result.attempts],
    }


def _rounded(fact: object) -> object:
    return round(fact, TIME_DECIMALS) if isinstance(fact, float) else fact


def _attempt_document(attempt: Attempt) -> dict[str, object]:
    return {
        "number": attempt.number,
        "started_s": round(attempt.started_s, TIME_DECIMALS),
        "duration_s": round(attempt.duration_s, TIME_DECIMALS),
        "reason": attempt.reason,
    }


def details(results: Sequence[CheckResult]) -> Iterator[str]:
    """What helps to find the cause of each failure, unwrapped."""
    for result in results:
        if result.details:
            yield f"\n{result.name}:"
            yield from (f"  {line}" for line in result.details)


def _following(result: CheckResult) -> Iterator[str]:
    """What comes next after a failure; of a symptom its cause, for that has the command."""
    if result.cause is not None:
        yield f"because of {result.cause}"
    elif result.hint is not None:
        yield f"next: {result.hint}"


def root_causes(results: Sequence[CheckResult]) -> Iterator[str]:
    """One line for each cause that explains other failures, with the command that helps."""
    for cause in dict.fromkeys(result.cause for result in results if result.cause is not None):
        symptoms = [result for result in results if result.cause == cause]
        names = ", ".join(result.name for result in symptoms)
        yield f"root cause: {cause}, which explains {names}; next: {symptoms[0].hint}"


def table(results: Sequence[CheckResult]) -> Table:
    """One row per check; below a failure, the next command."""
    rows = plain_table()
    for title in ("CHECK", "OUTCOME", "TRIES", "TIME"):
        rows.add_column(
            title, no_wrap=True, justify="right" if title in {"TRIES", "TIME"} else "left"
        )
    rows.add_column("WHAT WAS SEEN", overflow="fold")
    for result in results:
        seen = "\n".join([result.summary, *_following(result)])
        rows.add_row(
            Text(result.name),
            Text(result.outcome.value.replace("_", " "), STYLES[result.outcome]),
            str(len(result.attempts) or "-"),
            f"{result.duration_s:.2f} s" if result.attempts else "-",
            Text(seen),
        )
    return rows
