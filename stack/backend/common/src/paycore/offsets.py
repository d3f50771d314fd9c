"""Which records of a partition are done, and up to where its offset may be committed."""

from collections import deque


class PartitionOffsets:
    """The records taken from one partition, in order; they may be finished in any order.

    Committed is only what lies below the lowest unfinished record, so that a crash repeats records
    but never skips one. Every operation costs O(1) amortized.
    """

    def __init__(self) -> None:
        self.revoked = False
        """The group gave the partition to another member: nothing of it is ours to finish."""
        self._taken: deque[int] = deque()
        self._done: set[int] = set()
        self._next: int | None = None
        self._asked: int | None = None

    def take(self, offset: int) -> None:
        """Notes a record as unfinished; offsets grow, though not always by one."""
        self._taken.append(offset)

    def finish(self, offset: int) -> None:
        """Notes a record as done."""
        self._done.add(offset)
        while self._taken and self._taken[0] in self._done:
            first = self._taken.popleft()
            self._done.discard(first)
            self._next = first + 1

    def reached(self, position: int) -> None:
        """Notes the offset that would be read next.

        Behind the last record there may be markers of transactions, which nobody takes: with
        nothing unfinished they are done too, or the partition would seem to lag for ever.
        """
        if not self._taken:
            self._next = max(position, self._next or 0)

    def to_commit(self) -> int | None:
        """What the broker is to be asked to commit now; None when it was asked for that before."""
        if self._next == self._asked:
            return None
        self._asked = self._next
        return self._next

    def commit_failed(self) -> None:
        """Asks again next time."""
        self._asked = None
