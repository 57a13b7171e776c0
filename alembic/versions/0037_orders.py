"""Web orders: price lists with their products, carts, orders, and the log of the data sync."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.migrations import protect

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_TABLES = "web_products", "web_price_lists", "web_carts", "web_orders", "data_sync_runs"


def upgrade() -> None:
    op.create_table(
        "web_price_lists",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("shipping", sa.BigInteger(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_web_price_lists")),
    )
    op.create_index(
        "uq_web_price_lists_name", "web_price_lists", ["account_id", sa.text("lower(name)")], unique=True
    )
    op.create_table(
        "web_products",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("price_list_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("tax_rate", sa.Integer(), nullable=False),
        sa.Column("is_shipped", sa.Boolean(), nullable=False),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "price_list_id"],
            ["web_price_lists.account_id", "web_price_lists.id"],
            name="fk_web_products_price_list",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "price_list_id", "id", name=op.f("pk_web_products")),
    )
    op.create_table(
        "web_carts",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "gallery_id", "client_id", name=op.f("pk_web_carts")),
    )
    op.create_table(
        "web_orders",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("ordered_by_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("client_name", sa.String(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("studio_id", sa.Uuid(), nullable=True),
        sa.Column("request_key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("subtotal", sa.BigInteger(), nullable=False),
        sa.Column("shipping", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("downloaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_web_orders")),
    )
    op.create_index("uq_web_orders_number", "web_orders", ["account_id", "number"], unique=True)
    op.create_index(
        "uq_web_orders_request",
        "web_orders",
        ["account_id", "gallery_id", "ordered_by_id", "request_key"],
        unique=True,
    )
    op.create_index(
        "uq_web_orders_payment",
        "web_orders",
        ["account_id", "payment_id"],
        unique=True,
        postgresql_where=sa.text("payment_id IS NOT NULL"),
    )
    op.create_index(
        "ix_web_orders_waiting",
        "web_orders",
        ["account_id", "state", "placed_at", "id"],
        postgresql_where=sa.text("state IN ('ready', 'held')"),
    )
    op.create_index("ix_web_orders_placed_at", "web_orders", ["account_id", "placed_at", "id"])
    op.create_table(
        "data_sync_runs",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("downloaded", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("uploaded", sa.Integer(), nullable=False),
        sa.Column("remaining", sa.Integer(), nullable=False),
        sa.Column("errors", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_data_sync_runs")),
    )
    op.create_index("ix_data_sync_runs_began_at", "data_sync_runs", ["account_id", "began_at", "id"])
    for name in _TABLES:
        protect(name)


def downgrade() -> None:
    for name in _TABLES:
        op.drop_table(name)
