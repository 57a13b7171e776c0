"""What administrators are shown of devices, and how often sync has refused something."""

import sqlalchemy as sa
from alembic import op

from app.core.migrations import protect

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_ADDED = "version", "queued", "oldest_queued_at", "wipe_ordered_at"
_ACCOUNTS = sa.text("SELECT account_id FROM account_directory")
_IN_ACCOUNT = sa.text("SELECT set_config('app.account', :account, false)")
_SINCE_WHEN = sa.text("""
    UPDATE devices SET wipe_ordered_at = deactivated_at
    WHERE account_id = NULLIF(current_setting('app.account'), '')::uuid
    AND is_inactive AND wipe_nonce IS NOT NULL AND wipe_ordered_at IS NULL
""")


def upgrade() -> None:
    for column in (
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("queued", sa.Integer(), nullable=True),
        sa.Column("oldest_queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wipe_ordered_at", sa.DateTime(timezone=True), nullable=True),
    ):
        # A run that was cut among the accounts has left them.
        op.add_column("devices", column, if_not_exists=True)
    _say_since_when()
    op.create_table(
        "refusal_counts",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "account_id", "day", "verdict", "code", "reason", name=op.f("pk_refusal_counts")
        ),
    )
    protect("refusal_counts")


def downgrade() -> None:
    op.drop_table("refusal_counts")
    for column in _ADDED:
        op.drop_column("devices", column)


def _say_since_when() -> None:
    """Go through the accounts one by one, as row-level security binds the owner of the tables too.

    Outside of the transaction of the columns: every pull reads `devices`, and would wait for all of them.
    """
    with op.get_context().autocommit_block():
        bind = op.get_bind()
        for account_id in bind.scalars(_ACCOUNTS).all():
            bind.execute(_IN_ACCOUNT, {"account": str(account_id)})
            bind.execute(_SINCE_WHEN)
        bind.execute(_IN_ACCOUNT, {"account": ""})
