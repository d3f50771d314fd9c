"""A picture of the stack: for a screen, as plain lines, or as one JSON document a line."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC

from rich.console import Group
from rich.text import Text

from paystack_cli.breaker.actuator import Breaker
from paystack_cli.engines.base import ServiceStatus
from paystack_cli.events.outbox import OutboxStatus
from paystack_cli.output.console import FittedTable, plain_table
from paystack_cli.output.document import TIME_DECIMALS, versioned
from paystack_cli.output.outbox_report import summary
from paystack_cli.output.service_cells import condition, memory, uptime
from paystack_cli.watch.picture import Picture

_BREAKER_STYLES = {"CLOSED": "green", "HALF_OPEN": "bold yellow", "OPEN": "bold red"}
_BUSY = "bold yellow"
"""Of a figure that is best at 0."""


def screen(picture: Picture, *, stack: str, engine: str) -> Group:
    """The whole picture; needs 80 columns and a line a service."""
    title = Text(f"{stack} on {engine}, {picture.at:%Y-%m-%d %H:%M:%S}", "bold")
    return Group(title, Text(), _services(picture), Text(), _outbox(picture), *_problems(picture))


def _services(picture: Picture) -> FittedTable | Text:
    if picture.services is None:
        return Text("services: …", "dim")
    table = plain_table()
    for title in ("SERVICE", "STATE", "UPTIME", "RESTARTS", "MEMORY", "LAG", "DEAD", "BREAKER"):
        words = title in {"SERVICE", "STATE", "BREAKER"}
        table.add_column(title, no_wrap=True, justify="left" if words else "right")
    for status in picture.services:
        table.add_row(
            status.name,
            condition(status),
            uptime(status),
            _figure(status.restarts),
            memory(status),
            _lag(picture, status),
            _dead(picture, status),
            _breakers(picture.breakers.get(status.name, ())),
        )
    return table


def _lag(picture: Picture, status: ServiceStatus) -> Text:
    group = picture.queues.groups.get(status.name) if picture.queues else None
    return Text("-") if group is None else _figure(group.total_lag_records)


def _dead(picture: Picture, status: ServiceStatus) -> Text:
    topic = picture.dead_letter_topics.get(status.name)
    if topic is None or picture.queues is None:
        return Text("-")
    return _figure(picture.queues.dead_letters[topic])


def _figure(count: int) -> Text:
    return Text(str(count), _BUSY if count else "")


def _breakers(breakers: tuple[Breaker, ...]) -> Text:
    states = (Text(one.state, _BREAKER_STYLES.get(one.state, "")) for one in breakers)
    return Text(", ").join(states) if breakers else Text("-")


def _outbox(picture: Picture) -> Text:
    outbox = picture.outbox
    return Text("outbox: ").append_text(Text("…", "dim") if outbox is None else summary(outbox))


def _problems(picture: Picture) -> Iterator[Text]:
    for problem in picture.problems:
        yield Text(f"{problem.source}: {problem.reason}", "bold red")


def document(picture: Picture, *, stack: str, engine: str) -> dict[str, object]:
    """`paystack.watch/v1`, described in docs/schemas."""
    queues = picture.queues
    return versioned(
        "watch",
        at=picture.at.astimezone(UTC).isoformat(timespec="milliseconds"),
        stack=stack,
        engine=engine,
        services=None
        if picture.services is None
        else [_service_document(status) for status in picture.services],
        outbox=None if picture.outbox is None else _outbox_document(picture.outbox),
        consumers=None
        if queues is None
        else [
            {"service": name, "state": group.state, "lag_records": group.total_lag_records}
            for name, group in queues.groups.items()
        ],
        dead_letters=None
        if queues is None
        else [{"topic": topic, "records": count} for topic, count in queues.dead_letters.items()],
        breakers=[
            {"service": service, **asdict(breaker)}
            for service, breakers in picture.breakers.items()
            for breaker in breakers
        ],
        problems=[asdict(problem) for problem in picture.problems],
    )


def _service_document(status: ServiceStatus) -> dict[str, object]:
    return {
        "name": status.name,
        "state": status.state.value,
        "health": status.health.value,
        "excluded": status.excluded,
        "uptime_s": None if status.uptime_s is None else round(status.uptime_s, TIME_DECIMALS),
        "restarts": status.restarts,
        "memory_bytes": status.memory_bytes,
    }


def _outbox_document(outbox: OutboxStatus) -> dict[str, object]:
    age_s = outbox.oldest_age_s
    return {
        "pending": outbox.pending,
        "oldest_age_s": None if age_s is None else round(age_s, TIME_DECIMALS),
        "parked": outbox.parked_rows,
        "publish_rate_per_s": round(outbox.publish_rate_per_s, TIME_DECIMALS),
    }
