"""What the replay ledger tells, and whether what was replayed has arrived."""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

from paystack_cli.replay.database import View, look
from paystack_cli.replay.ledger import Entry, Outcome
from paystack_cli.replay.site import Site


@dataclass(frozen=True, slots=True)
class Told:
    """An entry of the ledger; `applied` is None for what was not replayed."""

    entry: Entry
    applied: bool | None


def newest(site: Site, topics: Collection[str], count_max: int) -> list[Told]:
    """The newest entries of these dead-letter topics (of all, when none is named), oldest first.

    Raises what the clients raise.
    """
    matching = (e for e in site.ledger.entries() if not topics or e.letter.topic in topics)
    entries = deque(matching, count_max)
    view = look(
        site.database,
        event_ids={entry.event_id for entry in entries if entry.event_id is not None},
        payment_ids={entry.payment_id for entry in entries if entry.payment_id is not None},
        consumers=site.catalog.consumers,
    )
    return [Told(entry, _applied(entry, site, view)) for entry in entries]


def _applied(entry: Entry, site: Site, view: View) -> bool | None:
    if entry.outcome is not Outcome.REPLAYED:
        return None
    consumers = site.consumers(entry.letter.topic, entry.target)
    if consumers and consumers <= view.applied_by.get(entry.event_id or 0, frozenset()):
        return True
    payment = view.payments.get(entry.payment_id or 0)
    return payment is not None and entry.event_type in payment.effects
