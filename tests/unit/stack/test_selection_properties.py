"""Hundreds of selections of the real stack, planned, against what Docker Compose says of it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paystack_cli.engines.base import Action, Observed, State
from paystack_cli.engines.plan import plan_up
from paystack_cli.errors import UsageError
from paystack_cli.stack.compose import load_stack
from paystack_cli.stack.model import Stack
from paystack_cli.stack.selection import Asked, select, select_exactly
from paystack_cli.stack.settings import load_settings
from tests.support.compose_reference import reference

PROJECT = Path(__file__).resolve().parents[3]
REFERENCE = reference()
EXAMPLES = 400
"""Of each property; the whole file takes a few seconds."""

SERVICES = sorted(REFERENCE.depends_on)
FILLED_GROUPS = sorted(name for name, members in REFERENCE.groups.items() if members)


def _load() -> Stack:
    secrets = {"MARIADB_PASSWORD": "p", "MARIADB_ROOT_PASSWORD": "r"}
    return load_stack(load_settings(project_dir=PROJECT, environment=secrets))


STACK = _load()

names = st.lists(st.sampled_from([*SERVICES, *FILLED_GROUPS]), max_size=3).map(tuple)
groups = st.lists(st.sampled_from(FILLED_GROUPS), max_size=2).map(tuple)
asked = st.one_of(
    st.builds(Asked, names=names, groups=groups, exclude=names),
    st.builds(Asked, only=names, exclude=names),
)
states = st.fixed_dictionaries({name: st.sampled_from(State) for name in SERVICES})


def _meant(words: tuple[str, ...]) -> set[str]:
    """Names and groups as services; of a group those without a profile, where it has some."""
    meant = {word for word in words if word in REFERENCE.depends_on}
    for word in words:
        if word in REFERENCE.groups:
            members = set(REFERENCE.groups[word])
            meant |= members & REFERENCE.ordinary or members
    return meant


def _expected(wish: Asked, *, no_deps: bool) -> set[str] | None:
    """What `up` starts; None where it must refuse."""
    excluded = _meant(wish.exclude)
    named = _meant((*wish.names, *wish.only, *wish.groups))
    roots = (named or REFERENCE.ordinary) - excluded
    if wish.only or (named and no_deps):
        return roots or None
    needed = REFERENCE.closure(roots)
    if no_deps:
        return REFERENCE.closure(roots, without=excluded) or None
    return None if needed & excluded else needed or None


@settings(max_examples=EXAMPLES, deadline=None)
@given(wish=asked, no_deps=st.booleans(), found=states)
def test_a_plan_starts_nothing_excluded_misses_nothing_needed_and_leaves_the_protected_alone(
    wish: Asked, no_deps: bool, found: dict[str, State]
) -> None:
    expected = _expected(wish, no_deps=no_deps)
    if expected is None:
        with pytest.raises(UsageError):
            select(STACK, wish, no_deps=no_deps)
        return
    selection = select(STACK, wish, no_deps=no_deps)
    observed = {name: Observed(found[name]) for name in selection.services}
    steps = plan_up(STACK, selection, observed, recreate=False)

    planned = {step.service for step in steps}
    assert planned == expected
    assert not planned & _meant(wish.exclude), "something excluded"
    by_name = _meant((*wish.names, *wish.only, *wish.groups))
    assert planned & REFERENCE.protected <= by_name, "something protected"
    order = [step.service for step in steps]
    for step in steps:
        needs = set(REFERENCE.depends_on[step.service]) & planned
        assert set(step.after) == needs
        assert all(order.index(need) < order.index(step.service) for need in needs)
        running = found[step.service] in {State.RUNNING, State.STARTING, State.RESTARTING}
        if step.action is Action.UNCHANGED:
            assert running or found[step.service] is State.COMPLETED


@settings(max_examples=EXAMPLES, deadline=None)
@given(wish=asked)
def test_other_commands_mean_what_is_named_and_nothing_else(wish: Asked) -> None:
    named = _meant((*wish.names, *wish.only, *wish.groups))
    expected = (named or REFERENCE.ordinary) - _meant(wish.exclude)
    if expected:
        assert set(select_exactly(STACK, wish).services) == expected
    else:
        with pytest.raises(UsageError, match="nothing is left"):
            select_exactly(STACK, wish)


def test_the_recorded_stack_is_this_one() -> None:
    assert {name: sorted(s.depends_on) for name, s in STACK.services.items()} == (
        REFERENCE.depends_on
    )
    assert {name: sorted(s.profiles) for name, s in STACK.services.items()} == REFERENCE.profiles
    assert {name: list(members) for name, members in STACK.groups.items()} == REFERENCE.groups
