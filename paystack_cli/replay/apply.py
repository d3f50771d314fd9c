"""Carries out a replay plan: nothing that has changed since, and nothing twice."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby

from paystack_cli.errors import TimedOut
from paystack_cli.events.letter import Place
from paystack_cli.replay.drift import Drifted, compare
from paystack_cli.replay.ledger import Entry, Handled, Outcome, origin_of
from paystack_cli.replay.letters import REPLAY_COUNT_HEADER, REPLAY_ID_HEADER, Letter
from paystack_cli.replay.plan import Plan, PlannedLetter
from paystack_cli.replay.reading import read_letters
from paystack_cli.replay.site import Site
from paystack_cli.replay.survey import BATCH_LETTERS_MAX, Surveyor
from paystack_cli.replay.transactions import Record, Transactions

TRANSACTION_LETTERS_MAX = 100
"""Sent, and entered in the ledger, together."""
RATED_TRANSACTIONS_PER_S = 10
"""At a limited rate a transaction holds a tenth of what may go in a second, one letter at least."""
CANARY_LOOK_S = 0.5

Waiting = Mapping[Place, PlannedLetter]


@dataclass(frozen=True, slots=True)
class Options:
    """How to go about it; without a rate as fast as it goes, without canaries all at once."""

    warned: bool = False
    """Also what has a warning."""
    canaries: int = 0
    canary_timeout_s: float = 60.0
    rate_per_s: float | None = None

    @property
    def transaction_letters(self) -> int:
        """How many letters one transaction holds."""
        if self.rate_per_s is None:
            return TRANSACTION_LETTERS_MAX
        share = round(self.rate_per_s / RATED_TRANSACTIONS_PER_S)
        return max(1, min(TRANSACTION_LETTERS_MAX, share))


@dataclass(slots=True)
class Progress:
    """How far it is. `handled_before` counts what this plan had done earlier, or somebody else."""

    chosen: int
    handled_before: int = 0
    replayed: list[PlannedLetter] = field(default_factory=list)
    canaries_s: float | None = None
    """How long the canaries took to arrive."""


def pending(plan: Plan, site: Site, *, warned: bool) -> Waiting:
    """The letters that are still to be replayed, each held against the plan; changes nothing.

    Raises PreflightError (expired, another cluster) or Drifted.
    """
    plan.require_valid(site.cluster_id)
    handled = site.ledger.handled(plan.topics)
    waiting = _waiting(plan.chosen(warned=warned), handled)
    drifts = [
        drift
        for _batch, drifts in compare(site, waiting, handled, BATCH_LETTERS_MAX)
        for drift in drifts
    ]
    if drifts:
        raise Drifted(drifts)
    return waiting


class Application:
    """One run of a plan. After it ends in any way, another one goes on where it was."""

    def __init__(
        self,
        plan: Plan,
        site: Site,
        operator: str,
        options: Options,
        tell: Callable[[Progress], None],
    ) -> None:
        """`tell` hears of every transaction."""
        self._plan = plan
        self._site = site
        self._operator = operator
        self._options = options
        self._tell = tell
        self._chosen = plan.chosen(warned=options.warned)
        self._progress = Progress(len(self._chosen))
        self._taken: dict[str, tuple[Transactions, Handled]] = {}
        """By dead-letter topic; nobody else can commit in it until we are shut out."""

    def run(self) -> Progress:
        """Replays the canaries, waits until they have arrived, and replays the rest.

        Raises Drifted, Fenced, TimedOut, or what the clients raise.
        """
        self._site.ledger.create()
        in_order = list(self._chosen)
        canaries = in_order[: self._options.canaries]
        if canaries:
            self._replay(canaries)
            self._await_arrival(canaries)
        self._replay(in_order[len(canaries) :])
        return self._progress

    def _replay(self, places: Sequence[Place]) -> None:
        for topic, group in groupby(places, lambda place: place.topic):
            self._replay_topic(topic, {place: self._chosen[place] for place in group})

    def _replay_topic(self, topic: str, planned: Waiting) -> None:
        transactions, handled = self._take_over(topic)
        waiting = _waiting(planned, handled)
        self._progress.handled_before += len(planned) - len(waiting)
        left, size = len(waiting), self._options.transaction_letters
        for batch, drifts in compare(self._site, waiting, handled, size):
            if drifts:
                raise Drifted(drifts)
            transactions.send([record for one in batch for record in self._records(*one)])
            self._progress.replayed.extend(one for one, _letter in batch)
            self._tell(self._progress)
            left -= len(batch)
            if left:
                self._keep_rate(len(batch))  # before the next are judged, not after

    def _take_over(self, topic: str) -> tuple[Transactions, Handled]:
        """The ledger is read after the transactions were opened: what another run has committed is
        in it then, and what another run has not can no longer be."""
        if topic not in self._taken:
            transactions = Transactions(self._site.kafka, topic)
            self._taken[topic] = transactions, self._site.ledger.handled([topic])
        return self._taken[topic]

    def _records(self, planned: PlannedLetter, letter: Letter) -> Iterator[Record]:
        """The letter's record as it was before it died, stamped, and its entry in the ledger."""
        topic, partition = letter.origin.topic, letter.origin.partition
        assert topic is not None  # noqa: S101 - it would have been refused
        yield Record(
            topic,
            partition,
            letter.key,
            letter.value,
            [
                *letter.own_headers,
                (REPLAY_ID_HEADER, planned.replay_id.encode()),
                (REPLAY_COUNT_HEADER, str(planned.replay_count).encode()),
            ],
        )
        yield self._site.ledger.record(
            Entry(
                letter=planned.place,
                sha256=planned.sha256,
                event_id=letter.event_id,
                event_type=letter.origin.event_type,
                payment_id=letter.payment_id,
                origin=origin_of(letter),
                outcome=Outcome.REPLAYED,
                at=datetime.now(UTC),
                by=self._operator,
                plan=self._plan.plan_id,
                replay_id=planned.replay_id,
                count=planned.replay_count,
                edited=planned.edit is not None,
                target=topic,
            )
        )

    def _keep_rate(self, letters: int) -> None:
        if self._options.rate_per_s is not None:
            time.sleep(letters / self._options.rate_per_s)

    def _await_arrival(self, canaries: Collection[Place]) -> None:
        """Raises TimedOut unless the consumers have applied all canaries in time."""
        begun_s = time.monotonic()
        letters = [
            self._chosen[letter.place].as_sent(letter)
            for letter in read_letters(self._site.kafka, canaries)
        ]
        while True:
            found = list(Surveyor(self._site, Handled()).survey(letters))
            missing = [str(one.letter.place) for one in found if not one.applied]
            waited_s = time.monotonic() - begun_s
            if not missing:
                self._progress.canaries_s = waited_s
                return
            if waited_s > self._options.canary_timeout_s:
                raise TimedOut(
                    f"{len(missing)} of {len(canaries)} canaries have not been applied within"
                    f" {self._options.canary_timeout_s:g} s ({', '.join(missing)}); nothing else"
                    " was replayed",
                    hint="see whether they died again: paystack dlq inspect; whether the workers"
                    " work: paystack health workers",
                )
            time.sleep(CANARY_LOOK_S)


def _waiting(planned: Waiting, handled: Handled) -> Waiting:
    """Without what the ledger knows of the same letters."""
    return {
        place: letter
        for place, letter in planned.items()
        if place not in handled.by_place or handled.by_place[place].sha256 != letter.sha256
    }
