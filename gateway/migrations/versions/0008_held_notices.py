"""A notice for somebody without a usable certificate is held until there is one"""

import sqlalchemy as sa
from alembic import op

from keyring_admin.database import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column("notice_requests", sa.Column("held_until", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Take it back: what is held is written at once, or told as a constant sentence."""
    op.drop_column("notice_requests", "held_until")
