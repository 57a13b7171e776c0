"""Pictures: files on their way, what is to be done about them, and how much each account keeps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from app.core.migrations import protect

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_TABLES = "picture_uploads", "picture_tasks", "picture_storage", "picture_settings"


def upgrade() -> None:
    op.create_table(
        "picture_uploads",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("metadata_text", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("parts", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_picture_uploads")),
    )
    op.create_index(
        "ix_picture_uploads_session", "picture_uploads", ["account_id", "session_id", "position"]
    )
    op.create_table(
        "picture_tasks",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("picture_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "kind", "picture_id", name=op.f("pk_picture_tasks")),
    )
    op.create_index("ix_picture_tasks_due_at", "picture_tasks", ["account_id", "due_at"])
    op.create_table(
        "picture_storage",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kept_bytes", sa.BigInteger(), nullable=False),
        sa.Column("uploads", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_picture_storage")),
    )
    op.create_table(
        "picture_settings",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("watermark", sa.String(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_picture_settings")),
    )
    for name in _TABLES:
        protect(name)
    op.add_column(
        "account_directory", sa.Column("pictures_due_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_account_directory_pictures_due_at", "account_directory", ["pictures_due_at", "account_id"]
    )


def downgrade() -> None:
    op.drop_index("ix_account_directory_pictures_due_at", table_name="account_directory")
    op.drop_column("account_directory", "pictures_due_at")
    for name in reversed(_TABLES):
        op.drop_table(name)
