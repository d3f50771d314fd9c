"""The headers of a dead letter: where the record came from and why it was given up.

Each producer of dead letters has a dialect of its own. A dialect is a table, so that a further one
is a further table and nothing else.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

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
    event_source: str | None = None
    dialect: str | None = None
    """Whose headers these are; the fields below and the first five are from this one alone."""
    timestamp_ms: int | None = None
    consumer: str | None = None
    """The group, or what stands for it, such as a connector."""
    cause: str | None = None
    stage: str | None = None
    """Of the pipeline that failed (Kafka Connect)."""
    attempts: int | None = None


Decode = Callable[[bytes], object]
Fields = Mapping[str, tuple[str, Decode]]
"""Header -> field of Origin and decoder."""


def _text(value: bytes) -> str:
    return sanitize(value[:TEXT_BYTES_MAX].decode("utf-8", "replace"))


_DECIMAL = re.compile(rb"-?[0-9]{1,19}")


def _decimal(value: bytes) -> int | None:
    return int(value) if _DECIMAL.fullmatch(value) else None


def _binary(*sizes_bytes: int) -> Decode:
    """Java's big-endian numbers of these sizes; decimal text is read too.

    Bytes that are all digits are text: as binary they would be an offset or a partition beyond any
    that exists.
    """

    def decode(value: bytes) -> int | None:
        if len(value) in sizes_bytes and not _DECIMAL.fullmatch(value):
            return int.from_bytes(value, "big", signed=True)
        return _decimal(value)

    return decode


_INT, _LONG = _binary(4), _binary(8)
_BIG_INTEGER = _binary(*range(1, 9))
"""As short as the number allows."""

_STACKTRACE = "stacktrace"
"""No field of Origin: long, and shown of one letter only."""


@dataclass(frozen=True, eq=False)
class Dialect:
    """The headers of one producer of dead letters."""

    name: str
    fields: Fields

    @cached_property
    def messages(self) -> tuple[str, ...]:
        """The headers that hold the exception's message."""
        return self._headers_of("message")

    @cached_property
    def stacktraces(self) -> tuple[str, ...]:
        """The headers that hold the stack trace."""
        return self._headers_of(_STACKTRACE)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The headers, message excepted, that tell one kind of letters from another."""
        return self._headers_of("exception", "consumer", "topic")

    def _headers_of(self, *fields: str) -> tuple[str, ...]:
        return tuple(name for name, (field, _) in self.fields.items() if field in fields)


def _spring(prefix: str) -> Fields:
    return {
        f"{prefix}original-topic": ("topic", _text),
        f"{prefix}original-partition": ("partition", _INT),
        f"{prefix}original-offset": ("offset", _LONG),
        f"{prefix}original-timestamp": ("timestamp_ms", _LONG),
        f"{prefix}original-consumer-group": ("consumer", _text),
        f"{prefix}exception-fqcn": ("exception", _text),
        f"{prefix}exception-cause-fqcn": ("cause", _text),
        f"{prefix}exception-message": ("message", _text),
        f"{prefix}exception-stacktrace": (_STACKTRACE, _text),
    }


DIALECTS = (
    # DeadLetterPublishingRecoverer.
    Dialect("spring", _spring("kafka_dlt-")),
    # The same as @RetryableTopic configures it.
    Dialect("spring-retry", _spring("kafka_")),
    # DeadLetterQueueReporter, with errors.deadletterqueue.context.headers.enable=true.
    Dialect(
        "connect",
        {
            "__connect.errors.topic": ("topic", _text),
            "__connect.errors.partition": ("partition", _decimal),
            "__connect.errors.offset": ("offset", _decimal),
            "__connect.errors.connector.name": ("consumer", _text),
            "__connect.errors.stage": ("stage", _text),
            "__connect.errors.exception.class.name": ("exception", _text),
            "__connect.errors.exception.message": ("message", _text),
            "__connect.errors.exception.stacktrace": (_STACKTRACE, _text),
        },
    ),
    # KIP-1034.
    Dialect(
        "streams",
        {
            "__streams.errors.topic": ("topic", _text),
            "__streams.errors.partition": ("partition", _decimal),
            "__streams.errors.offset": ("offset", _decimal),
            "__streams.errors.exception": ("exception", _text),
            "__streams.errors.message": ("message", _text),
            "__streams.errors.stacktrace": (_STACKTRACE, _text),
        },
    ),
    # KIP-1191: written by the broker, which knows no exception.
    Dialect(
        "share-group",
        {
            "__dlq.errors.topic": ("topic", _text),
            "__dlq.errors.partition": ("partition", _decimal),
            "__dlq.errors.offset": ("offset", _decimal),
            "__dlq.errors.group": ("consumer", _text),
            "__dlq.errors.delivery.count": ("attempts", _decimal),
            "__dlq.errors.message": ("message", _text),
        },
    ),
    # Spring Cloud Stream's binder, with binary numbers; many hand-written consumers, with text.
    Dialect(
        "x-original",
        {
            "x-original-topic": ("topic", _text),
            "x-original-partition": ("partition", _INT),
            "x-original-offset": ("offset", _LONG),
            "x-original-timestamp": ("timestamp_ms", _LONG),
            "x-original-consumer-group": ("consumer", _text),
            "x-exception-fqcn": ("exception", _text),
            "x-exception-message": ("message", _text),
            "x-exception-stacktrace": (_STACKTRACE, _text),
            "x-error-type": ("exception", _text),
            "x-error-message": ("message", _text),
        },
    ),
)

_BESIDE: Fields = {
    "ce_id": ("event_id", _text),
    "ce_type": ("event_type", _text),
    "ce_source": ("event_source", _text),
    # Spring's retry topics; a byte in older ones.
    "retry_topic-attempts": ("attempts", _binary(1, 4)),
}
"""Headers that stand beside any dialect."""

_DIALECT_OF = {name: dialect for dialect in DIALECTS for name in dialect.fields}
_NUMBERS: Mapping[str, Decode] = {
    name: decode
    for fields in (_BESIDE, *(dialect.fields for dialect in DIALECTS))
    for name, (_, decode) in fields.items()
    if decode is not _text
} | dict.fromkeys(("retry_topic-backoff-timestamp", "retry_topic-original-timestamp"), _BIG_INTEGER)
"""Headers of any dialect that hold a number."""


def dialect_of(headers: Sequence[Header]) -> Dialect | None:
    """The dialect of the header that stands last, None without any.

    Headers are appended: a letter that died again in other hands carries the older ones too.
    """
    for name, _ in reversed(headers):
        dialect = _DIALECT_OF.get(name)
        if dialect is not None:
            return dialect
    return None


def read_origin(headers: Iterable[Header]) -> Origin:
    """The last header of a name counts, and of the dialects the last one."""
    given = tuple(headers)
    dialect = dialect_of(given)
    last = dict(given)
    found: dict[str, object] = {} if dialect is None else {"dialect": dialect.name}
    for name, (field, decode) in {**_BESIDE, **(dialect.fields if dialect else {})}.items():
        value = last.get(name)
        if isinstance(value, bytes) and field != _STACKTRACE:
            found[field] = decode(value)
    return Origin(**found)  # type: ignore[arg-type]  # each decoder matches its field


def header_text(name: str, value: str | bytes | None) -> str | None:
    """The value of any header, decoded but not masked: the dialects' numbers in decimal."""
    if not isinstance(value, bytes):
        return value
    number = _binary_number(name, value)
    return value.decode("utf-8", "replace") if number is None else str(number)


def shown_value(name: str, value: str | bytes | None) -> str | None:
    """The same as a person may see it: masked, printable, cut.

    A binary number is not masked: a time in milliseconds may pass for a card number, and is none.
    """
    number = _binary_number(name, value)
    if number is not None:
        return str(number)
    text = header_text(name, value[:TEXT_BYTES_MAX] if isinstance(value, bytes) else value)
    return None if text is None else sanitize(text)


def _binary_number(name: str, value: str | bytes | None) -> object:
    if not isinstance(value, bytes) or name not in _NUMBERS or _DECIMAL.fullmatch(value):
        return None
    return _NUMBERS[name](value)
