"""Structured logs: one JSON object a line on standard output, card numbers masked.

Every line carries `service`; within `log_context` it also carries the request id, the trace id and
the payment, so that one `grep` follows a payment through all services.
"""

import logging
import select
import sys
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any

import msgspec
import structlog

from paycore.masking import mask_card_numbers
from paycore.trace import trace_id

_encode = msgspec.json.Encoder(enc_hook=str).encode


def _render(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    """Masks the whole rendered line: nothing in it escapes, keys and exception texts included."""
    return mask_card_numbers(_encode(event).decode("utf-8", "replace"))


def configure_logging(service: str, level: str) -> None:
    """Sends this process's logs, those of libraries included, to standard output as JSON lines."""

    def add_service(
        _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event["service"] = service
        return event

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_service,
        structlog.processors.format_exc_info,
    ]
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, _render],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.WARNING), force=True)


@contextmanager
def log_context(
    traceparent: str | None, request_id: str | None, **fields: object
) -> Iterator[None]:
    """Adds trace id, request id and `fields` (payment_id, event_id, …) to every line within."""
    bound: dict[str, object] = dict(fields)
    if traceparent:
        bound["trace_id"] = trace_id(traceparent)
    if request_id:
        bound["request_id"] = request_id
    with structlog.contextvars.bound_contextvars(**bound):
        yield


def log_many(event: str, lines: Iterable[Mapping[str, object]]) -> None:
    """One line for each of `lines`, many with one write: what a shared commit has to tell.

    A line costs 5 us this way and 20 us alone; besides, each write lets other threads in.
    """
    if not get_logger().is_enabled_for(logging.INFO):
        return
    config = structlog.get_config()
    common: MutableMapping[str, Any] = {"event": event}
    for process in config["processors"][:-1]:
        common = process(None, "info", common)
    logger = config["logger_factory"]()
    for text in _joined(_encode({**line, **common}) for line in lines):
        logger.info(mask_card_numbers(text.decode("utf-8", "replace")))


def _joined(lines: Iterable[bytes]) -> Iterator[bytes]:
    """As many whole lines at once as a pipe takes without another process's between them."""
    joined = b""
    for line in lines:
        if joined and len(joined) + len(line) + 2 > select.PIPE_BUF:
            yield joined
            joined = line
        else:
            joined = joined + b"\n" + line if joined else line
    if joined:
        yield joined


def get_logger() -> structlog.typing.FilteringBoundLogger:
    """The logger of this process; a message is a short event name, the rest are fields."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger
