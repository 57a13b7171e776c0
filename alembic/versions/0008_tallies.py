"""What the feed holds, counted by collection and month: what estimates are made of."""

import sqlalchemy as sa
from alembic import op

from app.core.migrations import protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Row-level security binds the owner of the tables too: each account by itself.
_COUNT = """
DO $$
DECLARE
    mine uuid;
BEGIN
    FOR mine IN SELECT account_id FROM account_directory LOOP
        PERFORM set_config('app.account', mine::text, true);
        INSERT INTO feed_tallies (account_id, collection, kind, month, numbers, amount)
        SELECT f.account_id, f.collection, c.kind, c.month, c.numbers, sum(c.amount)
        FROM feed f
        CROSS JOIN LATERAL (SELECT date_trunc('month', f.day::timestamp)::date AS month) AS own
        CROSS JOIN LATERAL (
            SELECT 1 AS kind, own.month AS month, '{}'::integer[] AS numbers, 1 AS amount
            UNION ALL
            SELECT 2, own.month, ARRAY[place::integer], size
            FROM unnest(f.sizes) WITH ORDINALITY AS sized(size, place)
            UNION ALL
            SELECT 3, own.month, f.labels, 1 WHERE f.labels <> '{}'
            UNION ALL
            SELECT 4, own.month, f.owners, 1 WHERE f.owners <> '{}'
            UNION ALL
            SELECT 5, own.month, f.owners, 1 WHERE f.private
            UNION ALL
            SELECT 6, date_trunc('month', latest::timestamp)::date, ARRAY[slot], 1
            FROM (VALUES (1, f.latest_1), (2, f.latest_2), (3, f.latest_3), (4, f.latest_4),
                         (5, f.latest_5), (6, f.latest_6), (7, f.latest_7), (8, f.latest_8)) AS below(slot, latest)
            WHERE latest IS NOT NULL
            UNION ALL
            SELECT kind, date_trunc('month', stands::timestamp)::date, ARRAY[number], amount
            FROM (SELECT slot, latest
                  FROM (VALUES (1, f.latest_1), (2, f.latest_2), (3, f.latest_3), (4, f.latest_4),
                               (5, f.latest_5), (6, f.latest_6), (7, f.latest_7), (8, f.latest_8))
                       AS below(slot, latest)
                  WHERE latest IS NOT NULL
                  ORDER BY latest DESC, slot
                  LIMIT 1) AS last
            CROSS JOIN LATERAL (VALUES (7, latest, slot, 1), (8, latest, slot, 1), (8, f.day, 0, -1))
                       AS told(kind, stands, number, amount)
            WHERE kind = 7 OR latest > f.day
        ) AS c
        WHERE f.account_id = mine AND NOT f.is_deleted
        GROUP BY f.account_id, f.collection, c.kind, c.month, c.numbers
        HAVING sum(c.amount) <> 0;
    END LOOP;
    PERFORM set_config('app.account', '', true);
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "feed_tallies",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("collection", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("numbers", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "account_id", "collection", "kind", "month", "numbers", name=op.f("pk_feed_tallies")
        ),
        postgresql_with={"fillfactor": "70"},
    )
    protect("feed_tallies")
    op.execute(_COUNT)


def downgrade() -> None:
    op.drop_table("feed_tallies")
