"""How several relays share the outbox: each owns slices of the payments, none is owned twice.

Every relay holds one membership lock, so each can count the living and take its fair share, rounded
up. It gives back what is too much (once nothing of it is under way) and takes what is free. A relay
that dies loses its locks with its connection; the others see that at their next look.
"""

from collections.abc import Callable

from paycore.logging import get_logger
from paycore.relay_store import SLICES, RelayStore


def fair_share(members: int) -> int:
    """How many slices one of `members` relays may own; rounded up, so that none is left over."""
    return -(-SLICES // members)


class SliceOwnership:
    """The slices that this relay owns while `store` is open."""

    def __init__(self, store: RelayStore) -> None:
        self._store = store
        self._member: int | None = None
        self._owned: set[int] = set()
        self._leaving: set[int] = set()

    @property
    def active(self) -> set[int]:
        """The slices to publish from."""
        return self._owned - self._leaving

    def rebalance(self, is_busy: Callable[[int], bool]) -> None:
        """Moves one step towards the fair share; `is_busy`: whether a slice has rows in hand."""
        if self._member is None:
            self._member = self._store.lock_membership()
            if self._member is None:
                return
        before = self.active
        share = fair_share(self._store.count_members())
        self._leaving = set(sorted(self._owned)[share:])
        self._release_idle(is_busy)
        self._take_free(share)
        if self.active != before:
            get_logger().info(
                "slices_changed", member=self._member, slices=sorted(self.active), share=share
            )

    def _release_idle(self, is_busy: Callable[[int], bool]) -> None:
        for slice_ in [s for s in self._leaving if not is_busy(s)]:
            self._store.release_slice(slice_)
            self._leaving.discard(slice_)
            self._owned.discard(slice_)

    def _take_free(self, share: int) -> None:
        for slice_ in range(SLICES):
            if len(self._owned) >= share:
                return
            if slice_ not in self._owned and self._store.lock_slice(slice_):
                self._owned.add(slice_)
