"""An open-loop load: requests leave by the clock, however long the answers take."""

import asyncio
import json
import time
from dataclasses import dataclass, field

from pyreqwest.client import ClientBuilder

CONNECTIONS_MAX = 256


@dataclass
class OpenLoop:
    """Payment id -> wall clock of its 200; `refused` counts all other answers."""

    answered_at_s: dict[int, float] = field(default_factory=dict)
    refused: int = 0


async def authorize_at(url: str, rate_per_s: float, duration_s: float, key_prefix: str) -> OpenLoop:
    """Authorizes new payments at a constant rate."""
    result = OpenLoop()
    async with ClientBuilder().no_proxy().max_connections(CONNECTIONS_MAX).build() as client:

        async def one(number: int) -> None:
            body = {
                "merchantId": "BENCH",
                "amount": 1_000,
                "currency": "KRW",
                "idempotencyKey": f"{key_prefix}-{number}",
            }
            response = await client.post(url).body_json(body).build().send()
            if response.status == 200:
                payment_id = json.loads(bytes(await response.bytes()))["paymentId"]
                result.answered_at_s[payment_id] = time.time()
            else:
                result.refused += 1

        started_s = time.monotonic()
        async with asyncio.TaskGroup() as requests:
            for number in range(int(rate_per_s * duration_s)):
                due_s = started_s + number / rate_per_s
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))
                requests.create_task(one(number))
    return result
