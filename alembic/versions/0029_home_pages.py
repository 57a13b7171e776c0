"""Home pages as users have set them, company shortcuts, and indexes of what the services panel counts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.migrations import concurrently, protect

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_sessions_open_galleries": (
        "sessions",
        ["account_id", "web_expire_date"],
        "gallery_state IN ('online', 'expired')",
    ),
    "ix_invoices_to_upload": ("invoices", ["account_id"], "prepaid_upload_state = 'pending'"),
}
_SHORTCUTS = 160

# Row-level security binds the owner of the tables too: each account by itself.
_FORGET = f"""
DO $$
DECLARE
    mine uuid;
BEGIN
    FOR mine IN SELECT account_id FROM account_directory LOOP
        PERFORM set_config('app.account', mine::text, true);
        DELETE FROM feed WHERE account_id = mine AND collection = {_SHORTCUTS};
        DELETE FROM feed_past WHERE account_id = mine AND collection = {_SHORTCUTS};
        DELETE FROM feed_tallies WHERE account_id = mine AND collection = {_SHORTCUTS};
        UPDATE account_clock SET epoch = gen_random_uuid() WHERE account_id = mine;
    END LOOP;
    PERFORM set_config('app.account', '', true);
END
$$
"""


def upgrade() -> None:
    # A run that was cut among the indexes has left the tables.
    if not sa.inspect(op.get_bind()).has_table("home_settings"):
        _make_tables()
    with concurrently():
        for name, (table, columns, where) in _INDEXES.items():
            # One that was cut while it was built is there, and of no use.
            op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
            op.create_index(
                name, table, columns, postgresql_where=sa.text(where), postgresql_concurrently=True
            )


def _make_tables() -> None:
    op.create_table(
        "company_shortcuts",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("icon", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_company_shortcuts")),
    )
    protect("company_shortcuts")
    op.create_table(
        "home_settings",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "user_id", "name", name=op.f("pk_home_settings")),
    )
    protect("home_settings")


def downgrade() -> None:
    with concurrently():
        for name, (table, _, _) in _INDEXES.items():
            op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
    op.execute(_FORGET)
    for name in ("home_settings", "company_shortcuts"):
        op.drop_table(name)
