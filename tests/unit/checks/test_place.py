"""Inside or outside: what was asked for, else what fits the machine and the engine."""

from types import SimpleNamespace
from typing import cast

import pytest

from paystack_cli.checks.place import Place, choose_place
from paystack_cli.engines.base import Engine
from paystack_cli.errors import UsageError

CONTAINERS = cast(Engine, SimpleNamespace(name="compose", has_network=True))
PROCESSES = cast(Engine, SimpleNamespace(name="local", has_network=False))
CI = {"CI": "true"}


@pytest.mark.parametrize(
    ("asked", "variables", "engine", "place"),
    [
        pytest.param(None, {}, CONTAINERS, Place.OUTSIDE, id="at a terminal"),
        pytest.param(None, CI, CONTAINERS, Place.INSIDE, id="in CI"),
        pytest.param(None, {"JENKINS_URL": "http://j"}, CONTAINERS, Place.INSIDE, id="in Jenkins"),
        pytest.param(None, {"CI": "false"}, CONTAINERS, Place.OUTSIDE, id="CI is off"),
        pytest.param(None, CI, PROCESSES, Place.OUTSIDE, id="in CI without containers"),
        pytest.param(Place.OUTSIDE, CI, CONTAINERS, Place.OUTSIDE, id="asked, in CI"),
        pytest.param(Place.INSIDE, {}, CONTAINERS, Place.INSIDE, id="asked"),
        pytest.param(None, {"PAYSTACK_FROM": "inside"}, CONTAINERS, Place.INSIDE, id="variable"),
        pytest.param(
            None,
            {**CI, "PAYSTACK_FROM": "outside"},
            CONTAINERS,
            Place.OUTSIDE,
            id="variable, in CI",
        ),
        pytest.param(
            Place.OUTSIDE,
            {"PAYSTACK_FROM": "inside"},
            CONTAINERS,
            Place.OUTSIDE,
            id="the option beats the variable",
        ),
        pytest.param(None, {"PAYSTACK_FROM": ""}, CONTAINERS, Place.OUTSIDE, id="empty variable"),
    ],
)
def test_the_place(
    asked: Place | None, variables: dict[str, str], engine: Engine, place: Place
) -> None:
    assert choose_place(asked, variables, engine) is place


def test_a_door_of_the_users_own_is_asked_from_here_unless_told_otherwise() -> None:
    assert choose_place(None, CI, CONTAINERS, of_own_stack=False) is Place.OUTSIDE
    assert choose_place(Place.INSIDE, CI, CONTAINERS, of_own_stack=False) is Place.INSIDE


def test_an_engine_without_a_network_names_the_one_that_has() -> None:
    with pytest.raises(UsageError, match="the local engine has no network") as refused:
        choose_place(Place.INSIDE, {}, PROCESSES)
    assert "--engine compose" in refused.value.hint


def test_a_place_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="PAYSTACK_FROM is neither"):
        choose_place(None, {"PAYSTACK_FROM": "above"}, CONTAINERS)
