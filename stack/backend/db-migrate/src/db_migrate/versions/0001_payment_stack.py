"""The tables of the payment stack."""

from db_migrate.sql_file import run_sql_file

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_file("0001_payment_stack.sql")
