"""Migrations are written as SQL, in files that read as SQL."""

from importlib.resources import files

from alembic import op


def run_sql_file(name: str) -> None:
    """Runs each statement of `sql/<name>`; a statement ends with `;` at the end of a line."""
    text = (files("db_migrate") / "sql" / name).read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("--"))
    for statement in "\n".join(lines).split(";\n"):
        if statement.strip():
            # The driver reads every statement as a template, so a percent sign is doubled.
            op.get_bind().exec_driver_sql(statement.replace("%", "%%"))
