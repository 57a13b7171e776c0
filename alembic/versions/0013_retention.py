"""What is kept no longer than it is needed, and what remembers a restored backup."""

import sqlalchemy as sa
from alembic import op

from app.core.migrations import protect

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_DELETED, _UNTIL = "ix_feed_deleted", "ix_feed_past_until"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(_DELETED, "feed", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            _DELETED,
            "feed",
            ["account_id", "revision", "collection", "record_id"],
            postgresql_where=sa.text("is_deleted"),
            postgresql_concurrently=True,
        )
        op.drop_index(_UNTIL, "feed_past", if_exists=True, postgresql_concurrently=True)
        op.create_index(_UNTIL, "feed_past", ["account_id", "until"], postgresql_concurrently=True)
    op.create_table(
        "acknowledged_positions",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("copy_id", sa.Uuid(), nullable=False),
        sa.Column("collections", sa.String(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "account_id", "copy_id", "collections", name=op.f("pk_acknowledged_positions")
        ),
    )
    protect("acknowledged_positions")
    op.create_table(
        "deleted_records",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("collection", sa.SmallInteger(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("owners", sa.ARRAY(sa.Integer()), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "collection", "record_id", name=op.f("pk_deleted_records")),
    )
    protect("deleted_records")
    for column in (
        sa.Column("confirmed", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("trimmed", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("prints", sa.LargeBinary(), server_default=sa.text("''::bytea"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    ):
        op.add_column("device_streams", column)
    op.add_column("account_clock", sa.Column("former_epoch", sa.Uuid(), nullable=True))
    op.add_column("account_clock", sa.Column("restored_from", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    for column in ("restored_from", "former_epoch"):
        op.drop_column("account_clock", column)
    for column in ("seen_at", "prints", "trimmed", "confirmed"):
        op.drop_column("device_streams", column)
    op.drop_table("deleted_records")
    op.drop_table("acknowledged_positions")
    op.drop_index(_UNTIL, "feed_past")
    op.drop_index(_DELETED, "feed", postgresql_where=sa.text("is_deleted"))
