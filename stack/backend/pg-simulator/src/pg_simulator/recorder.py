"""Shared commits for the call log: all requests of one turn of the event loop share one.

There is no timer and no thread: the first request of a turn schedules the commit, which runs once
the loop has taken in everything else that is ready. SQLite's part of a call is too short to be
worth a hand-over; only a checkpoint holds the loop for some milliseconds.
"""

import asyncio

from pg_simulator.call_log import Answered, Call, CallLog


class Recorder:
    """Writes calls into `log` on the running event loop."""

    def __init__(self, log: CallLog) -> None:
        self._log = log
        self._waiting: list[tuple[Call, asyncio.Future[Answered]]] = []

    async def record(self, call: Call) -> Answered:
        """What the call's key was first answered, once that is written."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answered] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._commit)
        self._waiting.append((call, future))
        return await future

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            answers = self._log.record([call for call, _ in waiting])
        except Exception as error:
            for _, future in waiting:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answered in zip(waiting, answers, strict=True):
            if not future.done():
                future.set_result(answered)
