"""What administrators are shown of devices: versions, what phones have yet to send, and whose copy is to go."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0016"
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


def downgrade() -> None:
    for column in _ADDED:
        op.drop_column("devices", column)
