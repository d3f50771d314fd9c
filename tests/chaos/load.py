"""Open-model load through the public door: requests arrive at a pace of their own.

Some acknowledged payments are repeated with the same key and body, some keys are used again for
another amount, some payments are refunded once they are captured, some of those twice at once. All
choices come from one seeded random source.
"""

import asyncio
import itertools
import random
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from http import HTTPStatus

import httpx

from tests.chaos.journal import Asked, Journal, Operation, is_definite

MERCHANTS = 20
AMOUNT_MAX = 1_000_000
CURRENCIES = ("KRW", "EUR", "USD", "JPY")

REPEAT_SHARE = 0.10
REUSE_SHARE = 0.05
REFUND_SHARE = 0.25
DOUBLE_REFUND_SHARE = 0.20
"""Of the refunds, those that are asked for twice at the same moment."""

REQUEST_TIMEOUT_S = 5.0
CONNECTIONS_MAX = 64
PAUSE_MIN_S, PAUSE_MAX_S = 0.1, 1.0
"""Pauses between attempts double from the one to the other, with full jitter."""
DEFINITE_WITHIN_S = 90.0
"""A request without a definite answer by then failed: the stack did not come back for it."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A request that never got a definite answer, and what its last attempt met."""

    asked: Asked
    last: str


class Load(threading.Thread):
    """Clients in a thread of their own, from `start` until `finish`."""

    def __init__(
        self,
        gateway: str,
        journal: Journal,
        *,
        name: str,
        rate_per_s: float,
        random_source: random.Random,
        definite_within_s: float = DEFINITE_WITHIN_S,
    ) -> None:
        super().__init__(name=f"load-{name}")
        self._gateway = gateway
        self._journal = journal
        self._prefix = name
        self._rate_per_s = rate_per_s
        self._random = random_source
        self._definite_within_s = definite_within_s
        self._stopped = threading.Event()
        self.unsettled: list[Unsettled] = []
        self._failure: BaseException | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._arrivals())
        except BaseException as error:
            self._failure = error

    def finish(self) -> list[Unsettled]:
        """Ends the arrivals, waits for every client and tells what stayed without an answer."""
        self._stopped.set()
        self.join()
        if self._failure is not None:
            raise self._failure
        return self.unsettled

    async def _arrivals(self) -> None:
        limits = httpx.Limits(max_connections=CONNECTIONS_MAX)
        async with (
            httpx.AsyncClient(timeout=REQUEST_TIMEOUT_S, limits=limits) as client,
            asyncio.TaskGroup() as clients,
        ):
            next_at_s = time.monotonic()
            for number in itertools.count():
                if self._stopped.is_set():
                    return
                clients.create_task(self._payment(client, self._choose(number)))
                next_at_s += self._random.expovariate(self._rate_per_s)
                await asyncio.sleep(max(0.0, next_at_s - time.monotonic()))

    def _choose(self, number: int) -> "_Story":
        """What will happen to payment `number`: drawn at once, so that the seed fixes it."""
        draw = self._random.random
        return _Story(
            asked=Asked(
                operation=Operation.AUTHORIZE,
                key=f"{self._prefix}-{number}",
                merchant_id=f"CHAOS-{self._random.randrange(MERCHANTS)}",
                amount=self._random.randint(1, AMOUNT_MAX),
                currency=self._random.choice(CURRENCIES),
            ),
            repeats=draw() < REPEAT_SHARE,
            reuses=draw() < REUSE_SHARE,
            refunds=draw() < REFUND_SHARE,
            refunds_twice=draw() < DOUBLE_REFUND_SHARE,
        )

    async def _payment(self, client: httpx.AsyncClient, story: "_Story") -> None:
        asked = story.asked
        answer = await self._settle(client, asked, "/authorize")
        if answer is None or answer.status_code != HTTPStatus.OK:
            return
        if story.repeats:
            await self._settle(client, asked, "/authorize")
        if story.reuses:
            other = replace(asked, operation=Operation.REUSE, amount=asked.amount + 1)
            await self._settle(client, other, "/authorize")
        if story.refunds:
            payment_id = answer.json()["paymentId"]
            refund = replace(asked, operation=Operation.REFUND, payment_id=payment_id)
            if await self._captured(client, refund):
                copies = 2 if story.refunds_twice else 1
                await asyncio.gather(
                    *(self._settle(client, refund, f"/refund/{payment_id}") for _ in range(copies))
                )

    async def _captured(self, client: httpx.AsyncClient, refund: Asked) -> bool:
        """Waits until the payment can be refunded."""
        last = "never read"
        async for _ in self._attempts():
            try:
                answer = await client.get(f"{self._gateway}/{refund.payment_id}")
            except httpx.HTTPError as error:
                last = type(error).__name__
                continue
            last = answer.text
            if answer.status_code == HTTPStatus.OK:
                status = answer.json()["status"]
                if status != "CAPTURE_REQUESTED":
                    return bool(status == "CAPTURED")
        self.unsettled.append(Unsettled(refund, f"not captured: {last}"))
        return False

    async def _settle(
        self, client: httpx.AsyncClient, asked: Asked, path: str
    ) -> httpx.Response | None:
        """Sends until a definite answer is there; None when the time for that ran out."""
        last = "never sent"
        async for attempt in self._attempts():
            self._journal.sending(asked, attempt)
            try:
                answer = await client.post(self._gateway + path, json=asked.body)
            except httpx.HTTPError as error:
                last = f"{type(error).__name__}: {error}"
                self._journal.unanswered(asked, attempt, last)
                continue
            self._journal.answered(asked, attempt, answer.status_code, answer.text)
            if is_definite(answer.status_code, answer.text):
                return answer
            last = f"{answer.status_code} {answer.text}"
        self.unsettled.append(Unsettled(asked, last))
        return None

    async def _attempts(self) -> AsyncIterator[int]:
        """Numbers the attempts of one request, with pauses between them, until its time is over."""
        deadline_s = time.monotonic() + self._definite_within_s
        attempt = 0
        while time.monotonic() < deadline_s:
            attempt += 1
            yield attempt
            pause_s = min(PAUSE_MAX_S, PAUSE_MIN_S * 2**attempt)
            await asyncio.sleep(random.uniform(PAUSE_MIN_S, pause_s))


@dataclass(frozen=True, slots=True)
class _Story:
    asked: Asked
    repeats: bool
    reuses: bool
    refunds: bool
    refunds_twice: bool
