"""What numbers were used for stands beside the stream, whose row every push writes anew."""

import sqlalchemy as sa
from alembic import op

from app.core.migrations import protect

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Row-level security binds the owner of the tables too: each account by itself.
_EACH = """
DO $$
DECLARE
    mine uuid;
BEGIN
    FOR mine IN SELECT account_id FROM account_directory LOOP
        PERFORM set_config('app.account', mine::text, true);
        {statement}
    END LOOP;
    PERFORM set_config('app.account', '', true);
END
$$
"""
_MOVE = """
INSERT INTO stream_prints (account_id, device_id, stream, prints)
SELECT account_id, device_id, stream, prints FROM device_streams
WHERE account_id = mine AND prints <> ''::bytea;
"""
_MOVE_BACK = """
UPDATE device_streams AS known SET prints = kept.prints FROM stream_prints AS kept
WHERE known.account_id = mine AND kept.account_id = mine
  AND known.device_id = kept.device_id AND known.stream = kept.stream;
"""


def upgrade() -> None:
    op.create_table(
        "stream_prints",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("prints", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "device_id", "stream", name=op.f("pk_stream_prints")),
    )
    protect("stream_prints")
    op.execute(_EACH.format(statement=_MOVE))
    op.drop_column("device_streams", "prints")


def downgrade() -> None:
    op.add_column(
        "device_streams",
        sa.Column("prints", sa.LargeBinary(), server_default=sa.text("''::bytea"), nullable=False),
    )
    op.execute(_EACH.format(statement=_MOVE_BACK))
    op.drop_table("stream_prints")
