"""Sets letters aside for good: an entry in the replay ledger says why, nothing is deleted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from paystack_cli.replay.ledger import Entry, Outcome, origin_of
from paystack_cli.replay.letters import Letter
from paystack_cli.replay.site import Site
from paystack_cli.replay.transactions import Transactions


@dataclass(frozen=True, slots=True)
class Discarded:
    """Entries that were written, and those that stood already."""

    written: tuple[Entry, ...]
    standing: tuple[Entry, ...]


def discard(site: Site, letters: Iterable[Letter], reason: str, operator: str) -> Discarded:
    """Enters the letters as discarded, unless the ledger has them; shuts out who replays them."""
    site.ledger.create()
    written: list[Entry] = []
    standing: list[Entry] = []
    for topic, group in groupby(letters, lambda letter: letter.place.topic):
        transactions = Transactions(site.kafka, topic)
        handled = site.ledger.handled([topic])
        new = []
        for letter in group:
            entry = handled.entry_of(letter)
            if entry is None:
                new.append(_entry(letter, reason, operator))
            else:
                standing.append(entry)
        if new:
            transactions.send([site.ledger.record(entry) for entry in new])
        written += new
    return Discarded(tuple(written), tuple(standing))


def _entry(letter: Letter, reason: str, operator: str) -> Entry:
    return Entry(
        letter=letter.place,
        sha256=letter.sha256,
        event_id=letter.event_id,
        event_type=letter.origin.event_type,
        payment_id=letter.payment_id,
        origin=origin_of(letter),
        outcome=Outcome.DISCARDED,
        at=datetime.now(UTC),
        by=operator,
        reason=reason,
    )
