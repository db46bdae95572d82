"""A number that every change of the directory raises, so that mail need not read it anew each time"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_WATCHED = (
    "administrator_domains",
    "administrators",
    "certificate_keys",
    "certificates",
    "officers",
    "parties",
    "party_domains",
    "party_names",
    "people",
    "root_certificates",
)
_RAISE = "UPDATE directory_version SET version = version + 1"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "directory_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_version")),
    )
    op.execute("INSERT INTO directory_version (id, version) VALUES (1, 1)")
    if op.get_bind().dialect.name == "sqlite":
        for table in _WATCHED:
            for act in ("insert", "update", "delete"):
                op.execute(f"CREATE TRIGGER directory_changed_{table}_{act} AFTER {act} ON {table} BEGIN {_RAISE}; END")
        return
    op.execute(
        f"CREATE FUNCTION directory_changed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {_RAISE}; RETURN NULL; END'"
    )
    for table in _WATCHED:
        op.execute(
            f"CREATE TRIGGER directory_changed_{table} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION directory_changed()"
        )


def downgrade() -> None:
    """Take it back."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in _WATCHED:
        for act in ("insert", "update", "delete") if sqlite else ():
            op.execute(f"DROP TRIGGER directory_changed_{table}_{act}")
        if not sqlite:
            op.execute(f"DROP TRIGGER directory_changed_{table} ON {table}")
    if not sqlite:
        op.execute("DROP FUNCTION directory_changed()")
    op.drop_table("directory_version")
