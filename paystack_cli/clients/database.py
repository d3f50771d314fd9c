"""MariaDB: one short-lived connection per command or probe, times in UTC."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import pymysql
from pymysql.connections import Connection
from pymysql.cursors import Cursor

from paystack_cli.clients.errors import LockConflict, ServerFailed, ServerRefused, ServerUnreachable
from paystack_cli.clients.sanitize import sanitize
from paystack_cli.errors import PaystackError

CONNECT_MAX_S = 5.0


SESSION = "SET time_zone = '+00:00'"
"""The first statement of every connection."""

Row = list[Any]
"""The values of one row, as JSON has them."""


class Database(Protocol):
    """Runs a script of statements on a connection of its own."""

    def run(self, statements: Sequence[str], timeout_s: float) -> list[list[Row]]:
        """The rows of each statement.

        A query selects one JSON array a row (`SELECT JSON_ARRAY(...)`), so that a value is the same
        by whatever way it comes. Raises ServerUnreachable, ServerRefused or ServerFailed.
        """


@dataclass(frozen=True, slots=True)
class DatabaseEndpoint:
    """Where a MariaDB listens and the account to use."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    name: str
    tls: Mapping[str, str] = field(default_factory=dict, hash=False)
    """`ssl_ca`, `ssl_cert`, `ssl_key` of PyMySQL; without any, TLS where the server has it, but
    whatever it shows is believed."""

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}/{self.name}"


_UNREACHABLE = (ServerUnreachable, "paystack status mariadb")
_REFUSED_ACCOUNT = (
    ServerRefused,
    "set MARIADB_PASSWORD in .env to what the database was made with (or: paystack down --volumes)",
)
_NOT_ALLOWED = (ServerRefused, "let this account do it: GRANT SELECT ON paydb.* TO …")
_NOT_MIGRATED = (ServerRefused, "paystack up db-migrate")
_BUSY = (ServerFailed, "paystack logs mariadb --tail 50")
_CONFLICT = (
    LockConflict,
    "see which transaction is long: paystack outbox doctor; then the same command again",
)

_ERRORS: Mapping[int, tuple[type[PaystackError], str]] = {
    0: _UNREACHABLE,  # PyMySQL: the connection was already closed
    2002: _UNREACHABLE,
    2003: _UNREACHABLE,
    2006: _UNREACHABLE,
    2013: _UNREACHABLE,  # lost during a query: killed, or the read timed out
    1044: _REFUSED_ACCOUNT,
    1045: _REFUSED_ACCOUNT,
    1049: (ServerRefused, "paystack down --volumes, then: paystack up"),
    1054: _NOT_MIGRATED,  # a column of a newer migration
    1146: _NOT_MIGRATED,  # no such table
    1142: _NOT_ALLOWED,
    1143: _NOT_ALLOWED,
    1227: _NOT_ALLOWED,
    1020: _CONFLICT,  # changed since it was read (MariaDB 11.6.2 and later)
    1205: _CONFLICT,  # lock wait timeout
    1213: _CONFLICT,  # deadlock
}
"""MariaDB and client error numbers; every other one is _BUSY."""


class PyMySqlDatabase:
    """A Database that this process connects to."""

    def __init__(self, endpoint: DatabaseEndpoint) -> None:
        self._endpoint = endpoint

    def run(self, statements: Sequence[str], timeout_s: float) -> list[list[Row]]:
        with connected(self._endpoint, timeout_s) as cursor:
            return [_rows(cursor, statement) for statement in statements]


def _rows(cursor: Cursor, statement: str) -> list[Row]:
    cursor.execute(statement)
    return [json.loads(row) for (row,) in cursor.fetchall()]


def database_error(number: int, said: str, where: object) -> PaystackError:
    """The typed error for MariaDB's or a client's error `number`; `where` names the database."""
    kind, hint = _ERRORS.get(number, _BUSY)
    return kind(f"MariaDB {where}: {sanitize(said)}", hint=hint)


@contextmanager
def connected(endpoint: DatabaseEndpoint, timeout_s: float) -> Iterator[Cursor]:
    """A cursor of a new connection, committed at the end and closed in any case.

    `timeout_s` bounds each statement, and the connect where it is below CONNECT_MAX_S. Raises
    ServerUnreachable, ServerRefused or ServerFailed.
    """
    try:
        connection: Connection[Cursor] = pymysql.connect(
            host=endpoint.host,
            port=endpoint.port,
            user=endpoint.user,
            password=endpoint.password,
            database=endpoint.name,
            charset="utf8mb4",
            connect_timeout=max(1, round(min(timeout_s, CONNECT_MAX_S))),
            read_timeout=timeout_s,
            write_timeout=timeout_s,
            init_command=SESSION,
            ssl_ca=endpoint.tls.get("ssl_ca"),
            ssl_cert=endpoint.tls.get("ssl_cert"),
            ssl_key=endpoint.tls.get("ssl_key"),
            ssl_verify_cert="ssl_ca" in endpoint.tls,
            ssl_verify_identity="ssl_ca" in endpoint.tls,
        )
        try:
            with connection.cursor() as cursor:
                yield cursor
            connection.commit()
        finally:
            if connection.open:
                connection.close()
    except pymysql.MySQLError as error:
        raise _typed(error, endpoint) from error


def _error_number(error: pymysql.MySQLError) -> int:
    """The server's or the client's error number, 0 where there is none."""
    code = error.args[0] if error.args else 0
    return code if isinstance(code, int) else 0


def _typed(error: pymysql.MySQLError, endpoint: DatabaseEndpoint) -> PaystackError:
    said = str(error.args[-1]) if error.args else type(error).__name__
    return database_error(_error_number(error), said, endpoint)
