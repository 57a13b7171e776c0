"""What people keep of hubs, and the indexes by which desks list records."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.migrations import concurrently, protect

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_LISTED_BY = {
    "clients": ("last_name", True),
    "sessions": ("web_expire_date", True),
    "invoices": ("invoice_date", False),
    "phone_calls": ("date", False),
    "emails": ("date", False),
    "text_messages": ("date", False),
    "tasks": ("due_date", True),
}


def upgrade() -> None:
    for name, kept in (("hub_filters", "filter"), ("hub_layouts", "layout")):
        # A run that was cut among the indexes has left them.
        if sa.inspect(op.get_bind()).has_table(name):
            continue
        op.create_table(
            name,
            sa.Column("account_id", sa.Uuid(), nullable=False),
            sa.Column("saved_id", sa.Uuid(), nullable=False),
            sa.Column("hub", sa.String(), nullable=False),
            sa.Column("owner_id", sa.Uuid(), nullable=False),
            sa.Column("name", sa.String(), nullable=False),
            sa.Column("is_shared", sa.Boolean(), nullable=False),
            sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
            sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column(kept, postgresql.JSONB(), nullable=False),
            sa.PrimaryKeyConstraint("account_id", "saved_id", name=op.f(f"pk_{name}")),
        )
        op.create_index(f"ix_{name}_hub", name, ["account_id", "hub"])
        protect(name)
    with concurrently():
        for table, (field, is_nullable) in _LISTED_BY.items():
            index = f"ix_{table}_by_{field}"
            # One that was cut while it was built is there, and of no use.
            op.drop_index(index, table, if_exists=True, postgresql_concurrently=True)
            op.create_index(
                index,
                table,
                ["account_id", field, "id"],
                postgresql_where=sa.text(f"{field} IS NOT NULL") if is_nullable else None,
                postgresql_concurrently=True,
            )


def downgrade() -> None:
    with concurrently():
        for table, (field, _) in _LISTED_BY.items():
            op.drop_index(f"ix_{table}_by_{field}", table, if_exists=True, postgresql_concurrently=True)
    for name in ("hub_layouts", "hub_filters"):
        op.drop_table(name)
