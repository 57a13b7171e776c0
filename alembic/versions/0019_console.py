"""What administrators are shown of devices, and how often sync has refused something."""

import sqlalchemy as sa
from alembic import op

from app.core.migrations import protect

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_ADDED = "version", "queued", "oldest_queued_at", "wipe_ordered_at"

# Row-level security binds the owner of the tables too: each account by itself.
_SINCE_WHEN = """
DO $$
DECLARE
    mine uuid;
BEGIN
    FOR mine IN SELECT account_id FROM account_directory LOOP
        PERFORM set_config('app.account', mine::text, true);
        UPDATE devices SET wipe_ordered_at = deactivated_at
        WHERE account_id = mine AND is_inactive AND wipe_nonce IS NOT NULL;
    END LOOP;
    PERFORM set_config('app.account', '', true);
END
$$
"""


def upgrade() -> None:
    op.add_column(
        "devices", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False)
    )
    op.add_column("devices", sa.Column("queued", sa.Integer(), nullable=True))
    op.add_column("devices", sa.Column("oldest_queued_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("devices", sa.Column("wipe_ordered_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(_SINCE_WHEN)
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
