"""Asks every witness of a payment at once; one that does not answer is named, not waited for."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from paystack_cli.clients.database import Database
from paystack_cli.clients.http import HttpClient
from paystack_cli.clients.kafka import KafkaEndpoint
from paystack_cli.engines.base import KeepLine, LogLine
from paystack_cli.errors import CheckFailed, PaystackError, UsageError
from paystack_cli.events.letter import DeadLetter
from paystack_cli.replay.ledger import Entry
from paystack_cli.replay.site import Site
from paystack_cli.stack.catalog import Catalog
from paystack_cli.trace.calls import read_calls
from paystack_cli.trace.facts import read_facts
from paystack_cli.trace.judge import missing
from paystack_cli.trace.log_lines import log_steps, speaks_of
from paystack_cli.trace.model import PaymentFacts, Record, Step, Trace, in_order
from paystack_cli.trace.records import (
    CLOCKS_MAX,
    find_letters,
    find_records,
    letter_windows,
    record_windows,
)
from paystack_cli.trace.steps import (
    call_steps,
    database_steps,
    letter_steps,
    record_steps,
    replay_steps,
)
from paystack_cli.trace.subject import Subject, find_payments

T = TypeVar("T")

STATEMENTS_MAX_S = 35.0
"""For all statements; a little more than the server's own limit for one."""


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Who is asked. `logs` gives the lines since a moment that are to be kept."""

    catalog: Catalog
    database: Database
    kafka: KafkaEndpoint
    card_network: HttpClient
    logs: Callable[[datetime, KeepLine], Iterable[LogLine]]


def find_payment(witnesses: Witnesses, subjects: Sequence[Subject]) -> int:
    """The one payment that is meant, by the first way to read the word that finds any.

    Raises CheckFailed when there is none, UsageError when there are several.
    """
    for subject in subjects:
        found = find_payments(witnesses.database, subject, STATEMENTS_MAX_S)
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(
                f"{subject} is of {len(found)} payments: {', '.join(map(str, found))}",
                hint=f"paystack trace payment:{found[0]}",
            )
    meant = " or ".join(map(str, subjects))
    raise CheckFailed(f"there is no {meant}", hint="paystack verify")


def gather(witnesses: Witnesses, payment_id: int) -> Trace:
    """The timeline of the payment.

    Raises CheckFailed when there is none of this id, ServerUnreachable or ServerRefused when the
    database does not answer; what the others do not tell stands in `unread`.
    """
    catalog = witnesses.catalog
    facts = read_facts(witnesses.database, payment_id, catalog.consumers, STATEMENTS_MAX_S)
    if facts is None:
        raise CheckFailed(f"there is no payment {payment_id}", hint="paystack verify")
    unread: list[str] = []
    with ThreadPoolExecutor() as pool:
        asked_records = pool.submit(_records, witnesses, facts)
        asked_letters = pool.submit(_letters, witnesses, facts)
        asked_replays = pool.submit(_replays, witnesses)
        asked_calls = pool.submit(read_calls, witnesses.card_network, facts.payment)
        asked_logs = pool.submit(_log_steps, witnesses, facts)
        records = _answer(asked_records.result, "topics", unread)
        letters = _answer(asked_letters.result, "dead letters", unread) or []
        replays = _answer(asked_replays.result, "replays", unread) or []
        calls = _answer(asked_calls.result, "card network", unread) or ()
        logs = _answer(asked_logs.result, "logs", unread) or []
    steps = (
        *database_steps(facts),
        *record_steps(records or ()),
        *letter_steps(letters),
        *replay_steps(replays, payment_id),
        *call_steps(calls),
        *logs,
    )
    return Trace(facts, in_order(steps), missing(facts, catalog, records, letters), tuple(unread))


def _answer(result: Callable[[], T], who: str, unread: list[str]) -> T | None:
    try:
        return result()
    except PaystackError as error:
        unread.append(f"{who}: {error.message}")
        return None


def _records(witnesses: Witnesses, facts: PaymentFacts) -> list[Record]:
    return list(find_records(witnesses.kafka, record_windows(facts, witnesses.catalog)))


def _letters(witnesses: Witnesses, facts: PaymentFacts) -> list[DeadLetter]:
    return list(find_letters(witnesses.kafka, letter_windows(facts, witnesses.catalog)))


def _replays(witnesses: Witnesses) -> list[Entry]:
    site = Site(witnesses.catalog, witnesses.kafka, witnesses.database)
    return list(site.ledger.entries())


def _log_steps(witnesses: Witnesses, facts: PaymentFacts) -> list[Step]:
    return log_steps(witnesses.logs(facts.payment.requested_at - CLOCKS_MAX, speaks_of(facts)))
