"""Rows that the relay has fetched and not yet settled: of each payment one is in flight."""

from collections import Counter
from collections.abc import Iterable

from paycore.chains import Chains
from paycore.relay_store import OutboxRow


class RowsInHand:
    """Rows that no fetch may bring again, counted by slice."""

    def __init__(self) -> None:
        self._payments: Chains[int, OutboxRow] = Chains()
        self._slice_of: dict[int, int] = {}
        self._by_slice: Counter[int] = Counter()

    def __len__(self) -> int:
        return len(self._slice_of)

    def __contains__(self, event_id: object) -> bool:
        return event_id in self._slice_of

    @property
    def in_flight(self) -> int:
        """How many rows the broker has not answered yet."""
        return self._payments.at_work

    def of_slice(self, slice_: int) -> int:
        """How many rows of a slice are in hand."""
        return self._by_slice[slice_]

    def add(self, row: OutboxRow) -> bool:
        """Takes a row; True when it may be sent now, since nothing of its payment is in flight."""
        self._slice_of[row.event_id] = row.slice
        self._by_slice[row.slice] += 1
        return self._payments.add(row.payment_id, row)

    def delivered(self, row: OutboxRow) -> OutboxRow | None:
        """The row that may be sent now that `row` arrived, which stays in hand until settled."""
        return self._payments.advance(row.payment_id)

    def give_up(self, payment_id: int) -> None:
        """Forgets the rows of a payment that are not delivered; they are to be fetched again."""
        self.settle(row.event_id for row in self._payments.drop(payment_id))

    def settle(self, event_ids: Iterable[int]) -> None:
        """Forgets delivered rows that are marked."""
        for event_id in event_ids:
            self._by_slice[self._slice_of.pop(event_id)] -= 1
