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
        sa.Column("labels", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("owners", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("latest_1", sa.Date(), nullable=True),
        sa.Column("latest_2", sa.Date(), nullable=True),
        sa.Column("latest_3", sa.Date(), nullable=True),
        sa.Column("latest_4", sa.Date(), nullable=True),
        sa.Column("latest_5", sa.Date(), nullable=True),
        sa.Column("latest_6", sa.Date(), nullable=True),
        sa.Column("latest_7", sa.Date(), nullable=True),
        sa.Column("latest_8", sa.Date(), nullable=True),
        sa.Column("filled", sa.SmallInteger(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("field_revisions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sizes", sa.ARRAY(sa.Integer()), nullable=False),
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
    for slot in range(1, 9):
        op.create_index(
            f"ix_feed_latest_{slot}",
            "feed",
            ["account_id", "collection", f"latest_{slot}"],
            unique=False,
            postgresql_where=sa.text(f"latest_{slot} IS NOT NULL AND NOT is_deleted"),
        )
    op.create_table(
        "anchor_numbers",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "name", name=op.f("pk_anchor_numbers")),
    )
    protect("anchor_numbers")
    op.create_index("uq_anchor_numbers_number", "anchor_numbers", ["account_id", "number"], unique=True)
    op.create_table(
        "feed_past",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("collection", sa.SmallInteger(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("labels", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("owners", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("latest_1", sa.Date(), nullable=True),
        sa.Column("latest_2", sa.Date(), nullable=True),
        sa.Column("latest_3", sa.Date(), nullable=True),
        sa.Column("latest_4", sa.Date(), nullable=True),
        sa.Column("latest_5", sa.Date(), nullable=True),
        sa.Column("latest_6", sa.Date(), nullable=True),
        sa.Column("latest_7", sa.Date(), nullable=True),
        sa.Column("latest_8", sa.Date(), nullable=True),
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
    for table in ("verdicts", "device_streams", "feed_past", "anchor_numbers", "feed"):
        op.drop_table(table)
