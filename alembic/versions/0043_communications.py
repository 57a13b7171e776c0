"""Letters on paper, communications, and whom each is for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.migrations import protect

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def _of_client(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["account_id", "client_id"],
        ["clients.account_id", "clients.id"],
        name=f"fk_{table}_client",
        ondelete="CASCADE",
    )


def upgrade() -> None:
    op.create_table(
        "paper_letters",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("paper_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("printed_by", sa.Uuid(), nullable=True),
        _of_client("paper_letters"),
        sa.CheckConstraint("state IN ('to_print', 'printed')", name=op.f("ck_paper_letters_state")),
        sa.PrimaryKeyConstraint("account_id", "paper_id", name=op.f("pk_paper_letters")),
    )
    op.create_index("ix_paper_letters_state", "paper_letters", ["account_id", "state", "made_at", "paper_id"])
    op.create_index("ix_paper_letters_client", "paper_letters", ["account_id", "client_id"])
    op.create_table(
        "communications",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("communication_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("hub", sa.String(), nullable=False),
        sa.Column("chosen", postgresql.JSONB(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("fallback", sa.String(), nullable=True),
        sa.Column("template_id", sa.Uuid(), nullable=True),
        sa.Column("made", postgresql.JSONB(), nullable=True),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "hub IN ('clients', 'sessions', 'invoices', 'appointments', 'tasks')",
            name=op.f("ck_communications_hub"),
        ),
        sa.CheckConstraint(
            "action IN ('email', 'text', 'call', 'task', 'letter')", name=op.f("ck_communications_action")
        ),
        sa.CheckConstraint(
            "fallback IN ('email', 'text', 'call', 'task', 'letter')",
            name=op.f("ck_communications_fallback"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'ready', 'scheduled', 'running', 'done', 'cancelled')",
            name=op.f("ck_communications_state"),
        ),
        sa.PrimaryKeyConstraint("account_id", "communication_id", name=op.f("pk_communications")),
    )
    op.create_index("ix_communications_made", "communications", ["account_id", "made_at", "communication_id"])
    op.create_index(
        "ix_communications_under_way",
        "communications",
        ["account_id", "starts_at", "communication_id"],
        postgresql_where=sa.text("starts_at IS NOT NULL AND ended_at IS NULL"),
    )
    op.create_table(
        "communication_recipients",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("communication_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("action", sa.String(), nullable=True),
        sa.Column("is_left_out", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("made_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "communication_id"],
            ["communications.account_id", "communications.communication_id"],
            name="fk_communication_recipients_communication",
            ondelete="CASCADE",
        ),
        _of_client("communication_recipients"),
        sa.CheckConstraint(
            "action IN ('email', 'text', 'call', 'task', 'letter')",
            name=op.f("ck_communication_recipients_action"),
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "communication_id", "record_id", name=op.f("pk_communication_recipients")
        ),
    )
    op.create_index(
        "ix_communication_recipients_place",
        "communication_recipients",
        ["account_id", "communication_id", "place"],
    )
    op.create_index(
        "ix_communication_recipients_client", "communication_recipients", ["account_id", "client_id"]
    )
    op.create_index(
        "ix_communication_recipients_to_do",
        "communication_recipients",
        ["account_id", "communication_id", "place"],
        postgresql_where=sa.text("NOT is_left_out AND code IS NULL AND made_id IS NULL"),
    )
    for name in ("paper_letters", "communications", "communication_recipients"):
        protect(name)


def downgrade() -> None:
    for name in ("communication_recipients", "communications", "paper_letters"):
        op.drop_table(name)
