"""The letters that are meant, out of their topics, as the records that they were."""

from collections.abc import Collection, Iterator, Sequence

from confluent_kafka import Message

from paystack_cli.clients.kafka import KafkaEndpoint
from paystack_cli.errors import UsageError
from paystack_cli.events.browse import recover
from paystack_cli.events.letter import DeadLetter, Place, place_of
from paystack_cli.events.selection import Selection
from paystack_cli.events.topic_reader import Partition, Span, kept, read, read_patiently
from paystack_cli.replay.letters import Letter


def selected_letters(
    endpoint: KafkaEndpoint, topics: Sequence[str], selection: Selection, timeout_s: float
) -> Iterator[Letter]:
    """The letters that are meant, of what the topics hold now. Raises TimedOut."""
    spans = kept(endpoint, topics, since_ms=selection.since_ms)
    for batch in read(endpoint, spans, timeout_s):
        for message in selection.select(batch):
            yield _letter(endpoint, message)


def _letter(endpoint: KafkaEndpoint, message: Message) -> Letter:
    dead = DeadLetter.of(message)
    return Letter.of(dead, None if dead.envelope is None else recover(endpoint, dead.origin))


def read_letters(endpoint: KafkaEndpoint, places: Collection[Place]) -> Iterator[Letter]:
    """The letters at `places` that are still there, those of one partition in their order."""
    wanted = frozenset(places)
    spans: dict[Partition, Span] = {}
    for partition, held in kept(endpoint, sorted({place.topic for place in wanted})).items():
        offsets = [p.offset for p in wanted if p[:2] == partition]
        inside = [offset for offset in offsets if held.begin <= offset < held.end]
        if inside:
            spans[partition] = Span(min(inside), max(inside) + 1)
    for message in read_patiently(endpoint, spans):
        if place_of(message) in wanted:
            yield _letter(endpoint, message)


def find_letters(endpoint: KafkaEndpoint, places: Collection[Place]) -> dict[Place, Letter]:
    """The letters at `places`. Raises UsageError when one of them is not there."""
    found = {letter.place: letter for letter in read_letters(endpoint, places)}
    absent = sorted(set(places) - found.keys())
    if absent:
        raise UsageError(
            f"no letter at {', '.join(map(str, absent))}",
            hint="see what is there: paystack dlq inspect",
        )
    return found
