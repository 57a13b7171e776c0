"""The feed, its past, and what phones have pushed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.migrations import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_streams",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("writer", sa.Integer(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "device_id", "stream", name=op.f("pk_device_streams")),
    )
    protect("device_streams")
    op.create_index("uq_device_streams_writer", "device_streams", ["account_id", "writer"], unique=True)
    op.create_table(
        "feed",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("collection", sa.SmallInteger(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("body_revision", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("filled", sa.SmallInteger(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("field_revisions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("core", sa.LargeBinary(), nullable=False),
        sa.Column("parts", sa.ARRAY(sa.LargeBinary()), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "collection", "record_id", name=op.f("pk_feed")),
    )
    protect("feed")
    op.create_index(
        "ix_feed_day",
        "feed",
        ["account_id", "collection", "day", "record_id"],
        unique=False,
        postgresql_include=["mark"],
        postgresql_where=sa.text("NOT is_deleted"),
    )
    op.create_index(
        "ix_feed_revision", "feed", ["account_id", "revision", "collection", "record_id"], unique=False
    )
    op.create_table(
        "feed_past",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("collection", sa.SmallInteger(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "collection", "record_id", "until", name=op.f("pk_feed_past")),
    )
    protect("feed_past")
    op.create_table(
        "verdicts",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "device_id", "stream", "n", name=op.f("pk_verdicts")),
    )
    protect("verdicts")


def downgrade() -> None:
    for table in ("verdicts", "device_streams", "feed_past", "feed"):
        op.drop_table(table)
