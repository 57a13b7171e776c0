"""Whether programs of others are to hear of what is written in an account, and when they are next to hear."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "account_clock",
        sa.Column("is_listened_to", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "account_directory", sa.Column("webhooks_due_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_account_directory_webhooks_due_at", "account_directory", ["webhooks_due_at", "account_id"]
    )


def downgrade() -> None:
    op.drop_index("ix_account_directory_webhooks_due_at", table_name="account_directory")
    op.drop_column("account_directory", "webhooks_due_at")
    op.drop_column("account_clock", "is_listened_to")
