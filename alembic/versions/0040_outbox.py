"""The outbox: letters, their lanes and counts, block lists, files, mail servers, and when each is next due."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.core.migrations import protect

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_TABLES = "letters", "letter_lanes", "letter_counts", "letter_blocks", "letter_files", "mail_servers"
_DUE = "automations_due_at", "letters_due_at", "mailboxes_due_at"


def _instant(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _among(table: str, name: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(repr(each) for each in values)
    return sa.CheckConstraint(f"{name} IN ({listed})", name=op.f(f"ck_{table}_{name}"))


def _channel(table: str) -> sa.CheckConstraint:
    return _among(table, "channel", "email", "text")


def upgrade() -> None:
    for each in _DUE:
        op.add_column("account_directory", _instant(each))
        op.create_index(f"ix_account_directory_{each}", "account_directory", [each, "account_id"])
    op.create_table(
        "letters",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("letter_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("collection", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("is_bulk", sa.Boolean(), nullable=False),
        sa.Column("bypasses_blocks", sa.Boolean(), nullable=False),
        _instant("due_at", nullable=False),
        _instant("expires_at", nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("claim", sa.Uuid(), nullable=True),
        _instant("first_tried_at"),
        sa.Column("to_addresses", ARRAY(sa.String()), nullable=False),
        sa.Column("done_addresses", ARRAY(sa.String()), nullable=False),
        sa.Column("content", JSONB(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("provider_ref", sa.String(), nullable=True),
        sa.Column("last_code", sa.String(), nullable=True),
        sa.Column("last_said", sa.String(), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("occurrence_id", sa.Uuid(), nullable=True),
        sa.Column("communication_id", sa.Uuid(), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        _instant("made_at", nullable=False),
        _instant("ended_at"),
        _channel("letters"),
        _among("letters", "purpose", "typed", "trigger", "communication", "portal", "notice", "test"),
        _among("letters", "state", "waiting", "sending", "sent", "failed", "blocked", "cancelled"),
        sa.PrimaryKeyConstraint("account_id", "letter_id", name=op.f("pk_letters")),
    )
    op.create_index(
        "ix_letters_due",
        "letters",
        ["account_id", "channel", "priority", "due_at", "letter_id"],
        postgresql_where=sa.text("state IN ('waiting', 'sending')"),
    )
    op.create_index("ix_letters_made", "letters", ["account_id", "made_at", "letter_id"])
    op.create_index("ix_letters_message_id", "letters", ["account_id", "message_id"])
    op.create_index(
        "ix_letters_provider_ref",
        "letters",
        ["account_id", "provider_ref"],
        postgresql_where=sa.text("provider_ref IS NOT NULL"),
    )
    op.create_index("ix_letters_client", "letters", ["account_id", "client_id", "made_at"])
    op.create_index(
        "ix_letters_communication",
        "letters",
        ["account_id", "communication_id"],
        postgresql_where=sa.text("communication_id IS NOT NULL"),
    )
    op.create_table(
        "letter_lanes",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        _instant("closed_until"),
        sa.Column("closed_code", sa.String(), nullable=True),
        sa.Column("closed_said", sa.String(), nullable=True),
        _instant("next_at"),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("sent_today", sa.Integer(), nullable=False),
        _channel("letter_lanes"),
        sa.PrimaryKeyConstraint("account_id", "channel", name=op.f("pk_letter_lanes")),
    )
    op.create_table(
        "letter_counts",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        _channel("letter_counts"),
        sa.PrimaryKeyConstraint("account_id", "channel", "month", name=op.f("pk_letter_counts")),
    )
    op.create_table(
        "letter_blocks",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        _instant("at", nullable=False),
        sa.Column("letter_id", sa.Uuid(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("phones", JSONB(), nullable=True),
        _channel("letter_blocks"),
        _among("letter_blocks", "reason", "unsubscribed", "bounced", "spam", "stopped", "by_hand"),
        sa.PrimaryKeyConstraint("account_id", "channel", "address_key", name=op.f("pk_letter_blocks")),
    )
    op.create_table(
        "letter_files",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _instant("made_at", nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "file_id", name=op.f("pk_letter_files")),
    )
    op.create_table(
        "mail_servers",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("from_name", sa.String(), nullable=False),
        sa.Column("from_address", sa.String(), nullable=False),
        sa.Column("reply_to", sa.String(), nullable=True),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("security", sa.String(), nullable=False),
        sa.Column("user_name", sa.String(), nullable=False),
        sa.Column("password", sa.LargeBinary(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=True),
        sa.Column("per_day", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _instant("checked_at"),
        sa.Column("checked_code", sa.String(), nullable=True),
        sa.Column("in_host", sa.String(), nullable=True),
        sa.Column("in_port", sa.Integer(), nullable=True),
        sa.Column("in_user", sa.String(), nullable=True),
        sa.Column("in_password", sa.LargeBinary(), nullable=True),
        sa.Column("in_folder", sa.String(), nullable=True),
        sa.Column("in_validity", sa.BigInteger(), nullable=True),
        sa.Column("in_last", sa.BigInteger(), nullable=True),
        _instant("in_checked_at"),
        sa.Column("in_code", sa.String(), nullable=True),
        _among("mail_servers", "security", "tls", "starttls"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_mail_servers")),
    )
    for table in _TABLES:
        protect(table)


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
    for each in reversed(_DUE):
        op.drop_index(f"ix_account_directory_{each}", table_name="account_directory")
        op.drop_column("account_directory", each)
