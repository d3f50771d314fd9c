"""Looks idempotency keys up: all that queued while the last query ran, in one query."""

from collections.abc import Sequence

import pymysql
from paycore.database import Database
from paycore.settings import DatabaseSettings

from ingest_service.database_errors import database_away, is_connection_lost
from ingest_service.store import Key, StoredAnswer, stored_answers

BATCH_MAX = 32
"""As in flusher.py, for the same reason."""


class KeyLookup:
    """The work of the batcher that looks keys up; used by its thread alone."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self._database = Database(settings, autocommit=True)

    def close(self) -> None:
        self._database.close()

    def find(self, keys: Sequence[Key]) -> Sequence[StoredAnswer | Exception | None]:
        """The stored answer of each key, or None."""
        try:
            found = self._find(keys)
        except pymysql.err.MySQLError as error:
            if not is_connection_lost(error):
                raise
            return [database_away(error)] * len(keys)
        return [found.get(key) for key in keys]

    def _find(self, keys: Sequence[Key]) -> dict[Key, StoredAnswer]:
        try:
            return self._database.run(lambda cursor: stored_answers(cursor, keys))
        except pymysql.err.MySQLError as error:
            if not is_connection_lost(error):
                raise
        # The connection may merely be stale (the server was restarted): a new one tells.
        return self._database.run(lambda cursor: stored_answers(cursor, keys))
