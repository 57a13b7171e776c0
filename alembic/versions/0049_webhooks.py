"""Webhooks: addresses that are told of events, the events, and what became of telling each to each."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.core.migrations import protect

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def _instant(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _among(table: str, name: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(repr(each) for each in values)
    return sa.CheckConstraint(f"{name} IN ({listed})", name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("types", ARRAY(sa.String()), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("former_secret", sa.LargeBinary(), nullable=True),
        _instant("former_until"),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("paused_code", sa.String(), nullable=True),
        _instant("failing_since"),
        sa.Column("failures", sa.Integer(), nullable=False),
        _instant("waits_until"),
        sa.Column("heard_from", sa.BigInteger(), nullable=False),
        sa.Column("swept_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _instant("created_at", nullable=False),
        _instant("changed_at", nullable=False),
        _among("webhook_endpoints", "paused_code", "by_hand", "gone", "failing", "key_ended"),
        sa.ForeignKeyConstraint(
            ["account_id", "key_id"],
            ["api_keys.account_id", "api_keys.key_id"],
            name=op.f("fk_webhook_endpoints_account_id_key_id_api_keys"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "endpoint_id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_index("ix_webhook_endpoints_key", "webhook_endpoints", ["account_id", "key_id"])
    protect("webhook_endpoints")
    op.create_table(
        "webhook_events",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("into_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        _instant("happened_at", nullable=False),
        sa.PrimaryKeyConstraint("account_id", "event_id", name=op.f("pk_webhook_events")),
    )
    op.create_index("ix_webhook_events_revision", "webhook_events", ["account_id", "revision"])
    op.create_index(
        "uq_webhook_events_key",
        "webhook_events",
        ["account_id", "type", "key"],
        unique=True,
        postgresql_where=sa.text("key IS NOT NULL"),
    )
    protect("webhook_events")
    op.create_table(
        "webhook_deliveries",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        _instant("due_at", nullable=False),
        sa.Column("claim", sa.Uuid(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("replay", sa.Integer(), nullable=False),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_code", sa.String(), nullable=True),
        sa.Column("attempts", JSONB(), nullable=False),
        _instant("ended_at"),
        _among("webhook_deliveries", "state", "waiting", "sending", "delivered", "failed", "skipped"),
        sa.ForeignKeyConstraint(
            ["account_id", "endpoint_id"],
            ["webhook_endpoints.account_id", "webhook_endpoints.endpoint_id"],
            name=op.f("fk_webhook_deliveries_account_id_endpoint_id_webhook_endpoints"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "event_id"],
            ["webhook_events.account_id", "webhook_events.event_id"],
            name=op.f("fk_webhook_deliveries_account_id_event_id_webhook_events"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "endpoint_id", "event_id", name=op.f("pk_webhook_deliveries")
        ),
    )
    op.create_index("ix_webhook_deliveries_event", "webhook_deliveries", ["account_id", "event_id"])
    op.create_index(
        "ix_webhook_deliveries_due",
        "webhook_deliveries",
        ["account_id", "endpoint_id", "due_at", "event_id"],
        postgresql_where=sa.text("state IN ('waiting', 'sending')"),
    )
    protect("webhook_deliveries")


def downgrade() -> None:
    op.drop_table("webhook_deliveries")
    op.drop_table("webhook_events")
    op.drop_table("webhook_endpoints")
