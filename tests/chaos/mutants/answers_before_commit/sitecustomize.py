"""ingest-service that answers its callers although some of their transactions were not kept."""

import itertools

from pymysql.connections import Connection

EVERY = 5

_commit = Connection.commit
_numbers = itertools.count(1)


def _commit_or_not(connection: Connection) -> None:
    if next(_numbers) % EVERY == 0:
        connection.rollback()
    else:
        _commit(connection)


Connection.commit = _commit_or_not
