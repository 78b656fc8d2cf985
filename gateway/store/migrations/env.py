"""Alembic runs this; the connection comes from gateway.store.opening, inside its transaction."""

from alembic import context

from gateway.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # all steps or none, on SQLite too
    render_as_batch=True,
)
context.run_migrations()
