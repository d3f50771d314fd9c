"""Judges letters by what catalog, database and replay ledger say at this moment."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from paystack_cli.events.letter import Place
from paystack_cli.replay.contract import Event, NoEvent, read_event
from paystack_cli.replay.database import View, look
from paystack_cli.replay.judgement import Facts, Judgement, Verdict, is_applied, judge
from paystack_cli.replay.ledger import Handled, origin_of
from paystack_cli.replay.letters import Letter
from paystack_cli.replay.site import Site

BATCH_LETTERS_MAX = 500
"""Looked up in the database at once."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A letter and what is to be done with it; `replays` before this one."""

    letter: Letter
    judgement: Judgement
    replays: int
    status: str | None
    """Of the payment."""
    applied: bool
    """Its consumers have done what it is there for."""


class Surveyor:
    """Judges letters in the order in which they come; of twins the first stands."""

    def __init__(self, site: Site, handled: Handled) -> None:
        self._site = site
        self._handled = handled
        self._first_of: dict[object, Place] = {}
        """By origin, and by topic and event id, the letter that is to be replayed."""

    def survey(self, letters: Iterable[Letter]) -> Iterator[Surveyed]:
        """Raises what the database's client raises."""
        for batch in batched(letters, BATCH_LETTERS_MAX):
            view = look(
                self._site.database,
                event_ids=_known(letter.event_id for letter in batch),
                payment_ids=_known(letter.payment_id for letter in batch),
                consumers=self._site.catalog.consumers,
            )
            for letter in batch:
                yield self._judged(letter, view)

    def _judged(self, letter: Letter, view: View) -> Surveyed:
        event, objection = self._event(letter)
        payment = view.payments.get(letter.payment_id or 0)
        stamped, counted = letter.replay_count, self._handled.count(letter)
        facts = Facts(
            letter=letter,
            event=event,
            objection=objection,
            payment=payment,
            consumers=self._site.consumers(letter.place.topic, letter.origin.topic),
            applied_by=view.applied_by.get(letter.event_id or 0, frozenset()),
            entry=self._handled.entry_of(letter),
            twin=self._twin(letter),
            replays=None if stamped is None else max(stamped, counted),
            partitions=self._site.partitions,
        )
        judgement = judge(facts)
        if judgement.verdict in (Verdict.REPLAY, Verdict.WARN):
            for sameness in _sameness(letter):
                self._first_of.setdefault(sameness, letter.place)
        status = None if payment is None else payment.status
        return Surveyed(letter, judgement, facts.replays or 0, status, is_applied(facts))

    def _event(self, letter: Letter) -> tuple[Event | None, str | None]:
        try:
            return read_event(self._site.catalog, letter), None
        except NoEvent as error:
            return None, str(error)

    def _twin(self, letter: Letter) -> str | None:
        """A worker that crashes at the wrong moment leaves two letters of one record."""
        firsts = (self._first_of.get(sameness) for sameness in _sameness(letter))
        return next((str(first) for first in firsts if first is not None), None)


def _sameness(letter: Letter) -> Iterator[object]:
    """What letters of one record, or of one event in one topic, have in common."""
    origin = origin_of(letter)
    if origin is not None:
        yield origin
    if letter.event_id is not None:
        yield letter.place.topic, letter.event_id


def _known(numbers: Iterable[int | None]) -> set[int]:
    return {number for number in numbers if number is not None}


def batched(items: Iterable[Item], size: int) -> Iterator[Sequence[Item]]:
    """`items` in lists of `size`, the last one shorter."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
