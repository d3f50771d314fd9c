"""Waiting for a condition instead of sleeping."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

PAUSE_S = 0.1


def wait_for(
    look: Callable[[], Found | None], what: str, timeout_s: float, pause_s: float = PAUSE_S
) -> Found:
    """What `look` returns once it is true; an assertion that fails in it is "not yet", too.

    Raises TimeoutError naming `what` and why the last look was not enough.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            found = look()
            last = f"saw {found!r}"
        except AssertionError as error:
            found = None
            last = str(error)
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_s:g} s: {what} ({last})")
        time.sleep(pause_s)
