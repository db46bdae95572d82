"""Alembic's environment: runs the migrations on the connection that `gateway.state` hands over."""

from alembic import context

import gateway.library.schema  # noqa: F401 - importing these registers the tables
import mailroom.notice_requests
import mailroom.schema  # noqa: F401 - importing these registers the tables
from keyring_admin.database import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
