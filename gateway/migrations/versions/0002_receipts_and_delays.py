"""Receipts on request, and one notice of a delay for each mail"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column("officers", sa.Column("receipts", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("accepted_mails", sa.Column("delay_told", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("notice_requests", sa.Column("seal", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("notice_requests", "seal")
    op.drop_column("accepted_mails", "delay_told")
    op.drop_column("officers", "receipts")
