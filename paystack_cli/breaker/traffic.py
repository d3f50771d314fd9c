"""Authorizations at a steady rate, from threads of their own, each answer kept."""

import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from paystack_cli.clients.errors import ServerUnreachable
from paystack_cli.clients.http import HttpClient
from paystack_cli.verify.journal import Acknowledged, Journal

AUTHORIZE = "/api/payments/authorize"
MERCHANT, AMOUNT, CURRENCY = "PAYSTACK-BREAKER", 1000, "KRW"
AT_ONCE_MAX = 64
"""Requests under way; a stack that answers no more shows in their times."""
ANSWER_MAX_S = 10.0
HTTP_OK = 200


@dataclass(frozen=True, slots=True)
class Answered:
    """One authorization: when it was asked (epoch), how long it took, and what came back.

    `said` is the answer in a line where it was none of 2xx; "" where it was.
    """

    at_s: float
    took_s: float
    said: str
    acknowledged: Acknowledged | None


class Traffic:
    """Asks `rate_per_s` times a second from `start` to `stop`, whatever the answers are."""

    def __init__(self, gateway: HttpClient, rate_per_s: float) -> None:
        self._gateway = gateway
        self._pause_s = 1 / rate_per_s
        self._answers: list[Answered] = []
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def started(self) -> bool:
        """Whether it has ever begun."""
        return self._thread is not None

    def start(self) -> None:
        """Begin; a second call does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ask no more, and wait for what is under way; fine when nothing is."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def answers(self) -> Sequence[Answered]:
        """Everything answered so far."""
        return tuple(self._answers)

    def accepted(self, since_s: float = 0.0) -> int:
        """How many of the requests made since then were accepted."""
        return sum(1 for one in self.answers() if one.acknowledged and one.at_s >= since_s)

    def refused(self) -> Counter[str]:
        """What was said instead of 2xx, with how often."""
        return Counter(one.said for one in self.answers() if one.acknowledged is None)

    def journal(self) -> Journal:
        """What `verify` holds the stack to."""
        return Journal([one.acknowledged for one in self.answers() if one.acknowledged])

    def _run(self) -> None:
        due_s = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE_MAX, thread_name_prefix="authorize") as pool:
            while not self._ended.wait(max(0.0, due_s - time.monotonic())):
                pool.submit(self._authorize)
                due_s += self._pause_s

    def _authorize(self) -> None:
        key = f"breaker-{uuid.uuid4().hex}"
        body = {
            "merchantId": MERCHANT,
            "amount": AMOUNT,
            "currency": CURRENCY,
            "idempotencyKey": key,
        }
        at_s, began_s = time.time(), time.monotonic()
        acknowledged, said = None, ""
        try:
            answer = self._gateway.request(
                "POST", AUTHORIZE, body=json.dumps(body).encode(), timeout_s=ANSWER_MAX_S
            )
            payment_id = answer.json().get("paymentId")
            if answer.status == HTTP_OK and isinstance(payment_id, int):
                text = answer.body.decode()
                acknowledged = Acknowledged(
                    payment_id, MERCHANT, key, AMOUNT, CURRENCY, frozenset({text})
                )
            else:
                said = str(answer)
        except ServerUnreachable as error:
            said = error.message
        self._answers.append(Answered(at_s, time.monotonic() - began_s, said, acknowledged))
