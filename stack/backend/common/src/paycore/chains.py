"""Items in order per key, of each key only the first one at work: order without a global queue."""

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")


class Chains(Generic[Key, Item]):
    """One queue per key. An item is at work from when it is first until `advance` or `drop`."""

    def __init__(self) -> None:
        self._chains: dict[Key, deque[Item]] = {}

    @property
    def at_work(self) -> int:
        """How many keys have an item at work."""
        return len(self._chains)

    def add(self, key: Key, item: Item) -> bool:
        """Appends an item; True when it is at work at once."""
        chain = self._chains.setdefault(key, deque())
        chain.append(item)
        return len(chain) == 1

    def advance(self, key: Key) -> Item | None:
        """Ends the item at work; returns the next one of the key, which now is."""
        chain = self._chains[key]
        chain.popleft()
        if chain:
            return chain[0]
        del self._chains[key]
        return None

    def drop(self, key: Key) -> deque[Item]:
        """Removes a key with all its items, and returns them."""
        return self._chains.pop(key)
