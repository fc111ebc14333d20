"""Alembic's way in: the scripts run in the connection that `firmus.service.storage.database` gives them."""

from alembic import context

from firmus.service.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
