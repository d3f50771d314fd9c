"""ingest-service that answers its callers although some of their transactions were not kept."""

import random

from pymysql.connections import Connection

LOST_SHARE = 0.3

_commit = Connection.commit
_chances = random.Random(1)


def _commit_or_not(connection: Connection) -> None:
    if _chances.random() < LOST_SHARE:
        connection.rollback()
    else:
        _commit(connection)


Connection.commit = _commit_or_not
