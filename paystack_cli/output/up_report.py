"""What `up` did and how long it took: one JSON document or one table on stdout."""

import typer
from rich.text import Text

from paystack_cli.engines.base import Action, ServiceTiming
from paystack_cli.engines.critical_path import CriticalPath
from paystack_cli.engines.failure import FailureReport
from paystack_cli.engines.timing_history import stands_out
from paystack_cli.engines.up_review import UpReview
from paystack_cli.output.console import plain_table, stdout_console
from paystack_cli.output.document import TIME_DECIMALS, print_document, versioned
from paystack_cli.output.failure_report import failure_document

WORTH_TELLING_S = 0.1
"""A shorter time before the first service is left out of the critical path's line."""


def report_up(review: UpReview, *, engine: str, as_json: bool) -> None:
    """What `up` did with each service, how long it took, and which chain made it so long."""
    if as_json:
        print_document(document(review, engine))
        return
    titles = ("SERVICE", "ACTION", "PREPARED", "WAITED", "READY IN", "USUAL", "AT")
    columns = [title for title in titles if title != "USUAL" or review.usual_s]
    table = plain_table()
    for title in columns:
        numeric = title not in {"SERVICE", "ACTION"}
        table.add_column(title, no_wrap=numeric, justify="right" if numeric else "left")
    for timing in review.report.services:
        cells: dict[str, str | Text] = {
            "SERVICE": timing.name,
            "ACTION": ", ".join(filter(None, (timing.action.value, timing.reason, timing.hitch))),
            "PREPARED": _seconds(timing.prepared_s),
            "WAITED": _seconds(timing.waited_s),
            "READY IN": _seconds(timing.ready_s),
            "USUAL": _usual(timing, review.usual_s.get(timing.name)),
            "AT": _seconds(timing.at_s),
        }
        table.add_row(*(cells[title] for title in columns))
    stdout_console().print(table)
    if review.path.links:
        typer.echo(f"critical path: {_chain(review.path)}")
    typer.echo(f"up: healthy after {review.report.total_s:.1f} s")


def document(review: UpReview, engine: str) -> dict[str, object]:
    """`paystack.up/v1` of an `up` after which all is healthy."""
    return versioned(
        "up",
        ok=not review.exceeded,
        engine=engine,
        total_s=_rounded(review.report.total_s),
        services=[
            _timing_document(timing, review.usual_s.get(timing.name))
            for timing in review.report.services
        ],
        critical_path={
            "before_s": _rounded(review.path.before_s),
            "services": [
                {"name": link.service, "seconds": _rounded(link.seconds)}
                for link in review.path.links
            ],
        },
        exceeded=[excess.sentence for excess in review.exceeded],
        failure=None,
    )


def failure_of_up(failure: FailureReport, engine: str) -> dict[str, object]:
    """`paystack.up/v1` of an `up` that failed: nothing else is known then."""
    return versioned(
        "up",
        ok=False,
        engine=engine,
        total_s=None,
        services=None,
        critical_path=None,
        exceeded=[],
        failure=failure_document(failure),
    )


def _chain(path: CriticalPath) -> str:
    parts = [f"{link.service} {link.seconds:.1f} s" for link in path.links]
    if path.before_s >= WORTH_TELLING_S:
        parts.insert(0, f"{path.before_s:.1f} s before any service")
    return " -> ".join(parts)


def _usual(timing: ServiceTiming, usual_s: float | None) -> Text:
    """The median, and the difference where it stands out."""
    if usual_s is None or timing.action is Action.UNCHANGED:
        return Text("-")
    if stands_out(timing, usual_s):
        return Text(f"{_seconds(usual_s)} (+{_seconds(timing.ready_s - usual_s)})", "bold yellow")
    return Text(_seconds(usual_s))


def _timing_document(timing: ServiceTiming, usual_s: float | None) -> dict[str, object]:
    return {
        "name": timing.name,
        "action": timing.action.value,
        "reason": timing.reason,
        "prepared_s": _rounded(timing.prepared_s),
        "waited_s": _rounded(timing.waited_s),
        "ready_s": _rounded(timing.ready_s),
        "usual_s": None if usual_s is None else _rounded(usual_s),
        "at_s": _rounded(timing.at_s),
        "hitch": timing.hitch,
    }


def _seconds(value: float) -> str:
    return f"{value:.2f} s"


def _rounded(seconds: float) -> float:
    return round(seconds, TIME_DECIMALS)
