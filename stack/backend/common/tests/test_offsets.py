"""Offsets: whatever the order in which records are finished, none is ever skipped."""

from hypothesis import given
from hypothesis import strategies as st
from paycore.offsets import PartitionOffsets


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Offsets of a partition (with gaps, as compaction leaves them), and an order of finishing."""
    gaps = draw(st.lists(st.integers(1, 3), min_size=1, max_size=30))
    offsets = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    return offsets, draw(st.permutations(offsets))


@given(runs())
def test_only_what_lies_below_the_lowest_unfinished_record_is_committed(
    run: tuple[list[int], list[int]],
) -> None:
    taken, finished = run
    partition = PartitionOffsets()
    for offset in taken:
        partition.take(offset)
    unfinished = set(taken)
    asked = None
    for offset in finished:
        partition.finish(offset)
        unfinished.discard(offset)
        done = [o for o in taken if not unfinished or o < min(unfinished)]
        expected = done[-1] + 1 if done else None
        assert partition.to_commit() == (expected if expected != asked else None)
        asked = expected
    assert asked == taken[-1] + 1


def test_a_commit_that_failed_is_asked_for_again() -> None:
    partition = PartitionOffsets()
    partition.take(7)
    partition.finish(7)
    assert partition.to_commit() == 8
    assert partition.to_commit() is None
    partition.commit_failed()
    assert partition.to_commit() == 8


def test_markers_of_transactions_are_done_once_every_record_before_them_is() -> None:
    partition = PartitionOffsets()
    partition.take(7)
    partition.reached(9)
    assert partition.to_commit() is None
    partition.finish(7)
    assert partition.to_commit() == 8
    partition.reached(9)
    assert partition.to_commit() == 9
    partition.reached(8)
    assert partition.to_commit() is None
