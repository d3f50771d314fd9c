"""Shared commits: one thread does the work of all who queued while its last round ran.

There is no timer. An idle batcher takes a single item at once; a busy one finds more items the
longer its last round took, so rounds grow exactly as far as the load asks.
"""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from prometheus_client import Histogram

Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH_SIZE = Histogram(
    "paystack_batch_size",
    "Items that shared one round",
    ["batcher"],
    buckets=[1, 2, 4, 8, 16, 32, 64, 128, 256],
)

_Entry = tuple[Item, asyncio.Future[Result]]


class Overloaded(Exception):
    """The queue is full, or closing: the item was not taken."""


class Batcher(Generic[Item, Result]):
    """Hands items from one event loop to `work`, which runs in a thread of its own.

    `work` answers one result per item, in their order; a result that is an exception is raised to
    that item's caller alone, one that `work` raises to every caller of the round. Rounds are put
    together on the loop, so the thread is woken once a round and never competes for single items.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[Sequence[Item]], Sequence[Result | Exception]],
        *,
        batch_max: int,
        queue_max: int,
    ) -> None:
        self._name = name
        self._work = work
        self._batch_max = batch_max
        self._queue_max = queue_max
        self._queued: deque[_Entry[Item, Result]] = deque()
        self._rounds: queue.SimpleQueue[list[_Entry[Item, Result]] | None] = queue.SimpleQueue()
        self._busy = self._closing = False
        self._size = BATCH_SIZE.labels(name)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Starts the thread, for the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(
            target=self._run, args=(self._loop,), name=self._name, daemon=True
        )
        self._thread.start()

    async def submit(self, item: Item) -> Result:
        """The result of `item`. Raises Overloaded, or what `work` made of the item."""
        if self._loop is None:
            raise RuntimeError(f"batcher {self._name} was not started")
        if self._closing:
            raise Overloaded(f"{self._name} is stopping")
        if len(self._queued) >= self._queue_max:
            raise Overloaded(f"{self._name}: {self._queue_max} items wait already")
        future: asyncio.Future[Result] = self._loop.create_future()
        if not self._queued and not self._busy:
            self._loop.call_soon(self._hand_over)  # with all that this turn of the loop brings
        self._queued.append((item, future))
        return await future

    async def close(self) -> None:
        """Ends the thread once all that was submitted is done."""
        self._closing = True
        if not self._busy and not self._queued:
            self._rounds.put(None)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    def _hand_over(self) -> None:
        """Gives the thread, which is idle, whatever waits."""
        count = min(len(self._queued), self._batch_max)
        self._busy = True
        self._rounds.put([self._queued.popleft() for _ in range(count)])

    def _deliver(
        self, entries: Sequence[_Entry[Item, Result]], results: Sequence[Result | Exception]
    ) -> None:
        self._busy = False
        if self._queued:
            self._hand_over()
        elif self._closing:
            self._rounds.put(None)
        for (_, future), result in zip(entries, results, strict=True):
            if future.done():  # the caller was cancelled
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        while (entries := self._rounds.get()) is not None:
            self._size.observe(len(entries))
            results: Sequence[Result | Exception]
            try:
                results = self._work([item for item, _ in entries])
            except Exception as error:
                results = [error] * len(entries)
            loop.call_soon_threadsafe(self._deliver, entries, results)
