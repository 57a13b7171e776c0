"""Text lines, and since when it is in doubt whether a text was taken in."""

import sqlalchemy as sa
from alembic import op

from app.core.migrations import protect

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "text_lines",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("account_sid", sa.String(), nullable=False),
        sa.Column("auth_token", sa.LargeBinary(), nullable=False),
        sa.Column("from_number", sa.String(), nullable=True),
        sa.Column("messaging_service_sid", sa.String(), nullable=True),
        sa.Column("monthly_limit", sa.Integer(), nullable=True),
        sa.Column("hook_key", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_text_lines")),
    )
    protect("text_lines")
    op.add_column("letters", sa.Column("doubted_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("letters", "doubted_at")
    op.drop_table("text_lines")
