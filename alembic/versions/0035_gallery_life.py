"""Galleries expire and are taken down: when an account's next do, and what files are to be removed."""

import sqlalchemy as sa
from alembic import op

from app.core.migrations import protect

revision = "0035"
down_revision = "0033"
branch_labels = None
depends_on = None

_DUE = "galleries_due_at", "removals_due_at"


def upgrade() -> None:
    op.create_table(
        "picture_removals",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("picture_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "picture_id", name=op.f("pk_picture_removals")),
    )
    protect("picture_removals")
    for name in _DUE:
        op.add_column("account_directory", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
        op.create_index(f"ix_account_directory_{name}", "account_directory", [name, "account_id"])
    # Each account's galleries are looked at once: what was written before has expired or not by then.
    op.execute("UPDATE account_directory SET galleries_due_at = now()")


def downgrade() -> None:
    for name in _DUE:
        op.drop_index(f"ix_account_directory_{name}", table_name="account_directory")
        op.drop_column("account_directory", name)
    op.drop_table("picture_removals")
