"""Changes of the database schema, in their order (Alembic)."""
