"""From where checks ask: this machine, or the inside of the stack's network."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from paystack_cli.errors import UsageError

if TYPE_CHECKING:
    from paystack_cli.checks.reach import Reach
    from paystack_cli.engines.base import Engine
    from paystack_cli.stack.model import Stack

VARIABLE = "PAYSTACK_FROM"


class Place(StrEnum):
    """Where a check stands."""

    INSIDE = "inside"
    OUTSIDE = "outside"


def choose_place(
    asked: Place | None,
    variables: Mapping[str, str],
    engine: "Engine",
    *,
    of_own_stack: bool = True,
) -> Place:
    """The place that was asked for, else inside in CI where the engine can, else outside.

    A stack behind a URL that the user gave (not `of_own_stack`) is asked from outside unless told
    otherwise. Raises UsageError for a place that there is not, or not with this engine.
    """
    named = asked or variables.get(VARIABLE)
    if not named:
        inside = of_own_stack and engine.has_network and _in_ci(variables)
        return Place.INSIDE if inside else Place.OUTSIDE
    try:
        place = Place(named)
    except ValueError:
        raise UsageError(
            f"{VARIABLE} is neither inside nor outside: {named!r}", hint=f"unset {VARIABLE}"
        ) from None
    if place is Place.INSIDE and not engine.has_network:
        raise UsageError(
            f"the {engine.name} engine has no network to check from inside of",
            hint="--from outside, or containers: paystack --engine compose up",
        )
    return place


def open_reach(
    place: Place, stack: "Stack", engine: "Engine", variables: Mapping[str, str]
) -> "Reach":
    """The way to the servers from there.

    From inside, the PAYSTACK_ variables that point to servers elsewhere have no meaning: they say
    how a server is seen from this machine.
    """
    if place is Place.INSIDE:
        from paystack_cli.checks.inside import Inside

        return Inside(stack, engine)
    from paystack_cli.checks.outside import Outside
    from paystack_cli.clients.endpoints import Endpoints

    return Outside(Endpoints(stack, engine, variables))


def _in_ci(variables: Mapping[str, str]) -> bool:
    """Build servers set CI=true; Jenkins gives its own address."""
    return variables.get("CI", "").lower() in {"true", "1"} or "JENKINS_URL" in variables
