"""`paystack smoke`: one payment all the way, through nothing but the public door."""

import json
import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from paystack_cli.checks.model import AttemptFailed, Check, Evidence, Hopeless, Probe
from paystack_cli.checks.runner import Step
from paystack_cli.checks.translation import client_errors_as_attempts
from paystack_cli.clients.http import Answer, HttpClient
from paystack_cli.engines.base import ServiceStatus, State
from paystack_cli.errors import PreflightError

API = "/api/payments"
CURRENCY = "KRW"
REFUND_REASON = "paystack smoke"

CAPTURE_ENTRY = ("merchant_receivable", "cash")
REFUND_ENTRY = ("cash", "merchant_receivable")
"""Debit and credit account of a ledger entry; a refund is the capture reversed."""

RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
"""The server is busy or still starting; any other unexpected status will not change."""

_STUCK_HINTS: Mapping[str, str] = {
    "CAPTURE_REQUESTED": "paystack health outbox-relay settlement-worker;"
    " paystack dlq inspect settlement.dlq",
    "CAPTURE_FAILED": "paystack logs settlement-worker --tail 50",
    "REFUND_REQUESTED": "paystack health outbox-relay refund-worker;"
    " paystack dlq inspect refund.dlq",
    "REFUND_FAILED": "paystack logs refund-worker --tail 50",
}
"""Status in which a payment stopped -> where to look."""
LEDGER_HINT = "paystack health outbox-relay consumer-worker; paystack dlq inspect payment.dlq"
GATEWAY_HINT = "paystack health gateway"
INGEST_HINT = "paystack logs ingest-service --tail 50"

WAY_IN = ("mariadb", "pg-simulator", "ingest-service", "gateway")
TO_CAPTURE = ("kafka", "outbox-relay", "settlement-worker")
TO_LEDGER = ("consumer-worker",)
TO_REFUND = ("refund-worker",)
"""The services that a payment needs for each part of its way."""

_PARTS = (
    (TO_CAPTURE, TO_CAPTURE),
    (TO_LEDGER, TO_CAPTURE + TO_LEDGER),
    (TO_REFUND, TO_CAPTURE + TO_REFUND),
)
"""Each part beyond the way in: whose it is, and all that it takes."""


def require_way_in(statuses: Iterable[ServiceStatus]) -> None:
    """Raises PreflightError when a service that every payment passes was not started or stopped.

    No waiting brings it back; one that is starting or was killed is waited for.
    """
    ended = {State.NOT_STARTED, State.STOPPED}
    closed = [one.name for one in statuses if one.name in WAY_IN and one.state in ended]
    if closed:
        raise PreflightError(
            f"no payment can be made: {', '.join(closed)} not running", hint="paystack up"
        )


def beyond(names: Collection[str]) -> frozenset[str]:
    """The services of those parts in which no service of `names` has a share.

    Without names a payment goes all the way. The way in is never beyond anybody.
    """
    if not names:
        return frozenset()
    taken = {name for own, all_of_it in _PARTS if set(own) & set(names) for name in all_of_it}
    return frozenset(name for own, _ in _PARTS for name in own) - taken


class Journey:
    """One payment on its way; the steps share its id, its key and the first answer.

    The idempotency key is new for each journey and the same in every attempt, so that a retried
    authorize never makes a second payment.
    """

    def __init__(self, gateway: HttpClient, *, merchant_id: str, amount: int) -> None:
        self.payment_id: int | None = None
        self._gateway = gateway
        self._merchant_id = merchant_id
        self._amount = amount
        self._key = f"smoke-{uuid.uuid4().hex}"
        self._first_answer = b""
        self._refund_was_sent = False

    def steps(self, excluded: Collection[str] = ()) -> list[Step]:
        """The steps in their order, without those that need a service of `excluded`.

        Raises PreflightError when a service is excluded that a payment cannot do without.
        """
        if closed := [name for name in WAY_IN if name in excluded]:
            raise PreflightError(
                f"no payment can be made without {', '.join(closed)}, which is left out",
                hint=f"paystack up {' '.join(closed)}",
            )
        table: tuple[tuple[str, Probe, str, tuple[str, ...]], ...] = (
            ("authorize", self._authorize, GATEWAY_HINT, ()),
            ("captured", self._captured, LEDGER_HINT, TO_CAPTURE),
            ("ledger-capture", self._ledger_holds_capture, LEDGER_HINT, TO_CAPTURE + TO_LEDGER),
            ("repeat", self._repeat, INGEST_HINT, ()),
            ("other-body", self._other_body, INGEST_HINT, ()),
            ("refund", self._refund, GATEWAY_HINT, TO_CAPTURE),
            ("refunded", self._refunded, LEDGER_HINT, TO_CAPTURE + TO_REFUND),
            (
                "ledger-refund",
                self._ledger_balances,
                LEDGER_HINT,
                TO_CAPTURE + TO_REFUND + TO_LEDGER,
            ),
            ("refund-again", self._refund_again, INGEST_HINT, TO_CAPTURE + TO_REFUND),
        )
        return [
            Step(Check(name, probe, hint), _left_out(services, excluded), (*WAY_IN, *services))
            for name, probe, hint, services in table
        ]

    def _authorize(self, timeout_s: float) -> Evidence:
        answer = self._post("/authorize", self._authorize_body(self._amount), timeout_s)
        _expect(answer, 200)
        payment_id = answer.json().get("paymentId")
        if not isinstance(payment_id, int):
            raise Hopeless(f"the answer has no paymentId: {answer}")
        self.payment_id, self._first_answer = payment_id, answer.body
        return Evidence(f"payment {payment_id} authorized", {"payment_id": payment_id})

    def _captured(self, timeout_s: float) -> Evidence:
        return self._has_status("CAPTURED", "CAPTURE_FAILED", timeout_s)

    def _ledger_holds_capture(self, timeout_s: float) -> Evidence:
        return self._ledger_is([CAPTURE_ENTRY], timeout_s)

    def _repeat(self, timeout_s: float) -> Evidence:
        answer = self._post("/authorize", self._authorize_body(self._amount), timeout_s)
        _expect(answer, 200)
        if answer.body != self._first_answer:
            raise Hopeless(f"the repeat was answered differently: {answer}")
        if answer.headers.get("Idempotent-Replayed") != "true":
            raise Hopeless("the repeat's answer has no Idempotent-Replayed: true")
        return Evidence("the same request again: the same bytes, replayed")

    def _other_body(self, timeout_s: float) -> Evidence:
        answer = self._post("/authorize", self._authorize_body(self._amount + 1), timeout_s)
        _expect(answer, 422, code="IDEMPOTENCY_KEY_REUSED")
        return Evidence("the same key with another body: 422")

    def _refund(self, timeout_s: float) -> Evidence:
        repeated, self._refund_was_sent = self._refund_was_sent, True
        answer = self._ask_refund(timeout_s)
        # An earlier attempt whose answer was lost may have been taken; `refunded` tells.
        if not (repeated and answer.status == 409):
            _expect(answer, 200)
        return Evidence(f"refund of payment {self.payment_id} requested")

    def _refunded(self, timeout_s: float) -> Evidence:
        return self._has_status("REFUNDED", "REFUND_FAILED", timeout_s)

    def _ledger_balances(self, timeout_s: float) -> Evidence:
        return self._ledger_is([CAPTURE_ENTRY, REFUND_ENTRY], timeout_s)

    def _refund_again(self, timeout_s: float) -> Evidence:
        _expect(self._ask_refund(timeout_s), 409, code="REFUND_CONFLICT")
        return Evidence("a second refund: 409")

    def _authorize_body(self, amount: int) -> Mapping[str, object]:
        return {
            "merchantId": self._merchant_id,
            "amount": amount,
            "currency": CURRENCY,
            "idempotencyKey": self._key,
        }

    def _ask_refund(self, timeout_s: float) -> Answer:
        body = {"merchantId": self._merchant_id, "reason": REFUND_REASON}
        return self._post(f"/refund/{self.payment_id}", body, timeout_s)

    def _has_status(self, wanted: str, final: str, timeout_s: float) -> Evidence:
        status = self._payment(timeout_s).get("status")
        if status == wanted:
            return Evidence(f"payment {self.payment_id} is {status}")
        kind = Hopeless if status == final else AttemptFailed
        raise kind(
            f"payment {self.payment_id} is {status}, not {wanted}",
            hint=_STUCK_HINTS.get(str(status)),
        )

    def _ledger_is(self, accounts: list[tuple[str, str]], timeout_s: float) -> Evidence:
        """Exactly these entries, each of the whole amount: so debits equal credits."""
        entries = self._payment(timeout_s).get("ledgerEntries") or []
        wanted = [(debit, credit, self._amount) for debit, credit in accounts]
        found = [
            (entry.get("debitAccount"), entry.get("creditAccount"), entry.get("amount"))
            for entry in entries
        ]
        if sorted(map(str, found)) != sorted(map(str, wanted)):
            # More than wanted never shrinks again; fewer may still come.
            kind = Hopeless if len(found) >= len(wanted) else AttemptFailed
            raise kind(
                f"the ledger of payment {self.payment_id} holds {found or 'nothing'}, not {wanted}",
                hint=LEDGER_HINT,
            )
        told = ", ".join(f"{debit} / {credit} {amount}" for debit, credit, amount in wanted)
        return Evidence(f"ledger (debit / credit): {told}")

    def _payment(self, timeout_s: float) -> dict[str, Any]:
        with client_errors_as_attempts():
            answer = self._gateway.request("GET", f"{API}/{self.payment_id}", timeout_s=timeout_s)
        _expect(answer, 200)
        return answer.json()

    def _post(self, path: str, body: Mapping[str, object], timeout_s: float) -> Answer:
        with client_errors_as_attempts():
            return self._gateway.request(
                "POST", API + path, body=json.dumps(body).encode(), timeout_s=timeout_s
            )


def _left_out(services: Iterable[str], excluded: Collection[str]) -> str | None:
    missing = [name for name in services if name in excluded]
    return f"left out on purpose, with {', '.join(missing)}" if missing else None


def _expect(answer: Answer, status: int, *, code: str | None = None) -> None:
    """Raises AttemptFailed for a busy server, Hopeless for any other unexpected answer."""
    if answer.status in RETRIED_STATUSES:
        raise AttemptFailed(f"{answer}")
    if answer.status != status or (code and answer.json().get("code") != code):
        wanted = f"{status} {code}" if code else str(status)
        raise Hopeless(f"{answer}, not {wanted}")
