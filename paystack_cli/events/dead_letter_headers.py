"""The headers of a dead letter: where the record came from and why it was given up."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from paystack_cli.clients.sanitize import sanitize

Header = tuple[str, str | bytes | None]

TEXT_BYTES_MAX = 4096
"""A stack trace or message is cut here; only its beginning is ever shown."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What the headers tell; None where a header is absent or malformed."""

    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    exception: str | None = None
    message: str | None = None
    event_id: str | None = None
    event_type: str | None = None


def _text(value: bytes) -> str:
    return sanitize(value[:TEXT_BYTES_MAX].decode("utf-8", "replace"))


def _integer(size_bytes: int) -> Callable[[bytes], int | None]:
    def decode(value: bytes) -> int | None:
        return int.from_bytes(value, "big", signed=True) if len(value) == size_bytes else None

    return decode


_EXCEPTION_CLASS = "kafka_dlt-exception-fqcn"

_FIELDS: dict[str, tuple[str, Callable[[bytes], object]]] = {
    "kafka_dlt-original-topic": ("topic", _text),
    "kafka_dlt-original-partition": ("partition", _integer(4)),
    "kafka_dlt-original-offset": ("offset", _integer(8)),
    _EXCEPTION_CLASS: ("exception", _text),
    "kafka_dlt-exception-message": ("message", _text),
    "ce_id": ("event_id", _text),
    "ce_type": ("event_type", _text),
}
"""Header -> field and decoder, as Spring's DeadLetterPublishingRecoverer writes them."""


def exception_class(headers: Iterable[Header]) -> bytes | None:
    """The class of the exception as it was written, which is all that counting needs."""
    found = None
    for name, value in headers:
        if name == _EXCEPTION_CLASS and isinstance(value, bytes):
            found = value[:TEXT_BYTES_MAX]
    return found


def read_origin(headers: Iterable[Header]) -> Origin:
    """The last header of a name counts: a letter that died again carries the older ones too."""
    found: dict[str, object] = {}
    for name, value in headers:
        if name in _FIELDS and isinstance(value, bytes):
            field, decode = _FIELDS[name]
            found[field] = decode(value)
    return Origin(**found)  # type: ignore[arg-type]  # each decoder matches its field
