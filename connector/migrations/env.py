"""What Alembic runs: it works in the transaction of ``migrate`` and commits nothing itself."""

from alembic import context

from connector.core.db import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,  # for its naming convention
)
with context.begin_transaction():
    context.run_migrations()
