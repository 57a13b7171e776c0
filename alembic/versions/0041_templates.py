"""Templates: letters that are written once, with fields to fill in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.migrations import protect

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "templates",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=True),
        sa.Column(
            "file_ids", postgresql.ARRAY(sa.Uuid()), server_default=sa.text("'{}'::uuid[]"), nullable=False
        ),
        sa.Column("has_calendar", sa.Boolean(), nullable=False),
        sa.Column("email_type_id", sa.Uuid(), nullable=True),
        sa.Column("fields", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('form_letter', 'html_email', 'text')", name=op.f("ck_templates_kind")),
        sa.CheckConstraint(
            "basis IN ('client', 'session', 'invoice', 'appointment', 'task')",
            name=op.f("ck_templates_basis"),
        ),
        sa.PrimaryKeyConstraint("account_id", "template_id", name=op.f("pk_templates")),
    )
    op.create_index("uq_templates_name", "templates", ["account_id", sa.text("lower(name)")], unique=True)
    protect("templates")


def downgrade() -> None:
    op.drop_table("templates")
