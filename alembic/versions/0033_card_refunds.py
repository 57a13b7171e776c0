"""Card payments: at which merchant an attempt was made, what a refund gives back, and indexes for lists."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

HOLDING = "state IN ('reserved', 'charging', 'unresolved')"

# Row-level security binds the owner of the tables too: each account by itself. What was hashed held the token.
_FORGET_TOKENS = """
DO $$
DECLARE
    mine uuid;
BEGIN
    FOR mine IN SELECT account_id FROM account_directory LOOP
        PERFORM set_config('app.account', mine::text, true);
        UPDATE card_attempts
        SET request_hash = sha256(convert_to(external_ref || ' ' || minor || ' ' || currency, 'UTF8'))
        WHERE account_id = mine;
    END LOOP;
    PERFORM set_config('app.account', '', true);
END
$$
"""


def upgrade() -> None:
    op.add_column("card_attempts", sa.Column("merchant_print", sa.LargeBinary(), nullable=True))
    op.add_column("card_attempts", sa.Column("gives_back", sa.String(), nullable=True))
    op.add_column("card_tokens", sa.Column("merchant_print", sa.LargeBinary(), nullable=True))
    op.add_column("card_intents", sa.Column("gives_back", sa.Uuid(), nullable=True))
    op.execute(_FORGET_TOKENS)
    op.create_index("ix_card_attempts_sent_at", "card_attempts", ["account_id", "sent_at"])
    op.create_index("ix_card_intents_made_at", "card_intents", ["account_id", "made_at", "intent_id"])
    op.create_index(
        "ix_card_intents_gives_back",
        "card_intents",
        ["account_id", "gives_back"],
        postgresql_where=sa.text("gives_back IS NOT NULL"),
    )
    op.drop_index("ix_card_intents_invoice", table_name="card_intents")


def downgrade() -> None:
    op.create_index(
        "ix_card_intents_invoice",
        "card_intents",
        ["account_id", "invoice_id"],
        postgresql_where=sa.text(HOLDING),
    )
    op.drop_index("ix_card_intents_gives_back", table_name="card_intents")
    op.drop_index("ix_card_intents_made_at", table_name="card_intents")
    op.drop_index("ix_card_attempts_sent_at", table_name="card_attempts")
    op.drop_column("card_intents", "gives_back")
    op.drop_column("card_tokens", "merchant_print")
    op.drop_column("card_attempts", "gives_back")
    op.drop_column("card_attempts", "merchant_print")
