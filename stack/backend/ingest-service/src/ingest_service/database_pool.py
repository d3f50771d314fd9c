"""A few database connections, each with its thread, for everything but the shared commits."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pymysql
from paycore.database import Database
from paycore.problem import Problem
from paycore.settings import DatabaseSettings
from pymysql.cursors import Cursor

from ingest_service.database_errors import RETRY_AFTER_S, database_away, is_connection_lost

Result = TypeVar("Result")

CONNECTIONS = 4
WAITING_MAX = 256


class DatabasePool:
    """Runs transactions in threads, at most CONNECTIONS at once and WAITING_MAX in all."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self._settings = settings
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="database")
        self._of_thread = threading.local()
        self._waiting = 0

    def close(self) -> None:
        """Waits for what runs; its connections end with the process."""
        self._threads.shutdown()

    async def run(self, work: Callable[[Cursor], Result]) -> Result:
        """The result of `work`, run as one transaction; `work` may run twice.

        Raises Problem 503 when too many wait already or the database does not answer.
        """
        if self._waiting >= WAITING_MAX:
            raise Problem(
                503, "OVERLOADED", f"{WAITING_MAX} requests wait", retry_after_s=RETRY_AFTER_S
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, work)
        finally:
            self._waiting -= 1

    def _run(self, work: Callable[[Cursor], Result]) -> Result:
        database = self._database()
        try:
            return database.run(work)
        except pymysql.err.MySQLError as error:
            if not is_connection_lost(error):
                raise
        # The connection may merely be stale (the server was restarted): a new one tells.
        try:
            return database.run(work)
        except pymysql.err.MySQLError as error:
            raise database_away(error) if is_connection_lost(error) else error from error

    def _database(self) -> Database:
        if not hasattr(self._of_thread, "database"):
            self._of_thread.database = Database(self._settings)
        database: Database = self._of_thread.database
        return database
