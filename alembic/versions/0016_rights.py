"""Security groups, the levels users have by feature, and versions of what administrators change."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.migrations import protect

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_ADDED = ("accounts", "is_security_active"), ("accounts", "version"), ("users", "levels"), ("users", "version")


def _version() -> sa.Column[int]:
    return sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False)


def _levels() -> sa.Column[object]:
    return sa.Column("levels", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "security_groups",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        _levels(),
        _version(),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_security_groups_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", "group_id", name=op.f("pk_security_groups")),
        sa.UniqueConstraint("account_id", "name_key", name=op.f("uq_security_groups_account_id_name_key")),
    )
    protect("security_groups")
    op.add_column(
        "accounts",
        sa.Column("is_security_active", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("accounts", _version())
    op.add_column("users", sa.Column("group_id", sa.Uuid(), nullable=True))
    op.add_column("users", _levels())
    op.add_column("users", _version())
    op.create_foreign_key(
        op.f("fk_users_account_id_group_id_security_groups"),
        "users",
        "security_groups",
        ["account_id", "group_id"],
        ["account_id", "group_id"],
    )
    op.create_index("ix_users_group", "users", ["account_id", "group_id"])


def downgrade() -> None:
    op.drop_index("ix_users_group", table_name="users")
    op.drop_constraint(op.f("fk_users_account_id_group_id_security_groups"), "users", type_="foreignkey")
    op.drop_column("users", "group_id")
    for table, column in _ADDED:
        op.drop_column(table, column)
    op.drop_table("security_groups")
