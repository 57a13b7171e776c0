"""Addresses by which calendar programs read a user's schedule."""

import sqlalchemy as sa
from alembic import op

from app.core.migrations import protect

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_feeds",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("feed_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "user_id"],
            ["users.account_id", "users.user_id"],
            name=op.f("fk_calendar_feeds_account_id_user_id_users"),
        ),
        sa.PrimaryKeyConstraint("account_id", "feed_id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint(
            "account_id", "secret_hash", name=op.f("uq_calendar_feeds_account_id_secret_hash")
        ),
    )
    op.create_index("ix_calendar_feeds_user", "calendar_feeds", ["account_id", "user_id"])
    protect("calendar_feeds")


def downgrade() -> None:
    op.drop_table("calendar_feeds")
