"""Arguments and options that say which dead letters are meant, the same for every command."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from paystack_cli.commands.completions import dead_letter_topics

if TYPE_CHECKING:
    from paystack_cli.events.selection import Selection

Topics = Annotated[
    list[str] | None,
    typer.Argument(
        help="Dead-letter topics, or any others; those of the catalog when none is named.",
        autocompletion=dead_letter_topics,
    ),
]
Topic = Annotated[
    str, typer.Argument(help="The dead-letter topic.", autocompletion=dead_letter_topics)
]
Since = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Only letters since then: 10m, 2h, or ISO 8601."),
]
Where = Annotated[
    list[str] | None,
    typer.Option(metavar="CONDITION", help="Only letters for which it holds. May be repeated."),
]
Timeout = Annotated[float, typer.Option(min=1, help="Seconds for reading.")]


def selected(since: str | None, where: list[str] | None) -> "Selection":
    """What `--since` and `--where` mean at this moment. Raises UsageError."""
    from paystack_cli.events.selection import Selection

    return Selection.parse(since, where or (), round(time.time() * 1000))
