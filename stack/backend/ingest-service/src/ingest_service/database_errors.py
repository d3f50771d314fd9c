"""What a failing database means to a client."""

import pymysql
from paycore import database
from paycore.problem import Problem

RETRY_AFTER_S = 1


def is_connection_lost(error: Exception) -> bool:
    return isinstance(error, pymysql.err.MySQLError) and database.is_connection_lost(error)


def is_duplicate(error: Exception) -> bool:
    return (
        isinstance(error, pymysql.err.MySQLError)
        and database.error_code(error) == database.DUPLICATE_KEY
    )


def database_away(error: Exception) -> Problem:
    """503: the same request, with the same key, is safe to send again."""
    problem = Problem(
        503,
        "DATABASE_UNAVAILABLE",
        "the database does not answer; send the same request again",
        retry_after_s=RETRY_AFTER_S,
    )
    problem.__cause__ = error
    return problem
