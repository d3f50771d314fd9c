"""What a fault is, and the promise that it is healed."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from paystack_cli.errors import PaystackError

_ASKED_TO_END = (signal.SIGINT, signal.SIGTERM)


class Fault(Protocol):
    """Something that goes wrong from `apply` to `heal`; both raise PaystackError."""

    @property
    def told(self) -> str:
        """What is wrong while it lasts ("kafka is stopped")."""

    @property
    def by_hand(self) -> str:
        """The command that heals it when this program cannot any more."""

    def apply(self) -> None:
        """Break it. When it fails half-way, `heal` puts it right."""

    def heal(self) -> None:
        """Make it whole; fine when it is."""


class NotHealed(PaystackError):
    """The fault is still there; the hint is the command that heals it by hand."""


class HealedAtLast:
    """A fault that is healed when the block ends: by an error, Ctrl-C or SIGTERM too.

    A second Ctrl-C while it is being healed is kept back until that is done. `applied_at_s` and
    `healed_at_s`: when that was, seconds since the epoch; 0 before.
    """

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self.applied_at_s = 0.0
        self.healed_at_s = 0.0

    def apply(self) -> None:
        """Break it, once: a second call does nothing."""
        if not self.applied_at_s:
            self.applied_at_s = time.time()
            self._fault.apply()

    def heal(self) -> None:
        """Make it whole, if it is not. Raises NotHealed."""
        if self.applied_at_s and not self.healed_at_s:
            with _undisturbed():
                try:
                    self._fault.heal()
                except PaystackError as error:
                    told = f"still broken, {self._fault.told}: {error.message}"
                    raise NotHealed(told, hint=self._fault.by_hand) from error
                self.healed_at_s = time.time()

    def __enter__(self) -> "HealedAtLast":
        return self

    def __exit__(self, *_: object) -> None:
        self.heal()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Whoever asks us to end waits until the block has; then it is as if they asked only now."""
    asked: list[int] = []
    before = {one: signal.signal(one, lambda *_: asked.append(1)) for one in _ASKED_TO_END}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    if asked:
        raise KeyboardInterrupt
