"""An index by age, for the retention of inbox rows."""

from db_migrate.sql_file import run_sql_file

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file("0002_inbox_retention.sql")
