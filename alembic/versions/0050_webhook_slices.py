"""Webhooks: how far a replay has come, which are deleted and wait to be cleared, since when one is told."""

import sqlalchemy as sa

from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("webhook_endpoints", sa.Column("replays_from", sa.BigInteger(), nullable=True))
    op.add_column("webhook_endpoints", sa.Column("replays_to", sa.BigInteger(), nullable=True))
    op.add_column("webhook_endpoints", sa.Column("heard_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "webhook_endpoints",
        sa.Column("is_removed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )


def downgrade() -> None:
    op.execute("DELETE FROM webhook_endpoints WHERE is_removed")
    op.drop_column("webhook_endpoints", "is_removed")
    op.drop_column("webhook_endpoints", "heard_since")
    op.drop_column("webhook_endpoints", "replays_to")
    op.drop_column("webhook_endpoints", "replays_from")
