"""What to do with a dead letter: the rules, from facts that were read before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from paystack_cli.replay.contract import Event
from paystack_cli.replay.database import Payment
from paystack_cli.replay.ledger import Entry
from paystack_cli.replay.letters import Letter

REPLAYS_MAX = 2
"""Of one event out of one dead-letter topic; what dies for a third time needs a person."""


class Verdict(StrEnum):
    """`replay`; `warn`: only when it is accepted; `skip`: nothing to do; `refuse`: never as is."""

    REPLAY = "replay"
    WARN = "warn"
    SKIP = "skip"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of a letter before it is judged."""

    letter: Letter
    event: Event | None
    objection: str | None
    """Why it is no event, when it is none."""
    payment: Payment | None
    consumers: frozenset[str]
    """Those that the replay is for."""
    applied_by: frozenset[str]
    entry: Entry | None
    """In the replay ledger."""
    twin: str | None
    """Another letter of the same record or event, to be replayed before this one."""
    replays: int | None
    """Of this event before; None when the header that counts them is no number."""
    partitions: Mapping[str, int]
    """By topic."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and why; nothing speaks against a replay without reasons."""

    verdict: Verdict
    reasons: tuple[str, ...]


def judge(facts: Facts) -> Judgement:
    """The strictest rule that applies decides; its neighbours of the same verdict are told too."""
    for verdict, rules in RULES:
        reasons = tuple(reason for rule in rules if (reason := rule(facts)) is not None)
        if reasons:
            return Judgement(verdict, reasons)
    return Judgement(Verdict.REPLAY, ())


def is_applied(facts: Facts) -> bool:
    """Whether a replay has nothing left to do, or a replayed letter has arrived."""
    return _applied(facts) is not None or _effect_stands(facts) is not None


def _handled(facts: Facts) -> str | None:
    entry = facts.entry
    if entry is None:
        return None
    other = "" if entry.letter == facts.letter.place else f" as {entry.letter}"
    return f"{entry.outcome}{other} by {entry.by} at {entry.at.isoformat(timespec='seconds')}"


def _twin(facts: Facts) -> str | None:
    return facts.twin and f"the same event as {facts.twin}"


def _applied(facts: Facts) -> str | None:
    if not facts.consumers or not facts.consumers <= facts.applied_by:
        return None
    return f"already applied by {', '.join(sorted(facts.consumers))}"


def _effect_stands(facts: Facts) -> str | None:
    event_type = facts.letter.origin.event_type
    if facts.payment is None or event_type not in facts.payment.effects:
        return None
    return f"what {event_type} is there for is done already"


def _no_event(facts: Facts) -> str | None:
    return facts.objection


def _no_target(facts: Facts) -> str | None:
    topic, partition = facts.letter.origin.topic, facts.letter.origin.partition
    if topic is None:
        return "its headers do not say which topic it died in"
    if topic not in facts.partitions:
        return f"there is no topic {topic} any more, or this account may not see it"
    if partition is not None and not 0 <= partition < facts.partitions[topic]:
        return f"{topic} has no partition {partition}"
    return None


def _too_often(facts: Facts) -> str | None:
    if facts.replays is None:
        return "its replay count cannot be read"
    if facts.replays < REPLAYS_MAX:
        return None
    return f"replayed {facts.replays} times before, and died again"


def _unknown_payment(facts: Facts) -> str | None:
    if facts.event is None or facts.payment is not None:
        return None
    return f"payment {facts.event.payment_id} is not in the database"


def _other_money(facts: Facts) -> str | None:
    event, payment = facts.event, facts.payment
    if event is None or payment is None:
        return None
    said = (event.merchant_id, event.amount, event.currency)
    stands = (payment.merchant_id, payment.amount, payment.currency)
    if said == stands:
        return None
    return (
        f"it says {event.amount} {event.currency} for {event.merchant_id!r}; the payment is"
        f" {payment.amount} {payment.currency} for {payment.merchant_id!r}"
    )


def _newer_events(facts: Facts) -> str | None:
    newest = None if facts.payment is None else facts.payment.newest_processed
    event_id = facts.letter.event_id
    if newest is None or event_id is None or newest <= event_id:
        return None
    return f"event {newest} of the payment was processed since, which is newer than {event_id}"


Rule = Callable[[Facts], str | None]

RULES: Sequence[tuple[Verdict, Sequence[Rule]]] = (
    (Verdict.SKIP, (_handled, _twin, _applied, _effect_stands)),
    (Verdict.REFUSE, (_no_target, _no_event, _too_often, _unknown_payment, _other_money)),
    (Verdict.WARN, (_newer_events,)),
)
"""In the order in which they decide."""
