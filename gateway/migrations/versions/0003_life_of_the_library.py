"""Declarations, consents, proposals, approvals and versions of the pattern library"""

import sqlalchemy as sa
from alembic import op

from keyring_admin.database import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "library_declarations",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("party", sa.String(length=8), nullable=False),
        sa.Column("certificate", sa.String(length=64), nullable=False),
        sa.Column("signed_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("form", sa.LargeBinary(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_declarations")),
        sa.UniqueConstraint("sha256", name=op.f("uq_library_declarations_sha256")),
    )
    op.create_table(
        "library_consents",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("party", sa.String(length=8), nullable=False),
        sa.Column("pattern", sa.String(length=64), nullable=False),
        sa.Column("other_pattern", sa.String(length=64), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.Column("effect", sa.String(length=16), nullable=False),
        sa.Column("certificate", sa.String(length=64), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_consents")),
        sa.UniqueConstraint(
            "party",
            "pattern",
            "other_pattern",
            "document",
            name=op.f("uq_library_consents_party_pattern_other_pattern_document"),
        ),
    )
    op.create_table(
        "library_proposals",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("rollback_of", sa.Integer(), nullable=True),
        sa.Column("declarations", sa.Text(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_library_proposals")),
    )
    op.create_table(
        "library_approvals",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("library_sha256", sa.String(length=64), nullable=False),
        sa.Column("certificate", sa.String(length=64), nullable=False),
        sa.Column("party", sa.String(length=8), nullable=False),
        sa.Column("approved_at", UtcDateTime(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_approvals")),
        sa.UniqueConstraint(
            "library_sha256", "certificate", name=op.f("uq_library_approvals_library_sha256_certificate")
        ),
    )
    op.create_table(
        "library_versions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("predecessor", sa.String(length=64), nullable=False),
        sa.Column("issued", sa.Date(), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.Column("rollback_of", sa.Integer(), nullable=True),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.Column("released", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_library_versions")),
    )


def downgrade() -> None:
    """Take it back."""
    for table in ("versions", "approvals", "proposals", "consents", "declarations"):
        op.drop_table(f"library_{table}")
