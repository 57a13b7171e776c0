"""Finance snapshots, the sums they are told from, and when the day of an account ends."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.migrations import protect

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_SUMS = "sales", "sales_count", "payments", "refunds", "sessions", "owed", "pending", "deposits"
_SNAPSHOTS = 570

# Row-level security binds the owner of the tables too: each account by itself.
_FORGET = f"""
DO $$
DECLARE
    mine uuid;
BEGIN
    FOR mine IN SELECT account_id FROM account_directory LOOP
        PERFORM set_config('app.account', mine::text, true);
        DELETE FROM feed WHERE account_id = mine AND collection = {_SNAPSHOTS};
        DELETE FROM feed_past WHERE account_id = mine AND collection = {_SNAPSHOTS};
        DELETE FROM feed_tallies WHERE account_id = mine AND collection = {_SNAPSHOTS};
        UPDATE account_clock SET epoch = gen_random_uuid() WHERE account_id = mine;
    END LOOP;
    PERFORM set_config('app.account', '', true);
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "finance_days",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False) for name in _SUMS),
        sa.PrimaryKeyConstraint("account_id", "site_id", "day", name=op.f("pk_finance_days")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index(
        "ix_finance_days_owed",
        "finance_days",
        ["account_id", "site_id", "day"],
        postgresql_include=["owed"],
        postgresql_where=sa.text("owed <> 0"),
    )
    protect("finance_days")
    op.create_table(
        "finance_snapshots",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("studio_id", sa.Uuid(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("today", postgresql.JSONB(), nullable=False),
        sa.Column("week", postgresql.JSONB(), nullable=False),
        sa.Column("month", postgresql.JSONB(), nullable=False),
        sa.Column("year", postgresql.JSONB(), nullable=False),
        sa.Column("open_balance", sa.BigInteger(), nullable=False),
        sa.Column("overdue_balance", sa.BigInteger(), nullable=False),
        sa.Column("pending_payments", sa.BigInteger(), nullable=False),
        sa.Column("unapplied_deposits", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "studio_id"],
            ["studios.account_id", "studios.id"],
            name=op.f("fk_finance_snapshots_account_id_studio_id_studios"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_finance_snapshots")),
    )
    op.create_index(
        "ix_finance_snapshots_studio_id",
        "finance_snapshots",
        ["account_id", "studio_id"],
        postgresql_where=sa.text("studio_id IS NOT NULL"),
    )
    protect("finance_snapshots")
    op.add_column("account_directory", sa.Column("day_ends_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_account_directory_day_ends_at", "account_directory", ["day_ends_at", "account_id"]
    )
    # Those that are there have no figures yet: the next round counts them.
    op.execute("UPDATE account_directory SET day_ends_at = now()")


def downgrade() -> None:
    op.execute(_FORGET)
    op.drop_index("ix_account_directory_day_ends_at", table_name="account_directory")
    op.drop_column("account_directory", "day_ends_at")
    op.drop_table("finance_snapshots")
    op.drop_table("finance_days")
