"""What has changed between a plan and this moment."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from paystack_cli.errors import PreflightError
from paystack_cli.events.letter import Place
from paystack_cli.replay.judgement import Verdict
from paystack_cli.replay.ledger import Handled
from paystack_cli.replay.letters import Letter
from paystack_cli.replay.plan import PlannedLetter
from paystack_cli.replay.reading import read_letters
from paystack_cli.replay.site import Site
from paystack_cli.replay.survey import Surveyed, Surveyor, batched

TOLD_MAX = 10

_STILL_GOOD: Mapping[Verdict, frozenset[Verdict]] = {
    Verdict.REPLAY: frozenset({Verdict.REPLAY}),
    Verdict.WARN: frozenset({Verdict.REPLAY, Verdict.WARN}),
}
"""What a letter may be found to be that was planned so."""


@dataclass(frozen=True, slots=True)
class Drift:
    """A letter that is not any more what the plan says, and how."""

    place: Place
    what: str


class Drifted(PreflightError):
    """Some letters have changed since the plan was made."""

    def __init__(self, drifts: Sequence[Drift]) -> None:
        told = [f"{drift.place}: {drift.what}" for drift in drifts[:TOLD_MAX]]
        if len(drifts) > TOLD_MAX:
            told.append(f"and {len(drifts) - TOLD_MAX} more")
        super().__init__(
            "\n  ".join([f"{len(drifts)} letter(s) have changed since the plan was made", *told]),
            hint="make a new plan: paystack dlq replay --plan FILE",
        )


def drift_of(planned: PlannedLetter, letter: Letter, found: Surveyed) -> Drift | None:
    """How the letter that lies there now differs from the planned one; None when it does not."""
    what = _what(planned, letter, found)
    return None if what is None else Drift(planned.place, what)


def _what(planned: PlannedLetter, letter: Letter, found: Surveyed) -> str | None:
    if letter.sha256 != planned.sha256:
        return "another record lies there"
    target = letter.origin.topic, letter.origin.partition
    if target != (planned.target_topic, planned.target_partition):
        return f"it died in {letter.origin.topic}, not where the plan sends it"
    if found.judgement.verdict not in _STILL_GOOD[planned.verdict]:
        return "; ".join(found.judgement.reasons)
    if found.replays + 1 != planned.replay_count:
        return f"it has been replayed {found.replays} time(s)"
    return None


Batch = list[tuple[PlannedLetter, Letter]]
"""Planned letters, and each as it is to be sent."""


def compare(
    site: Site, waiting: Mapping[Place, PlannedLetter], handled: Handled, batch_letters: int
) -> Iterator[tuple[Batch, list[Drift]]]:
    """The letters of `waiting` as they are now, and what has changed among them.

    Each batch is judged when it is asked for, not before.
    """
    surveyor = Surveyor(site, handled)
    unseen = dict(waiting)
    for letters in batched(read_letters(site.kafka, waiting), batch_letters):
        planned = [unseen.pop(letter.place) for letter in letters]
        sent = [one.as_sent(letter) for one, letter in zip(planned, letters, strict=True)]
        found = zip(planned, letters, surveyor.survey(sent), strict=True)
        drifts = [drift for one in found if (drift := drift_of(*one)) is not None]
        yield list(zip(planned, sent, strict=True)), drifts
    if unseen:
        yield [], [Drift(place, "its topic does not keep it any more") for place in unseen]
