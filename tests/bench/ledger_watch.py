"""When each payment became visible in the ledger, seen from outside."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.stack import StackUnderTest

LOOK_INTERVAL_S = 0.005
"""The resolution of what is measured; it only ever adds."""


@dataclass
class LedgerWatch:
    """Payment id -> wall clock at which its first entry was seen."""

    seen_at_s: dict[int, float] = field(default_factory=dict)


@contextmanager
def ledger_watch(stack: StackUnderTest) -> Iterator[LedgerWatch]:
    """Watches new ledger entries from a thread until the end of the block."""
    watch, stop = LedgerWatch(), threading.Event()

    def look() -> None:
        with stack.database() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT COALESCE(MAX(entry_id), 0) AS last FROM ledger_entry")
            last = (cursor.fetchone() or {"last": 0})["last"]
            while not stop.wait(LOOK_INTERVAL_S):
                cursor.execute(
                    "SELECT entry_id, payment_id FROM ledger_entry WHERE entry_id > %s"
                    " ORDER BY entry_id",
                    (last,),
                )
                now_s = time.time()
                for row in cursor.fetchall():
                    watch.seen_at_s.setdefault(row["payment_id"], now_s)
                    last = row["entry_id"]

    thread = threading.Thread(target=look, name="ledger-watch")
    thread.start()
    try:
        yield watch
    finally:
        stop.set()
        thread.join()
