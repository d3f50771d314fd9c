"""The outbox's status as one JSON document or tables on stdout."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.table import Table
from rich.text import Text

from paystack_cli.events.outbox import RATE_WINDOW_S, OutboxStatus
from paystack_cli.output.console import plain_table, stdout_console
from paystack_cli.output.document import print_document, versioned

TIME_DECIMALS = 3


def report(status: OutboxStatus, exceeded: Sequence[str], *, as_json: bool) -> None:
    """Tell `status`; `exceeded` are the limits that it breaks."""
    if as_json:
        print_document(document(status, exceeded))
        return
    console = stdout_console()
    console.print(summary(status))
    if status.waiting:
        console.print(_waiting_table(status))
        console.print(_slices_table(status))
    if status.parked:
        console.print(_parked_table(status))


def document(status: OutboxStatus, exceeded: Sequence[str]) -> dict[str, object]:
    """`paystack.outbox-status/v1`, described in docs/schemas."""
    return versioned(
        "outbox-status",
        ok=not exceeded,
        exceeded=list(exceeded),
        pending=status.pending,
        oldest_age_s=_rounded(status.oldest_age_s),
        parked=status.parked_rows,
        publish_rate_per_s=_rounded(status.publish_rate_per_s),
        rate_window_s=RATE_WINDOW_S,
        drain_s=_rounded(status.drain_s),
        waiting=[
            {
                "event_type": waiting.event_type,
                "rows": waiting.rows,
                "retrying": waiting.retrying,
                "oldest_age_s": _rounded(waiting.oldest_age_s),
            }
            for waiting in status.waiting
        ],
        slices=[
            {
                "slice": waiting.slice,
                "rows": waiting.rows,
                "oldest_age_s": _rounded(waiting.oldest_age_s),
            }
            for waiting in status.slices
        ],
        parked_reasons=[
            {
                "event_type": parked.event_type,
                "reason": parked.reason,
                "rows": parked.rows,
                "first_created_at": _iso(parked.first_created_at),
                "last_created_at": _iso(parked.last_created_at),
                "sample_event_id": parked.sample_event_id,
            }
            for parked in status.parked
        ],
    )


def summary(status: OutboxStatus) -> Text:
    """What waits, since when and how fast it goes, in one line."""
    age = "" if status.oldest_age_s is None else f", oldest {status.oldest_age_s:.1f} s"
    drain = "" if not status.drain_s else f", drained in {status.drain_s:.0f} s at that rate"
    return Text(
        f"{status.pending} rows wait{age}; {status.parked_rows} parked;"
        f" {status.publish_rate_per_s:.1f} published/s in the last {RATE_WINDOW_S} s{drain}"
    )


def _waiting_table(status: OutboxStatus) -> Table:
    table = plain_table("WAITING", "ROWS", "RETRYING", "OLDEST")
    for waiting in status.waiting:
        table.add_row(
            Text(waiting.event_type),
            str(waiting.rows),
            str(waiting.retrying),
            f"{waiting.oldest_age_s:.1f} s",
        )
    return table


def _slices_table(status: OutboxStatus) -> Table:
    table = plain_table("SLICE", "ROWS", "OLDEST")
    for waiting in status.slices:
        table.add_row(str(waiting.slice), str(waiting.rows), f"{waiting.oldest_age_s:.1f} s")
    return table


def _parked_table(status: OutboxStatus) -> Table:
    table = plain_table("PARKED", "ROWS", "LAST CREATED", "EVENT", "REASON")
    for parked in status.parked:
        table.add_row(
            Text(parked.event_type),
            str(parked.rows),
            _iso(parked.last_created_at),
            str(parked.sample_event_id),
            Text(parked.reason, overflow="fold"),
        )
    return table


def _iso(at: datetime) -> str:
    return at.replace(tzinfo=UTC).isoformat(timespec="milliseconds")


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, TIME_DECIMALS)
