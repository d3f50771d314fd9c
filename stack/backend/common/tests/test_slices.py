"""Relays that share the outbox: with any of them coming and going, no slice has two owners."""

from dataclasses import dataclass, field
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paycore.relay_store import MEMBERS_MAX, SLICES, RelayStore
from paycore.slices import SliceOwnership, fair_share


@dataclass
class LockServer:
    """MariaDB's advisory locks: a name belongs to one connection."""

    member_of: dict[int, int] = field(default_factory=dict)
    owner_of: dict[int, int] = field(default_factory=dict)

    def forget(self, connection: int) -> None:
        self.member_of = {n: c for n, c in self.member_of.items() if c != connection}
        self.owner_of = {n: c for n, c in self.owner_of.items() if c != connection}


@dataclass
class Connection:
    """The part of RelayStore that `SliceOwnership` uses."""

    server: LockServer
    number: int

    def lock_membership(self) -> int | None:
        free = (n for n in range(MEMBERS_MAX) if n not in self.server.member_of)
        place = next(free, None)
        if place is not None:
            self.server.member_of[place] = self.number
        return place

    def count_members(self) -> int:
        return len(self.server.member_of)

    def lock_slice(self, slice_: int) -> bool:
        return self.server.owner_of.setdefault(slice_, self.number) == self.number

    def release_slice(self, slice_: int) -> None:
        assert self.server.owner_of.pop(slice_) == self.number


class Relay:
    def __init__(self, server: LockServer, number: int) -> None:
        self.connection = Connection(server, number)
        self.slices = SliceOwnership(cast(RelayStore, self.connection))
        self.busy: set[int] = set()

    def look(self) -> None:
        self.slices.rebalance(lambda slice_: slice_ in self.busy)


@pytest.mark.parametrize(
    ("members", "share"), [(1, 8), (2, 4), (3, 3), (4, 2), (5, 2), (7, 2), (8, 1), (9, 1)]
)
def test_the_fair_share_leaves_no_slice_over(members: int, share: int) -> None:
    assert fair_share(members) == share
    assert share * members >= SLICES


STEPS = st.lists(
    st.tuples(st.sampled_from(["start", "die", "look", "busy", "idle"]), st.integers(0, 9)),
    max_size=60,
)


@given(STEPS)
def test_no_slice_has_two_owners_and_none_stays_without(steps: list[tuple[str, int]]) -> None:
    server = LockServer()
    relays: dict[int, Relay] = {}
    for number, (step, which) in enumerate(steps):
        relay = relays.get(which)
        if step == "start" and relay is None:
            relays[which] = Relay(server, number)
        elif relay is None:
            continue
        elif step == "die":
            server.forget(relays.pop(which).connection.number)
        elif step == "look":
            relay.look()
        elif step == "busy":
            relay.busy = set(relay.slices.active)
        else:
            relay.busy = set()
        active = [slice_ for one in relays.values() for slice_ in one.slices.active]
        assert len(active) == len(set(active))
    for relay in relays.values():
        relay.busy = set()
    for _ in range(3):
        for relay in relays.values():
            relay.look()
    if relays:
        assert sorted(s for r in relays.values() for s in r.slices.active) == list(range(SLICES))


def test_a_slice_with_rows_in_hand_is_kept_until_they_are_settled() -> None:
    server = LockServer()
    first, second = Relay(server, 1), Relay(server, 2)
    first.look()
    first.busy = {6, 7}
    second.look()
    first.look()
    second.look()
    assert (first.slices.active, second.slices.active) == ({0, 1, 2, 3}, {4, 5})
    first.busy = set()
    first.look()
    second.look()
    assert second.slices.active == {4, 5, 6, 7}
