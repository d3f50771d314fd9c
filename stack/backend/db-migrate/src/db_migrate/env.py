"""Alembic's entry: runs the migrations over the connection that `db_migrate` opened."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection)
with context.begin_transaction():
    context.run_migrations()
