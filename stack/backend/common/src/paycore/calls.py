"""Calls to a remote party, side by side, in a thread with an event loop of its own.

Apart from the worker's thread they take as long as the remote party takes, whatever the worker does
meanwhile: a commit that waits for its disk is no slow call and no time-out.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import uvloop

from paycore.breaker import BreakerState, CircuitBreaker

Item = TypeVar("Item")
Opened = TypeVar("Opened")

CALLS_MAX = 256
"""Under way at the same time."""
CLOSE_MAX_S = 5.0

StartCall = Callable[[], Coroutine[Any, Any, Any]]


class Calls(Generic[Item]):
    """Starts calls for items and collects their outcomes; one thread uses it.

    `breaker` guards the calls; without one nothing is called. The thread lives from `enter` on.
    """

    def __init__(self, breaker: CircuitBreaker | None = None) -> None:
        self.breaker = breaker
        self.under_way = 0
        self._finished: deque[tuple[Item, Any]] = deque()
        self._answered = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opened = AsyncExitStack()
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(CLOSE_MAX_S)
            self._loop.call_soon_threadsafe(self._loop.stop)

    def enter(self, client: AbstractAsyncContextManager[Opened]) -> Opened:
        """Opens the client that makes the calls; it is closed with this object."""
        if self._loop is None:
            self._loop = uvloop.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="calls", daemon=True).start()
        opening = self._opened.enter_async_context(client)
        return asyncio.run_coroutine_threadsafe(opening, self._loop).result()

    @property
    def outage(self) -> bool:
        """Whether the breaker takes the remote party for down: what fails now is nobody's fault."""
        return self.breaker is not None and self.breaker.state is not BreakerState.CLOSED

    def permitted(self) -> int:
        """How many more calls may be started now."""
        if self.breaker is None:
            return CALLS_MAX
        limits = {
            BreakerState.CLOSED: CALLS_MAX,
            BreakerState.HALF_OPEN: self.breaker.settings.half_open_calls,
            BreakerState.OPEN: 0,
        }
        return max(0, limits[self.breaker.state] - self.under_way)

    def retry_after_s(self) -> float:
        """How long no call will be permitted."""
        return self.breaker.retry_after_s() if self.breaker is not None else 0.0

    def start(self, items: Sequence[tuple[Item, StartCall]]) -> None:
        """Starts one call per item."""
        if items and self._loop is not None:
            self.under_way += len(items)
            self._loop.call_soon_threadsafe(self._start, items)

    def finished(self, timeout_s: float) -> list[tuple[Item, Any]]:
        """Items with what their calls returned, or the exception; waits for the first of them."""
        if not self._finished:
            self._answered.wait(timeout_s)
        self._answered.clear()
        finished = [self._finished.popleft() for _ in range(len(self._finished))]
        self.under_way -= len(finished)
        return finished

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._opened.aclose()

    def _start(self, items: Sequence[tuple[Item, StartCall]]) -> None:
        for item, start in items:
            task = asyncio.get_running_loop().create_task(self._call(item, start))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _call(self, item: Item, start: StartCall) -> None:
        try:
            outcome = await start()
        except Exception as error:
            outcome = error
        self._finished.append((item, outcome))
        self._answered.set()
