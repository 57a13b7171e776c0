"""Card payments: merchants, tokens, intents, attempts, and when an account's are next to be looked after."""

import sqlalchemy as sa
from alembic import op

from app.core.migrations import protect

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

LIVE = "state IN ('sending', 'unknown', 'resolving', 'approved', 'voiding', 'settled', 'manual')"


def upgrade() -> None:
    op.create_table(
        "card_merchants",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("credentials", sa.LargeBinary(), nullable=False),
        sa.Column("transaction_key", sa.LargeBinary(), nullable=True),
        sa.Column("key_made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_card_merchants")),
    )
    op.create_table(
        "card_tokens",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("processor", sa.String(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "card_id", name=op.f("pk_card_tokens")),
    )
    op.create_table(
        "card_attempts",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("external_ref", sa.String(), nullable=False),
        sa.Column("intent_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("is_booked", sa.Boolean(), nullable=False),
        sa.Column("transaction_id", sa.String(), nullable=True),
        sa.Column("authorization_code", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("is_hard", sa.Boolean(), nullable=False),
        sa.Column("reversal", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reversal_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim", sa.Uuid(), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("absences", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "NOT is_booked OR state IN ('approved', 'settled', 'voiding', 'manual')",
            name=op.f("ck_card_attempts_booked"),
        ),
        sa.PrimaryKeyConstraint("account_id", "external_ref", name=op.f("pk_card_attempts")),
        sa.UniqueConstraint(
            "account_id",
            "intent_id",
            "external_ref",
            "is_booked",
            name=op.f("uq_card_attempts_account_id_intent_id_external_ref_is_booked"),
        ),
    )
    op.create_index(
        "uq_card_attempts_live",
        "card_attempts",
        ["account_id", "intent_id"],
        unique=True,
        postgresql_where=sa.text(LIVE),
    )
    op.create_index(
        "ix_card_attempts_due",
        "card_attempts",
        ["account_id", "due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "card_intents",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("intent_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.Column("studio_id", sa.Uuid(), nullable=True),
        sa.Column("payment_method_id", sa.Uuid(), nullable=True),
        sa.Column("saved_card_id", sa.Uuid(), nullable=True),
        sa.Column("saves_card", sa.Boolean(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("applied", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("is_simulated", sa.Boolean(), nullable=False),
        sa.Column("brand", sa.String(), nullable=True),
        sa.Column("last_four", sa.String(), nullable=True),
        sa.Column("expiry", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("paid_by", sa.String(), nullable=True),
        sa.Column("is_paid", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("is_paid", name=op.f("ck_card_intents_paid")),
        sa.CheckConstraint(
            "paid_by IS NOT NULL OR NOT state IN ('approved', 'voiding')",
            name=op.f("ck_card_intents_approved"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "intent_id", "paid_by", "is_paid"],
            [
                "card_attempts.account_id",
                "card_attempts.intent_id",
                "card_attempts.external_ref",
                "card_attempts.is_booked",
            ],
            name="fk_card_intents_paid_by",
        ),
        sa.PrimaryKeyConstraint("account_id", "intent_id", name=op.f("pk_card_intents")),
    )
    op.create_index(
        "ix_card_intents_invoice",
        "card_intents",
        ["account_id", "invoice_id"],
        postgresql_where=sa.text("state IN ('reserved', 'charging', 'unresolved')"),
    )
    op.create_index(
        "ix_card_intents_expires_at",
        "card_intents",
        ["account_id", "expires_at"],
        postgresql_where=sa.text("state = 'reserved'"),
    )
    op.create_index("ix_card_intents_state", "card_intents", ["account_id", "state", "made_at"])
    for name in ("card_merchants", "card_tokens", "card_attempts", "card_intents"):
        protect(name)
    op.add_column("account_directory", sa.Column("cards_due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_account_directory_cards_due_at", "account_directory", ["cards_due_at", "account_id"]
    )


def downgrade() -> None:
    op.drop_index("ix_account_directory_cards_due_at", table_name="account_directory")
    op.drop_column("account_directory", "cards_due_at")
    for name in ("card_intents", "card_attempts", "card_tokens", "card_merchants"):
        op.drop_table(name)
