"""The commands that an engine runs, on stderr as they begin."""

import logging

from paystack_cli.engines.command_log import NAME
from paystack_cli.output.live import tell_line


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        tell_line(f"+ {record.getMessage()}")


def tell_commands() -> None:
    """From now on."""
    logger = logging.getLogger(NAME)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.handlers = [_Lines()]
