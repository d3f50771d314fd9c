"""The options by which a command's services are chosen: the same words everywhere, defined once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paystack_cli.commands.completions import group_names, service_and_group_names

if TYPE_CHECKING:
    from paystack_cli.stack.selection import Asked


def _services(help: str) -> Any:
    return typer.Argument(help=help, autocompletion=service_and_group_names)


def _service_option(help: str) -> Any:
    return typer.Option(metavar="SERVICE", help=help, autocompletion=service_and_group_names)


Services = Annotated[list[str] | None, _services("Services or groups; all when none is named.")]
ServicesWithNeeds = Annotated[
    list[str] | None,
    _services("Services or groups, with what they need; all when none is named."),
]
Only = Annotated[list[str] | None, _service_option("Exactly these, and nothing they need.")]
Groups = Annotated[
    list[str] | None,
    typer.Option(
        "--group",
        metavar="GROUP",
        help="The services of a group of compose.yaml.",
        autocompletion=group_names,
    ),
]
Exclude = Annotated[list[str] | None, _service_option("Leave these out (also comma-separated).")]

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
