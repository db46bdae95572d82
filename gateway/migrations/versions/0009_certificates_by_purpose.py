"""The reading certificates of a Party are found without looking at its officers'"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_index("ix_certificates_purpose_party", "certificates", ["purpose", "party"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_certificates_purpose_party", "certificates")
