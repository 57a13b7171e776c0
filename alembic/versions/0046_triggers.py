"""Triggers, and what each of them was raised by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.migrations import protect

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

_KINDS = (
    "'client_status', 'session_status', 'invoice_status', 'task_status', 'appointment_status', 'session_type',"
    " 'task_type', 'appointment_type', 'session_gallery', 'email_delivery', 'text_keyword', 'client_date',"
    " 'session_date', 'invoice_date', 'task_date', 'appointment_date'"
)
_ACTIONS = "'email', 'text', 'call', 'task', 'letter'"
_RECIPIENTS = "'client', 'bill_to', 'assigned_user', 'photographer', 'users'"
_STATES = "'raised', 'waiting', 'processed', 'skipped', 'failed', 'deleted'"


def upgrade() -> None:
    op.create_table(
        "triggers",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("trigger_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("collection", sa.Integer(), nullable=False),
        sa.Column("type_id", sa.Uuid(), nullable=True),
        sa.Column("status_id", sa.Uuid(), nullable=True),
        sa.Column("value", sa.String(), nullable=True),
        sa.Column("on_field", sa.String(), nullable=True),
        sa.Column("offset_days", sa.Integer(), nullable=False),
        sa.Column("at_time", sa.Time(), nullable=False),
        sa.Column("filter_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("fallback", sa.String(), nullable=True),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("user_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=True),
        sa.Column("made", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("is_block_bypassed", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("paused_code", sa.String(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("swept_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(f"kind IN ({_KINDS})", name=op.f("ck_triggers_kind")),
        sa.CheckConstraint(f"action IN ({_ACTIONS})", name=op.f("ck_triggers_action")),
        sa.CheckConstraint(f"fallback IN ({_ACTIONS})", name=op.f("ck_triggers_fallback")),
        sa.CheckConstraint(f"recipient IN ({_RECIPIENTS})", name=op.f("ck_triggers_recipient")),
        sa.PrimaryKeyConstraint("account_id", "trigger_id", name=op.f("pk_triggers")),
    )
    op.create_index(
        "ix_triggers_active",
        "triggers",
        ["account_id", "collection"],
        postgresql_where=sa.text("is_active"),
    )
    protect("triggers")
    op.create_table(
        "trigger_occurrences",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("occurrence_id", sa.Uuid(), nullable=False),
        sa.Column("trigger_id", sa.Uuid(), nullable=False),
        sa.Column("collection", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(), nullable=True),
        sa.Column("made_id", sa.Uuid(), nullable=True),
        sa.Column("letter_state", sa.String(), nullable=True),
        sa.CheckConstraint(f"state IN ({_STATES})", name=op.f("ck_trigger_occurrences_state")),
        sa.PrimaryKeyConstraint("account_id", "occurrence_id", name=op.f("pk_trigger_occurrences")),
        sa.UniqueConstraint(
            "account_id", "trigger_id", "record_id", "key", name="uq_trigger_occurrences_key"
        ),
    )
    op.create_index(
        "ix_trigger_occurrences_open",
        "trigger_occurrences",
        ["account_id", "state", "due_at"],
        postgresql_where=sa.text("state IN ('raised', 'waiting')"),
    )
    op.create_index(
        "ix_trigger_occurrences_trigger", "trigger_occurrences", ["account_id", "trigger_id", "raised_at"]
    )
    op.create_index(
        "ix_trigger_occurrences_raised", "trigger_occurrences", ["account_id", "raised_at", "occurrence_id"]
    )
    protect("trigger_occurrences")


def downgrade() -> None:
    op.drop_table("trigger_occurrences")
    op.drop_table("triggers")
