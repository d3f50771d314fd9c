"""The database of a stack as service code that runs in the test itself reaches it."""

from paycore.settings import DatabaseSettings

from tests.support.stack import DATABASE_PASSWORD, StackUnderTest


def paydb(stack: StackUnderTest) -> DatabaseSettings:
    """Where it is, for the account of the services."""
    return DatabaseSettings(
        "127.0.0.1", stack.port("mariadb"), "paydb", "payuser", DATABASE_PASSWORD
    )
