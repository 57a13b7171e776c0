"""Accounts, users, devices and sign-ins."""

import sqlalchemy as sa
from alembic import op

from app.core.db import APP_ROLE
from app.core.migrations import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_directory",
        sa.Column("account_name", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("account_name", name=op.f("pk_account_directory")),
        sa.UniqueConstraint("account_id", name=op.f("uq_account_directory_account_id")),
    )
    # Read before any account is known: the one table without walls.
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON account_directory TO {APP_ROLE}")
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("account_name", sa.String(), nullable=False),
        sa.Column("company_name", sa.String(), nullable=False),
        sa.Column(
            "edition",
            sa.Enum(
                "express",
                "essential",
                "professional",
                "enterprise",
                "spectra",
                name="edition",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("licences", sa.Integer(), nullable=False),
        sa.Column(
            "subscription_state",
            sa.Enum(
                "trial",
                "active",
                "past_due",
                "cancelled",
                name="subscriptionstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_accounts")),
    )
    protect("accounts")
    op.create_table(
        "sign_in_budgets",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "caller", name=op.f("pk_sign_in_budgets")),
    )
    protect("sign_in_budgets")
    op.create_table(
        "users",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("initials", sa.String(), nullable=False),
        sa.Column("initials_key", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("must_reset", sa.Boolean(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("is_administrator", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("departments", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("lists", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("show_on_calendar", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_users_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", "user_id", name=op.f("pk_users")),
    )
    op.create_index(
        "uq_users_active_initials",
        "users",
        ["account_id", "initials_key"],
        unique=True,
        postgresql_where=sa.text("is_active"),
    )
    protect("users")
    op.create_table(
        "devices",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("studio_id", sa.Uuid(), nullable=True),
        sa.Column("device_uid", sa.Uuid(), nullable=True),
        sa.Column("binding_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("model", sa.String(), nullable=True),
        sa.Column("platform", sa.String(), nullable=True),
        sa.Column("app_version", sa.String(), nullable=True),
        sa.Column("schema_version", sa.Integer(), nullable=True),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("last_sync", sa.DateTime(timezone=True), nullable=True),
        sa.Column("authorized_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("authorized_by", sa.Uuid(), nullable=True),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deactivated_by", sa.Uuid(), nullable=True),
        sa.Column("wipe_nonce", sa.Uuid(), nullable=True),
        sa.Column("wiped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "user_id"],
            ["users.account_id", "users.user_id"],
            name=op.f("fk_devices_account_id_user_id_users"),
        ),
        sa.PrimaryKeyConstraint("account_id", "device_id", name=op.f("pk_devices")),
        sa.UniqueConstraint(
            "account_id", "user_id", "device_uid", name=op.f("uq_devices_account_id_user_id_device_uid")
        ),
    )
    protect("devices")
    op.create_table(
        "sign_ins",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("sign_in_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("absolute_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "device_id"],
            ["devices.account_id", "devices.device_id"],
            name=op.f("fk_sign_ins_account_id_device_id_devices"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "user_id"],
            ["users.account_id", "users.user_id"],
            name=op.f("fk_sign_ins_account_id_user_id_users"),
        ),
        sa.PrimaryKeyConstraint("account_id", "sign_in_id", name=op.f("pk_sign_ins")),
    )
    op.create_index("ix_sign_ins_device", "sign_ins", ["account_id", "device_id"], unique=False)
    op.create_index("ix_sign_ins_user", "sign_ins", ["account_id", "user_id"], unique=False)
    protect("sign_ins")
    op.create_table(
        "refresh_tokens",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sign_in_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("successor_salt", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "sign_in_id"],
            ["sign_ins.account_id", "sign_ins.sign_in_id"],
            name=op.f("fk_refresh_tokens_account_id_sign_in_id_sign_ins"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "token_hash", name=op.f("pk_refresh_tokens")),
    )
    op.create_index("ix_refresh_tokens_sign_in", "refresh_tokens", ["account_id", "sign_in_id"], unique=False)
    protect("refresh_tokens")


def downgrade() -> None:
    for table in (
        "refresh_tokens",
        "sign_ins",
        "devices",
        "users",
        "sign_in_budgets",
        "accounts",
        "account_directory",
    ):
        op.drop_table(table)
