"""A notice may name a slip, whose id is longer than a queue id, and any number of Parties"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    with op.batch_alter_table("notice_requests") as table:
        table.alter_column("queue_id", existing_type=sa.String(16), type_=sa.String(26), existing_nullable=False)
        table.alter_column("parties", existing_type=sa.String(200), type_=sa.Text(), existing_nullable=True)
    with op.batch_alter_table("deliveries") as table:
        table.alter_column("queue_id", existing_type=sa.String(16), type_=sa.String(26), existing_nullable=False)


def downgrade() -> None:
    """Take it back; fails on PostgreSQL while a longer reference stands in a table."""
    with op.batch_alter_table("deliveries") as table:
        table.alter_column("queue_id", existing_type=sa.String(26), type_=sa.String(16), existing_nullable=False)
    with op.batch_alter_table("notice_requests") as table:
        table.alter_column("parties", existing_type=sa.Text(), type_=sa.String(200), existing_nullable=True)
        table.alter_column("queue_id", existing_type=sa.String(26), type_=sa.String(16), existing_nullable=False)
