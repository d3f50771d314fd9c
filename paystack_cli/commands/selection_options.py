"""The options by which a command's services are chosen: the same words everywhere, defined once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from paystack_cli.commands.completions import group_names, service_and_group_names

if TYPE_CHECKING:
    from paystack_cli.stack.selection import Asked

Services = Annotated[
    list[str] | None,
    typer.Argument(
        help="Services or groups; all when none is named.", autocompletion=service_and_group_names
    ),
]
ServicesWithNeeds = Annotated[
    list[str] | None,
    typer.Argument(
        help="Services or groups, with what they need; all when none is named.",
        autocompletion=service_and_group_names,
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SERVICE",
        help="Exactly these, and nothing they need.",
        autocompletion=service_and_group_names,
    ),
]
Groups = Annotated[
    list[str] | None,
    typer.Option(
        "--group",
        metavar="GROUP",
        help="The services of a group of compose.yaml.",
        autocompletion=group_names,
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SERVICE",
        help="Leave these out (also comma-separated).",
        autocompletion=service_and_group_names,
    ),
]

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only show what would be done with each service, and why.")
]


def asked(
    services: Sequence[str] | None,
    only: Sequence[str] | None,
    groups: Sequence[str] | None,
    exclude: Sequence[str] | None,
) -> "Asked":
    """What the command line says about services."""
    from paystack_cli.stack.selection import Asked

    return Asked(
        names=tuple(services or ()),
        only=tuple(only or ()),
        groups=tuple(groups or ()),
        exclude=tuple(exclude or ()),
    )
