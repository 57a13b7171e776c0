"""What comes in, by the key its source gave it."""

import sqlalchemy as sa
from alembic import op

from app.core.migrations import protect

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "letters_in",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("source_key", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("became", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "became IN ('email', 'text', 'bounce', 'complaint', 'status', 'ignored')",
            name=op.f("ck_letters_in_became"),
        ),
        sa.PrimaryKeyConstraint("account_id", "source_key", name=op.f("pk_letters_in")),
    )
    op.create_index("ix_letters_in_at", "letters_in", ["account_id", "at"])
    protect("letters_in")


def downgrade() -> None:
    op.drop_table("letters_in")
