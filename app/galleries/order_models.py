"""Web orders as tables: what galleries sell, what is in carts, what was ordered, and what comes of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKeyConstraint, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


def _instant() -> Any:
    return DateTime(timezone=True)


class OrderState(StrEnum):
    """How far a web order has come."""

    UNPAID = "unpaid"
    """It names a payment by card that is under way; it is no order before that is approved."""
    READY = "ready"
    """It waits to be downloaded."""
    HELD = "held"
    """It could not become an invoice, and `code` says why; somebody decides."""
    DOWNLOADED = "downloaded"
    """It is an invoice."""
    CANCELLED = "cancelled"
    """Its payment was not approved; what was ordered is in the cart again."""


WAITING = "state IN ('ready', 'held')"
"""What holds of orders that are no invoices yet; the words of an index, and of whoever wants it used."""


class WebPriceList(SQLModel, table=True):
    """What a gallery sells; sessions name it by its `name`. `shipping` is asked once for an order."""

    __tablename__ = "web_price_lists"
    __table_args__ = (Index("uq_web_price_lists_name", "account_id", text("lower(name)"), unique=True),)

    account_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    name: str
    shipping: int = Field(sa_type=BigInteger)
    is_active: bool
    version: int
    changed_at: datetime = Field(sa_type=_instant())


class WebProduct(SQLModel, table=True):
    """A thing a price list offers, made from so many `images`; `tax_rate` is in thousandths of a percent."""

    __tablename__ = "web_products"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "price_list_id"],
            ["web_price_lists.account_id", "web_price_lists.id"],
            name="fk_web_products_price_list",
            ondelete="CASCADE",
        ),
    )

    account_id: UUID = Field(primary_key=True)
    price_list_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    position: int
    item: str
    name: str
    description: str
    price: int = Field(sa_type=BigInteger)
    tax_rate: int
    is_shipped: bool
    images: int
    is_active: bool


class WebCart(SQLModel, table=True):
    """What a client has put together in one publication of a gallery, not ordered yet."""

    __tablename__ = "web_carts"

    account_id: UUID = Field(primary_key=True)
    gallery_id: UUID = Field(primary_key=True)
    client_id: UUID = Field(primary_key=True)
    lines: list[dict[str, Any]] = Field(sa_type=JSONB)
    changed_at: datetime = Field(sa_type=_instant())


class WebOrder(SQLModel, table=True):
    """What a client has ordered, as it was priced; its id is also that of the invoice it becomes.

    `ordered_by_id` is who ordered, or whoever they were merged into, by that `client_name`, under a key that
    `request_key` is the hash of; `fingerprint` is of what was asked under it. `client_id` and
    `session_id` are whose invoice it becomes: while it is held somebody may change them.
    """

    __tablename__ = "web_orders"
    __table_args__ = (
        Index("uq_web_orders_number", "account_id", "number", unique=True),
        Index(
            "uq_web_orders_request", "account_id", "gallery_id", "ordered_by_id", "request_key", unique=True
        ),
        Index(
            "uq_web_orders_payment",
            "account_id",
            "payment_id",
            unique=True,
            postgresql_where=text("payment_id IS NOT NULL"),
        ),
        Index(
            "ix_web_orders_waiting", "account_id", "state", "placed_at", "id", postgresql_where=text(WAITING)
        ),
        Index("ix_web_orders_placed_at", "account_id", "placed_at", "id"),
    )

    account_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    number: str
    gallery_id: UUID
    ordered_by_id: UUID
    client_id: UUID
    client_name: str
    session_id: UUID | None
    studio_id: UUID | None
    request_key: str
    fingerprint: bytes = Field(sa_type=LargeBinary)
    state: str
    code: str | None = None
    lines: list[dict[str, Any]] = Field(sa_type=JSONB)
    subtotal: int = Field(sa_type=BigInteger)
    shipping: int = Field(sa_type=BigInteger)
    tax: int = Field(sa_type=BigInteger)
    total: int = Field(sa_type=BigInteger)
    payment_id: UUID | None = None
    placed_at: datetime = Field(sa_type=_instant())
    downloaded_at: datetime | None = Field(default=None, sa_type=_instant())


class DataSyncRun(SQLModel, table=True):
    """One run of the data sync, of those kept: when, by whom (nobody: by itself), and what came of it."""

    __tablename__ = "data_sync_runs"
    __table_args__ = (Index("ix_data_sync_runs_began_at", "account_id", "began_at", "id"),)

    account_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    user_id: UUID | None = None
    began_at: datetime = Field(sa_type=_instant())
    ended_at: datetime = Field(sa_type=_instant())
    downloaded: int
    held: int
    uploaded: int
    remaining: int
    errors: list[dict[str, Any]] = Field(sa_type=JSONB)


class GalleryTask(SQLModel, table=True):
    """Which task is made when something arrives from a gallery: none for an event without a row."""

    __tablename__ = "gallery_tasks"

    account_id: UUID = Field(primary_key=True)
    event: str = Field(primary_key=True)
    task_type_id: UUID | None = None
    assigned_department_id: UUID | None = None
    assigned_user_id: UUID | None = None
    due_days: int
