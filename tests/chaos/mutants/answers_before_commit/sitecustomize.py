"""ingest-service that answers its callers although some of their transactions were not kept."""

import random

from pymysql.cursors import Cursor

LOST_SHARE = 0.3

_execute = Cursor.execute
_chances = random.Random(1)


def _execute_or_not(cursor: Cursor, query: str, args: object = None) -> int:
    if query.endswith("COMMIT") and _chances.random() < LOST_SHARE:
        query = query.removesuffix("COMMIT") + "ROLLBACK"
    return _execute(cursor, query, args)


Cursor.execute = _execute_or_not
