"""Galleries expire: when an account's next does."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "account_directory", sa.Column("galleries_due_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_account_directory_galleries_due_at", "account_directory", ["galleries_due_at", "account_id"]
    )
    # Each account's galleries are looked at once: what was written before has expired or not by then.
    op.execute("UPDATE account_directory SET galleries_due_at = now()")


def downgrade() -> None:
    op.drop_index("ix_account_directory_galleries_due_at", table_name="account_directory")
    op.drop_column("account_directory", "galleries_due_at")
