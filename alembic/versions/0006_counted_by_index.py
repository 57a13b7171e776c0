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
    op.drop_index("ix_feed_day", "feed")
    op.create_index(
        "ix_feed_day",
        "feed",
        ["account_id", "collection", "day", "record_id"],
        postgresql_include=list(carried),
        postgresql_where="NOT is_deleted",
    )
