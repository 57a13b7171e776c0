"""What people keep of hubs for next time, and the indexes by which records are listed in order."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

import app.studio  # noqa: F401 - declares the tables below
from app.sync import registry
from app.sync.tables import Kind


class _Saved(SQLModel):
    """What a user has saved in a hub, for themselves or for all."""

    account_id: UUID = Field(primary_key=True)
    saved_id: UUID = Field(primary_key=True)
    hub: str
    owner_id: UUID
    name: str
    is_shared: bool
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))


class HubFilter(_Saved, table=True):
    """A filter with a name; `filter` is as it was sent."""

    __tablename__ = "hub_filters"
    __table_args__ = (Index("ix_hub_filters_hub", "account_id", "hub"),)

    filter: dict[str, Any] = Field(sa_type=JSONB)


class HubLayout(_Saved, table=True):
    """Columns, order and grouping with a name; `layout` is as it was sent."""

    __tablename__ = "hub_layouts"
    __table_args__ = (Index("ix_hub_layouts_hub", "account_id", "hub"),)

    layout: dict[str, Any] = Field(sa_type=JSONB)


LISTED_BY = {
    "clients": "last_name",
    "sessions": "web_expire_date",
    "invoices": "invoice_date",
    "phone_calls": "date",
    "emails": "date",
    "text_messages": "date",
    "tasks": "due_date",
}
"""What desks list records by most, where no other index has them in that order."""

for name, field in LISTED_BY.items():
    _collection = registry.numbered(registry.number_of(name))
    _table, _is_text = _collection.table, _collection.fields[field].kind is Kind.TEXT
    Index(
        f"ix_{name}_by_{field}",
        _table.c.account_id,
        # Its collation, "C", stands in the migration: nothing reads that back from the database.
        func.text_order(_table.c[field]) if _is_text else _table.c[field],
        _table.c.id,
        postgresql_where=_table.c[field].is_not(None) if _table.c[field].nullable else None,
    )
