"""Chains: of each key one item is at work, the others follow in order."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from paycore.chains import Chains


@given(st.lists(st.sampled_from("abc"), max_size=40), st.randoms(use_true_random=False))
def test_items_of_a_key_follow_each_other_in_order(keys: list[str], random: Random) -> None:
    chains: Chains[str, int] = Chains()
    at_work: dict[str, int] = {}
    seen: dict[str, list[int]] = {key: [] for key in "abc"}
    for item, key in enumerate(keys):
        if chains.add(key, item):
            assert key not in at_work
            at_work[key] = item
    while at_work:
        assert chains.at_work == len(at_work)
        key = random.choice(sorted(at_work))
        seen[key].append(at_work.pop(key))
        following = chains.advance(key)
        if following is not None:
            at_work[key] = following
    assert seen == {key: [i for i, k in enumerate(keys) if k == key] for key in "abc"}


def test_a_dropped_key_gives_back_all_its_items_and_starts_anew() -> None:
    chains: Chains[str, int] = Chains()
    for item in (1, 2, 3):
        chains.add("a", item)
    assert list(chains.drop("a")) == [1, 2, 3]
    assert chains.add("a", 4)
