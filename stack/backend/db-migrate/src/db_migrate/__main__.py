"""Applies every migration that paydb lacks, then ends: exit 0 when the database is up to date."""

import sys
import time
from importlib.resources import files

from alembic import command
from alembic.config import Config
from paycore.logging import configure_logging, get_logger
from paycore.settings import DatabaseSettings, Environment, SettingMissing
from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.exc import DBAPIError, OperationalError

DATABASE_WAIT_MAX_S = 60
DATABASE_POLL_S = 0.2
MIGRATION_LOCK = "paystack-db-migrate"
"""Two of these at once (a retry, two deploys) take turns: the second finds nothing to do."""


def connect_when_ready(settings: DatabaseSettings) -> Connection:
    """A connection, once the server answers; raises OperationalError after DATABASE_WAIT_MAX_S."""
    engine = create_engine(
        URL.create(
            "mysql+pymysql",
            settings.user,
            settings.password,
            settings.host,
            settings.port,
            settings.name,
        )
    )
    deadline = time.monotonic() + DATABASE_WAIT_MAX_S
    while True:
        try:
            return engine.connect()
        except OperationalError as error:
            if time.monotonic() > deadline or "Access denied" in str(error):
                raise
            get_logger().info("waiting_for_database", host=settings.host, port=settings.port)
            time.sleep(DATABASE_POLL_S)


def migrate(connection: Connection) -> None:
    """Brings the schema to the newest version, under a lock."""
    config = Config()
    config.set_main_option("script_location", str(files("db_migrate")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    connection.exec_driver_sql("SELECT GET_LOCK(%s, %s)", (MIGRATION_LOCK, DATABASE_WAIT_MAX_S))
    command.upgrade(config, "head")
    connection.commit()


def main() -> int:
    environment = Environment.of_process()
    configure_logging("db-migrate", environment.text("LOG_LEVEL", "INFO"))
    try:
        settings = DatabaseSettings.read(environment)
        with connect_when_ready(settings) as connection:
            migrate(connection)
            version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    except (SettingMissing, DBAPIError) as error:
        get_logger().error("migration_failed", error=str(error))
        return 1
    get_logger().info("database_up_to_date", version=version)
    return 0


if __name__ == "__main__":
    sys.exit(main())
