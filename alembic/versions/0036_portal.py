"""The portal: logins of clients, their sign-ins, letters about them, and what logins begin as."""

import sqlalchemy as sa
from alembic import op

from app.core.migrations import protect

revision = "0036"
down_revision = "0035"
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
        "portal_settings",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("user_name_from", sa.String(), nullable=False),
        sa.Column("password_from", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_portal_settings")),
    )
    op.create_table(
        "portal_logins",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("user_name", sa.String(), nullable=False),
        sa.Column("user_name_key", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        _of_client("portal_logins"),
        sa.PrimaryKeyConstraint("account_id", "client_id", name=op.f("pk_portal_logins")),
        sa.UniqueConstraint("account_id", "user_name_key", name="uq_portal_logins_user_name_key"),
    )
    op.create_table(
        "portal_sessions",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("is_limited", sa.Boolean(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        _of_client("portal_sessions"),
        sa.PrimaryKeyConstraint("account_id", "token_hash", name=op.f("pk_portal_sessions")),
    )
    op.create_index("ix_portal_sessions_client", "portal_sessions", ["account_id", "client_id"])
    op.create_table(
        "portal_letters",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("letter_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        _of_client("portal_letters"),
        sa.PrimaryKeyConstraint("account_id", "letter_id", name=op.f("pk_portal_letters")),
    )
    op.create_index("ix_portal_letters_client", "portal_letters", ["account_id", "client_id", "made_at"])
    op.create_index("ix_portal_letters_made_at", "portal_letters", ["account_id", "made_at"])
    for name in ("portal_settings", "portal_logins", "portal_sessions", "portal_letters"):
        protect(name)


def downgrade() -> None:
    for name in ("portal_letters", "portal_sessions", "portal_logins", "portal_settings"):
        op.drop_table(name)
