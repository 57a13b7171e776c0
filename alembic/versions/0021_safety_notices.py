"""What somebody should look at: odd sign-ins, guesses, tokens used twice, passwords set by others."""

import sqlalchemy as sa
from alembic import op

from app.core.migrations import protect

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "safety_notices",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("why", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("device_name", sa.String(), nullable=True),
        sa.Column("network", sa.String(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("was_expected", sa.Boolean(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "notice_id", name=op.f("pk_safety_notices")),
    )
    op.create_index("ix_safety_notices_at", "safety_notices", ["account_id", "at", "notice_id"])
    protect("safety_notices")


def downgrade() -> None:
    op.drop_table("safety_notices")
