"""Automatic tasks: which are made when something arrives from a gallery."""

import sqlalchemy as sa
from alembic import op

from app.core.migrations import protect

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gallery_tasks",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("task_type_id", sa.Uuid(), nullable=True),
        sa.Column("assigned_department_id", sa.Uuid(), nullable=True),
        sa.Column("assigned_user_id", sa.Uuid(), nullable=True),
        sa.Column("due_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "event", name=op.f("pk_gallery_tasks")),
    )
    protect("gallery_tasks")


def downgrade() -> None:
    op.drop_table("gallery_tasks")
