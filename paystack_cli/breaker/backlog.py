"""What piles up behind an open breaker: counted again and again, the largest figure kept."""

import threading

from paystack_cli.clients.database import Database
from paystack_cli.errors import PaystackError

STATEMENT_MAX_S = 5.0
PAUSE_S = 0.5
"""Between two counts."""

OUTBOX = """
SELECT JSON_ARRAY(COUNT(*)) FROM outbox_event FORCE INDEX (ix_outbox_hot)
 WHERE published = 0 AND parked = 0
"""
UNCAPTURED = "SELECT JSON_ARRAY(COUNT(*)) FROM payment WHERE status = 'CAPTURE_REQUESTED'"


class Backlog:
    """Rows that one query counts; `largest` is what was ever seen between `start` and `stop`."""

    def __init__(self, database: Database, query: str) -> None:
        self._database = database
        self._query = query
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.largest = 0

    def count(self) -> int:
        """How many rows there are now. Raises what the database's client raises."""
        [row] = self._database.run([self._query], STATEMENT_MAX_S)[0]
        found = int(row[0])
        self.largest = max(self.largest, found)
        return found

    def start(self) -> None:
        """Watch it from now on; a second call does nothing."""
        if self._thread is None:
            self.largest = 0
            self._thread = threading.Thread(target=self._watch, name="backlog", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Watch it no more; fine when it is not watched."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(PAUSE_S):
            try:
                self.count()
            except PaystackError:  # the next look may be answered; the scenario asks by itself too
                continue
