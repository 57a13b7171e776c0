"""What days alone decide is counted in their index, which therefore knows revisions."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _index("mark", "revision")


def downgrade() -> None:
    _index("mark")


def _index(*carried: str) -> None:
    """Build the new index beside the old one, while everybody goes on, then let it take the name."""
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX IF EXISTS ix_feed_day_new")
        op.create_index(
            "ix_feed_day_new",
            "feed",
            ["account_id", "collection", "day", "record_id"],
            postgresql_include=list(carried),
            postgresql_where="NOT is_deleted",
            postgresql_concurrently=True,
        )
    op.drop_index("ix_feed_day", "feed")
    op.execute("ALTER INDEX ix_feed_day_new RENAME TO ix_feed_day")
