"""Running numbers, what clients are compared by, and which record a merged one was merged into."""

import sqlalchemy as sa
from alembic import op

from app.core.migrations import protect

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Row-level security binds the owner of the tables too: each account by itself.
_COMPARE = """
DO $$
DECLARE
    mine uuid;
BEGIN
    FOR mine IN SELECT account_id FROM account_directory LOOP
        PERFORM set_config('app.account', mine::text, true);
        INSERT INTO client_likenesses (account_id, kind, value, client_id)
        SELECT DISTINCT mine, likeness.kind, likeness.value, c.id
        FROM clients c
        CROSS JOIN LATERAL (
            SELECT nullif(lower(btrim(c.first_name)), '') AS first_name,
                   nullif(lower(btrim(c.last_name)), '') AS last_name,
                   nullif(lower(btrim(c.address ->> 'city')), '') AS city,
                   nullif(lower(btrim(c.address ->> 'line_1')), '') AS street
        ) AS plain
        CROSS JOIN LATERAL (
            SELECT 'last_name_and_city' AS kind, plain.last_name || chr(31) || city AS value
            UNION ALL
            SELECT 'first_and_last_name', plain.first_name || chr(31) || plain.last_name
            UNION ALL
            SELECT 'address_and_city', street || chr(31) || city
            UNION ALL
            SELECT 'email', lower(btrim(c.email))
            UNION ALL
            SELECT 'phone', nullif(regexp_replace(phone ->> 'number', '[^0-9]', '', 'g'), '')
            FROM jsonb_array_elements(c.phones) AS phone
        ) AS likeness
        WHERE c.account_id = mine AND likeness.value IS NOT NULL;
    END LOOP;
    PERFORM set_config('app.account', '', true);
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "counters",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "kind", name=op.f("pk_counters")),
    )
    protect("counters")
    op.create_table(
        "client_likenesses",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "kind", "value", "client_id", name=op.f("pk_client_likenesses")),
    )
    op.create_index("ix_client_likenesses_client", "client_likenesses", ["account_id", "client_id"])
    protect("client_likenesses")
    op.execute(_COMPARE)
    op.add_column("feed", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_feed_merged_into",
        "feed",
        ["account_id", "collection", "merged_into"],
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_feed_merged_into", "feed", postgresql_where=sa.text("merged_into IS NOT NULL"))
    op.drop_column("feed", "merged_into")
    op.drop_table("client_likenesses")
    op.drop_table("counters")
