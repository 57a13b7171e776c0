"""The role the app works as, and each account's clock."""

import sqlalchemy as sa
from alembic import op
from app.core.migrations import create_app_role, protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_app_role()
    op.create_table(
        "account_clock",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("scope_revision", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=False),
        sa.Column("feed_schema", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_clock")),
        postgresql_with={"fillfactor": "20"},
    )
    protect("account_clock")


def downgrade() -> None:
    # The role stays: other databases of the cluster may use it.
    op.drop_table("account_clock")
