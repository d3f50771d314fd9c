"""Shared rounds: who shares one, who fails alone, what is refused."""

import asyncio
import threading
from collections.abc import Callable, Sequence

import pytest
from paycore.batcher import Batcher, Overloaded


class Work:
    """Doubles numbers; refuses odd ones; remembers its rounds; waits while `gate` is closed."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, items: Sequence[int]) -> Sequence[int | Exception]:
        self.gate.wait()
        self.rounds.append(list(items))
        return [ValueError(f"odd: {item}") if item % 2 else 2 * item for item in items]


async def _submit_all(batcher: Batcher[int, int], items: Sequence[int]) -> list[object]:
    return await asyncio.gather(*map(batcher.submit, items), return_exceptions=True)


async def _until(condition: Callable[[], bool]) -> None:
    """Lets the loop turn until `condition` holds; it is a state of the loop's own, no event."""
    for _ in range(100):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("the loop never got there")


def test_all_who_wait_share_one_round() -> None:
    work = Work()

    async def run() -> list[object]:
        batcher = Batcher("test", work, batch_max=100, queue_max=100)
        batcher.start()
        answers = await _submit_all(batcher, range(0, 20, 2))
        await batcher.close()
        return answers

    assert asyncio.run(run()) == list(range(0, 40, 4))
    assert work.rounds == [list(range(0, 20, 2))]


def test_what_queues_during_a_round_makes_the_next_in_order_and_bounded() -> None:
    work = Work()
    work.gate.clear()

    async def run() -> None:
        batcher = Batcher("test", work, batch_max=3, queue_max=100)
        batcher.start()
        first = asyncio.ensure_future(batcher.submit(0))
        await _until(lambda: batcher._busy)
        rest = asyncio.ensure_future(_submit_all(batcher, [2, 4, 6, 8]))
        await asyncio.sleep(0)
        work.gate.set()
        await asyncio.gather(first, rest)
        await batcher.close()

    asyncio.run(run())
    assert work.rounds == [[0], [2, 4, 6], [8]]


def test_a_bad_item_fails_alone() -> None:
    async def run() -> list[object]:
        batcher = Batcher("test", Work(), batch_max=100, queue_max=100)
        batcher.start()
        answers = await _submit_all(batcher, [2, 3, 4])
        await batcher.close()
        return answers

    two, three, four = asyncio.run(run())
    assert (two, four) == (4, 8)
    assert isinstance(three, ValueError)


def test_what_work_raises_reaches_every_caller_and_the_thread_goes_on() -> None:
    calls = 0

    def work(items: Sequence[int]) -> Sequence[int | Exception]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ConnectionError("away")
        return items

    async def run() -> tuple[list[object], int]:
        batcher: Batcher[int, int] = Batcher("test", work, batch_max=100, queue_max=100)
        batcher.start()
        failed = await _submit_all(batcher, [1, 2])
        answered = await batcher.submit(3)
        await batcher.close()
        return failed, answered

    failed, answered = asyncio.run(run())
    assert [type(error) for error in failed] == [ConnectionError, ConnectionError]
    assert answered == 3


def test_a_full_queue_refuses_and_a_cancelled_caller_harms_nobody() -> None:
    work = Work()
    work.gate.clear()

    async def run() -> list[object]:
        batcher = Batcher("test", work, batch_max=10, queue_max=2)
        batcher.start()
        busy = asyncio.ensure_future(batcher.submit(0))
        await _until(lambda: batcher._busy)
        cancelled, waiting = (asyncio.ensure_future(batcher.submit(item)) for item in (2, 4))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await batcher.submit(6)
        cancelled.cancel()
        work.gate.set()
        answers = await asyncio.gather(busy, cancelled, waiting, return_exceptions=True)
        await batcher.close()
        return answers

    first, cancelled, last = asyncio.run(run())
    assert (first, last) == (0, 8)
    assert isinstance(cancelled, asyncio.CancelledError)


def test_close_waits_for_what_was_submitted() -> None:
    work = Work()

    async def run() -> list[object]:
        batcher = Batcher("test", work, batch_max=1, queue_max=100)
        batcher.start()
        answers = asyncio.ensure_future(_submit_all(batcher, [2, 4, 6]))
        await _until(lambda: bool(batcher._queued))
        await batcher.close()
        with pytest.raises(Overloaded):
            await batcher.submit(8)
        return await answers

    assert asyncio.run(run()) == [4, 8, 12]
