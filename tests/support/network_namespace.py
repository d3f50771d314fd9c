"""A network of a test's own, for what would disturb the machine's."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLONE_NEWNET = 0x40000000
"""Source: linux/sched.h."""


@contextmanager
def network_namespace() -> Iterator[None]:
    """Within it this thread and all that it starts have no network but one of their own.

    Needs root. What was started keeps that network afterwards; unix sockets are not part of it.
    """
    libc = ctypes.CDLL(None, use_errno=True)

    def call(function: str, *arguments: int) -> None:
        if libc[function](*arguments) != 0:
            raise OSError(ctypes.get_errno(), f"{function}: {os.strerror(ctypes.get_errno())}")

    with Path("/proc/thread-self/ns/net").open("rb") as home:
        call("unshare", CLONE_NEWNET)
        try:
            yield
        finally:
            call("setns", home.fileno(), CLONE_NEWNET)
