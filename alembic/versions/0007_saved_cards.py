"""Saved cards become part of their client; phones start again, for no cursor may speak of the collection."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.migrations import protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_CLIENTS, _CARDS = 400, 410
_IN_CORE = r"""',"saved_cards":\[[^]]*\]'"""

# Row-level security binds the owner of the tables too: each account by itself.
_IN_EACH_ACCOUNT = """
DO $$
DECLARE
    mine uuid;
BEGIN
    FOR mine IN SELECT account_id FROM account_directory LOOP
        PERFORM set_config('app.account', mine::text, true);
        {statements};
    END LOOP;
    PERFORM set_config('app.account', '', true);
END
$$
"""

_INTO_CLIENTS = f"""
UPDATE clients SET saved_cards = found.cards
FROM (
    SELECT client_id, jsonb_agg(to_jsonb(card) - ARRAY['account_id', 'client_id', 'created_at', 'created_by',
                                                       'updated_at', 'updated_by']
                                ORDER BY created_at, id) AS cards
    FROM saved_cards card WHERE account_id = mine GROUP BY client_id
) AS found
WHERE clients.account_id = mine AND clients.id = found.client_id;

UPDATE feed SET core = told.core, sizes = length(told.core) || sizes[2:]
FROM (
    SELECT record_id, core || convert_to(',"saved_cards":' || saved_cards::text, 'UTF8') AS core
    FROM feed JOIN clients ON clients.account_id = feed.account_id AND clients.id = record_id
    WHERE feed.account_id = mine AND collection = {_CLIENTS} AND NOT is_deleted
) AS told
WHERE account_id = mine AND collection = {_CLIENTS} AND feed.record_id = told.record_id;

DELETE FROM feed WHERE account_id = mine AND collection = {_CARDS};
DELETE FROM feed_past WHERE account_id = mine AND collection = {_CARDS};
UPDATE account_clock SET epoch = gen_random_uuid() WHERE account_id = mine
"""

# Cards have no brackets in them, and quotes inside a text are escaped. `feed rebuild` makes rows of the cards.
_OUT_OF_CLIENTS = f"""
INSERT INTO saved_cards
SELECT account_id, card.id, clients.id, card.payment_method_id, card.brand, card.last_four, card.expiry_month,
       card.expiry_year, card.is_default, card.is_inactive, created_at, created_by, updated_at, updated_by
FROM clients, jsonb_to_recordset(saved_cards) AS card(
    id uuid, payment_method_id uuid, brand text, last_four text, expiry_month bigint, expiry_year bigint,
    is_default boolean, is_inactive boolean)
WHERE account_id = mine;

UPDATE feed SET core = told.core, sizes = length(told.core) || sizes[2:]
FROM (
    SELECT record_id,
           convert_to(regexp_replace(convert_from(core, 'UTF8'), {_IN_CORE}, ''), 'UTF8') AS core
    FROM feed WHERE account_id = mine AND collection = {_CLIENTS} AND NOT is_deleted
) AS told
WHERE account_id = mine AND collection = {_CLIENTS} AND feed.record_id = told.record_id;

UPDATE account_clock SET epoch = gen_random_uuid() WHERE account_id = mine
"""


# A payment may name a card that is gone; the constraint would not have it.
_WITHOUT_STRANGERS = """
UPDATE payments SET saved_card_id = NULL
WHERE account_id = mine AND NOT EXISTS (
    SELECT FROM saved_cards WHERE saved_cards.account_id = mine AND saved_cards.id = payments.saved_card_id)
"""


def upgrade() -> None:
    empty = sa.Column("saved_cards", postgresql.JSONB(), nullable=False, server_default="[]")
    op.add_column("clients", empty)
    op.alter_column("clients", "saved_cards", server_default=None)
    op.execute(_IN_EACH_ACCOUNT.format(statements=_INTO_CLIENTS))
    op.drop_index("ix_payments_saved_card_id", table_name="payments")
    op.drop_constraint("fk_payments_account_id_saved_card_id_saved_cards", "payments", type_="foreignkey")
    op.drop_table("saved_cards")


def downgrade() -> None:
    op.create_table(
        "saved_cards",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("payment_method_id", sa.Uuid(), nullable=True),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("expiry_month", sa.BigInteger(), nullable=False),
        sa.Column("expiry_year", sa.BigInteger(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "client_id"],
            ["clients.account_id", "clients.id"],
            name=op.f("fk_saved_cards_account_id_client_id_clients"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "payment_method_id"],
            ["payment_methods.account_id", "payment_methods.id"],
            name=op.f("fk_saved_cards_account_id_payment_method_id_payment_methods"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_saved_cards")),
    )
    protect("saved_cards")
    op.create_index("ix_saved_cards_client_id", "saved_cards", ["account_id", "client_id"], unique=False)
    op.create_index(
        "ix_saved_cards_payment_method_id", "saved_cards", ["account_id", "payment_method_id"], unique=False
    )
    op.execute(_IN_EACH_ACCOUNT.format(statements=_OUT_OF_CLIENTS))
    op.drop_column("clients", "saved_cards")
    op.execute(_IN_EACH_ACCOUNT.format(statements=_WITHOUT_STRANGERS))
    op.create_index("ix_payments_saved_card_id", "payments", ["account_id", "saved_card_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_payments_account_id_saved_card_id_saved_cards"),
        "payments",
        "saved_cards",
        ["account_id", "saved_card_id"],
        ["account_id", "id"],
    )
