"""What services have logged, as `paystack logs` tells it."""

import json
from typing import Any

from tests.support.stack import StackUnderTest

LINES_MAX = 5_000


def log_events(stack: StackUnderTest, service: str) -> list[dict[str, Any]]:
    """The newest log lines of a service that are JSON objects, oldest first."""
    told = stack.paystack("logs", service, "--tail", str(LINES_MAX), "--output", "json").stdout
    lines = [json.loads(line)["line"] for line in told.splitlines()]
    return [json.loads(line) for line in lines if line.startswith("{")]
