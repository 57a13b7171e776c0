"""The audit trail, and how far it has come."""

import sqlalchemy as sa
from alembic import op

from app.core.migrations import protect

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("initials", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("feature", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("after", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "position", name=op.f("pk_audit_entries")),
    )
    op.create_index("ix_audit_entries_at", "audit_entries", ["account_id", "at", "position"])
    op.create_index(
        "ix_audit_entries_record", "audit_entries", ["account_id", "record_id", "at", "position"]
    )
    # What was once written is neither changed nor removed by whoever gets hold of the app.
    protect("audit_entries", "SELECT, INSERT")
    op.add_column(
        "account_clock",
        sa.Column("audit_position", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "account_clock",
        sa.Column("audit_hash", sa.LargeBinary(), server_default=sa.text("''::bytea"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("account_clock", "audit_hash")
    op.drop_column("account_clock", "audit_position")
    op.drop_table("audit_entries")
