"""What has become of letters: of many at once the same as of each alone."""

import json
import struct
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from paystack_cli.events.dead_letter_headers import Header
from paystack_cli.events.fate import Fate, State
from paystack_cli.events.letter import DeadLetter, Place
from paystack_cli.replay.fates import Fates
from paystack_cli.replay.ledger import Entry, Handled, Outcome
from paystack_cli.replay.letters import Letter
from tests.support.messages import Consumed

ORIGIN = Place("payment.captured", 3, 11)


def entry(letter: Place, sha256: str, origin: Place | None, outcome: Outcome) -> Entry:
    replay_id = "r" if outcome is Outcome.REPLAYED else None
    at = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    return Entry(letter, sha256, 9, "X", 42, origin, outcome, at, "ann@ops", replay_id=replay_id)


def dead(offset: int, original: int, dialect: str) -> Consumed:
    headers: dict[str, list[Header]] = {
        "spring": [
            ("kafka_dlt-original-topic", ORIGIN.topic.encode()),
            ("kafka_dlt-original-partition", struct.pack(">i", ORIGIN.partition)),
            ("kafka_dlt-original-offset", struct.pack(">q", original)),
        ],
        "streams": [
            ("__streams.errors.topic", ORIGIN.topic.encode()),
            ("__streams.errors.partition", b"%d" % ORIGIN.partition),
            ("__streams.errors.offset", b"%d" % original),
        ],
    }
    envelope = {"originalTopic": ORIGIN.topic, "partition": ORIGIN.partition, "offset": original}
    value = json.dumps(envelope).encode() if dialect == "envelope" else b"{}"
    return Consumed(of_offset=offset, of_value=value, of_headers=headers.get(dialect))


DEAD = st.builds(
    dead,
    st.integers(0, 5),
    st.integers(0, 5),
    st.sampled_from(["spring", "streams", "envelope", "none"]),
)


@given(
    st.lists(DEAD, max_size=6),
    st.lists(st.tuples(DEAD, st.booleans(), st.sampled_from(Outcome)), max_size=4),
)
def test_many_at_once_have_the_fate_that_each_has_alone(
    letters: list[Consumed], entered: list[tuple[Consumed, bool, Outcome]]
) -> None:
    handled = Handled()
    for consumed, is_same, outcome in entered:
        letter = Letter.of(DeadLetter.of(consumed.message))
        origin = letter.origin
        place = None
        if origin.topic and origin.partition is not None and origin.offset is not None:
            place = Place(origin.topic, origin.partition, origin.offset)
        sha256 = letter.sha256 if is_same else "another's"
        handled.add(entry(letter.place, sha256, place, outcome))
    fates = Fates(handled)
    messages = [each.message for each in letters]
    alone = [fates.marked(DeadLetter.of(message)).fate.state for message in messages]
    states = {id(m): state for state, group in fates.by_state(messages) for m in group}
    assert [states[id(message)] for message in messages] == alone


def test_a_replay_is_told_by_its_id_and_another_record_at_the_place_waits() -> None:
    letter = DeadLetter.of(dead(1, 11, "none").message)
    sha256 = Letter.of(letter).sha256
    replayed = Handled()
    replayed.add(entry(letter.place, sha256, None, Outcome.REPLAYED))
    assert Fates(replayed).marked(letter).fate == Fate(State.REPLAYED, "r")
    made_anew = Handled()
    made_anew.add(entry(letter.place, "another's", None, Outcome.REPLAYED))
    assert Fates(made_anew).marked(letter).fate.state is State.WAITING
