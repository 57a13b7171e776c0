"""The only SQL of price lists, carts, web orders and the data sync; every statement names the account."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlalchemy import tuple_
from sqlmodel import col, delete, select

from app.core.columns import named
from app.core.db import Session, WriteSession
from app.galleries.models import PictureState
from app.galleries.order_models import (
    WAITING,
    DataSyncRun,
    GalleryTask,
    OrderState,
    WebCart,
    WebOrder,
    WebPriceList,
    WebProduct,
)
from app.galleries.pricing import Product


async def price_lists(session: Session) -> Sequence[WebPriceList]:
    """Return all price lists by name."""
    sql = select(WebPriceList).where(col(WebPriceList.account_id) == session.account_id)
    return (await session.exec(sql.order_by(col(WebPriceList.name), col(WebPriceList.id)))).all()


async def price_list(session: Session, list_id: UUID) -> WebPriceList | None:
    """Return a price list."""
    return await session.get(WebPriceList, (session.account_id, list_id))


async def products(session: Session, list_id: UUID) -> Sequence[WebProduct]:
    """Return all products of a price list, in their order."""
    sql = select(WebProduct).where(
        col(WebProduct.account_id) == session.account_id, col(WebProduct.price_list_id) == list_id
    )
    return (await session.exec(sql.order_by(col(WebProduct.position)))).all()


async def set_products(session: WriteSession, list_id: UUID, rows: Sequence[WebProduct]) -> None:
    """Set all products of a price list."""
    await session.exec(
        delete(WebProduct).where(
            col(WebProduct.account_id) == session.account_id, col(WebProduct.price_list_id) == list_id
        )
    )
    session.add_all(rows)
    await session.flush()


async def remove_price_list(session: WriteSession, found: WebPriceList) -> None:
    """Remove a price list with its products."""
    await session.delete(found)
    await session.flush()


async def is_named(session: Session, name: str, but: UUID) -> bool:
    """Say whether another price list has a name, in whatever case."""
    found = await session.raw.fetchval(_IS_NAMED, session.account_id, name, but)
    return bool(found)


async def is_in_use(session: Session, name: str) -> bool:
    """Say whether a gallery that is online names a price list, in whatever case."""
    return bool(await session.raw.fetchval(_IS_IN_USE, session.account_id, name))


async def session_of(session: Session, gallery_id: UUID) -> UUID | None:
    """Return the session of a publication that was not taken down."""
    found: UUID | None = await session.raw.fetchval(_SESSION_OF, session.account_id, gallery_id)
    return found


async def offers(session: Session, name: str | None) -> tuple[int, dict[UUID, Product]]:
    """Return what shipping costs by the price list of a name, and what it offers, in its order."""
    rows = await session.raw.fetch(_OFFERS, session.account_id, name) if name else []
    found = {
        row["id"]: Product(**{each: row[each] for each in _OF_PRODUCT})
        for row in rows
        if row["id"] is not None
    }
    return (rows[0]["shipping"] if rows else 0), found


async def shown(session: Session, session_id: UUID, numbers: Collection[str]) -> set[str]:
    """Return which numbers are those of pictures that a session's gallery shows."""
    rows = await session.raw.fetch(_SHOWN, session.account_id, session_id, list(numbers), PictureState.READY)
    return {row["number"] for row in rows}


async def cart(session: Session, gallery_id: UUID, client_id: UUID) -> WebCart | None:
    """Return a client's cart in a gallery."""
    return await session.get(WebCart, (session.account_id, gallery_id, client_id))


async def carts_of(session: Session, client_id: UUID) -> Sequence[WebCart]:
    """Return a client's carts, in whatever galleries."""
    sql = select(WebCart).where(
        col(WebCart.account_id) == session.account_id, col(WebCart.client_id) == client_id
    )
    return (await session.exec(sql)).all()


async def give_orders(session: WriteSession, client_id: UUID, to: UUID) -> None:
    """Have what a client has ordered be ordered by another."""
    await session.raw.execute(_GIVE_ORDERS, session.account_id, client_id, to)


async def order(session: Session, order_id: UUID) -> WebOrder | None:
    """Return an order as it stands now."""
    return await session.get(WebOrder, (session.account_id, order_id))


async def order_asked(session: Session, gallery_id: UUID, client_id: UUID, key: str) -> WebOrder | None:
    """Return what a client has ordered in a gallery under a key."""
    sql = select(WebOrder).where(
        col(WebOrder.account_id) == session.account_id,
        col(WebOrder.gallery_id) == gallery_id,
        col(WebOrder.ordered_by_id) == client_id,
        col(WebOrder.request_key) == key,
    )
    return (await session.exec(sql)).one_or_none()


async def orders_in(session: Session, gallery_id: UUID, client_id: UUID) -> Sequence[WebOrder]:
    """Return what a client has ordered in a gallery, the latest first."""
    sql = select(WebOrder).where(
        col(WebOrder.account_id) == session.account_id,
        col(WebOrder.gallery_id) == gallery_id,
        col(WebOrder.ordered_by_id) == client_id,
    )
    return (await session.exec(sql.order_by(col(WebOrder.placed_at).desc(), col(WebOrder.id)))).all()


async def orders(
    session: Session, state: OrderState | None, after: WebOrder | None, most: int
) -> Sequence[WebOrder]:
    """Return so many orders in one state or in any, the latest first, behind one of them."""
    sql = select(WebOrder).where(col(WebOrder.account_id) == session.account_id)
    if state is not None:
        sql = sql.where(col(WebOrder.state) == state.value)
    if after is not None:
        place = (col(WebOrder.placed_at), col(WebOrder.id))
        sql = sql.where(tuple_(*place) < tuple_(after.placed_at, after.id))
    sql = sql.order_by(col(WebOrder.placed_at).desc(), col(WebOrder.id).desc()).limit(most)
    return (await session.exec(sql)).all()


async def waiting(session: Session, states: Collection[OrderState], most: int) -> list[UUID]:
    """Return so many orders that are no invoices yet: those that are ready first, the longest ago at that."""
    rows = await session.raw.fetch(_WAITING, session.account_id, [each.value for each in states], most)
    return [row["id"] for row in rows]


async def count_ready(session: Session) -> int:
    """Return how many orders wait to be downloaded."""
    return int(await session.raw.fetchval(_COUNT_READY, session.account_id))


async def unpaid(session: Session, payments: Collection[UUID]) -> Sequence[WebOrder]:
    """Return the orders that wait for some payments."""
    sql = select(WebOrder).where(
        col(WebOrder.account_id) == session.account_id,
        col(WebOrder.payment_id).in_(payments),
        col(WebOrder.payment_id).is_not(None),
        col(WebOrder.state) == OrderState.UNPAID.value,
    )
    return (await session.exec(sql)).all()


async def pays_another(session: Session, payment_id: UUID) -> bool:
    """Say whether an order names a payment."""
    sql = "SELECT true FROM web_orders WHERE account_id = $1 AND payment_id = $2"
    return bool(await session.raw.fetchval(sql, session.account_id, payment_id))


async def is_number_taken(session: Session, number: str) -> bool:
    """Say whether an order or an invoice has a web order number."""
    return bool(await session.raw.fetchval(_IS_NUMBER_TAKEN, session.account_id, number))


async def is_invoiced(session: Session, number: str) -> bool:
    """Say whether an invoice has a web order number."""
    sql = "SELECT true FROM invoices WHERE account_id = $1 AND web_order_number = $2"
    return bool(await session.raw.fetchval(sql, session.account_id, number))


async def has_orders(session: Session, session_id: UUID) -> bool:
    """Say whether a session has an order among its invoices."""
    return bool(await session.raw.fetchval(_HAS_ORDERS, session.account_id, session_id))


async def to_upload(session: Session, most: int) -> list[UUID]:
    """Return so many prepaid invoices that can go online: their session's gallery is open."""
    rows = await session.raw.fetch(_TO_UPLOAD, session.account_id, most)
    return [row["id"] for row in rows]


async def runs(session: Session, most: int) -> Sequence[DataSyncRun]:
    """Return so many runs, the latest first."""
    sql = select(DataSyncRun).where(col(DataSyncRun.account_id) == session.account_id)
    sql = sql.order_by(col(DataSyncRun.began_at).desc(), col(DataSyncRun.id).desc()).limit(most)
    return (await session.exec(sql)).all()


async def keep_run(session: WriteSession, run: DataSyncRun, most: int) -> None:
    """Keep a run, and no more than so many of them."""
    session.add(run)
    await session.flush()
    await session.raw.execute(_FORGET_RUNS, session.account_id, most)


async def gallery_tasks(session: Session) -> Sequence[asyncpg.Record]:
    """Return for which events tasks are made, and which."""
    sql = f"SELECT {named(GalleryTask)} FROM gallery_tasks WHERE account_id = $1"
    return await session.raw.fetch(sql, session.account_id)


async def set_gallery_tasks(session: WriteSession, rows: Sequence[GalleryTask]) -> None:
    """Set for which events tasks are made, in the place of all there were."""
    await session.exec(delete(GalleryTask).where(col(GalleryTask.account_id) == session.account_id))
    session.add_all(rows)
    await session.flush()


async def prepaid(session: Session, session_id: UUID, client_id: UUID) -> list[UUID]:
    """Return a client's invoices of a session for which images are chosen online, the oldest first."""
    rows = await session.raw.fetch(_PREPAID, session.account_id, session_id, client_id)
    return [row["id"] for row in rows]


async def forget(session: Session, before: datetime, most: int) -> int:
    """Forget so many carts and orders nobody needs any more, and return how many that were.

    Carts that were not touched since an instant, whose gallery is closed or whose client is gone; of orders
    those that came to nothing before it, and those that wait for nothing of clients who are gone.
    """
    done = 0
    for sql in (_FORGET_CARTS, _FORGET_ORDERS):
        said: str = await session.raw.execute(sql, session.account_id, before, most)
        done += int(said.removeprefix("DELETE "))
    return done


_OF_PRODUCT = ("id", "item", "name", "description", "price", "tax_rate", "is_shipped", "images")
_IS_NAMED = """
SELECT true FROM web_price_lists WHERE account_id = $1 AND lower(name) = lower($2) AND id <> $3
"""
_IS_IN_USE = """
SELECT true FROM sessions
WHERE account_id = $1 AND gallery_state IN ('online', 'expired') AND lower(web_price_list) = lower($2)
LIMIT 1
"""
_SESSION_OF = """
SELECT session_id FROM galleries WHERE account_id = $1 AND id = $2 AND taken_down_at IS NULL
"""
_OFFERS = """
SELECT l.shipping, p.id, p.item, p.name, p.description, p.price, p.tax_rate, p.is_shipped, p.images
FROM web_price_lists l
LEFT JOIN web_products p ON p.account_id = $1 AND p.price_list_id = l.id AND p.is_active
WHERE l.account_id = $1 AND lower(l.name) = lower($2) AND l.is_active
ORDER BY p.position
"""
_SHOWN = """
SELECT DISTINCT number FROM pictures
WHERE account_id = $1 AND session_id = $2 AND number = ANY ($3::text[]) AND is_online AND state = $4
"""
_WAITING = f"""
SELECT id FROM web_orders WHERE account_id = $1 AND {WAITING} AND state = ANY ($2::text[])
ORDER BY state DESC, placed_at, id LIMIT $3
"""
_COUNT_READY = "SELECT count(*) FROM web_orders WHERE account_id = $1 AND state = 'ready'"
_IS_NUMBER_TAKEN = """
SELECT EXISTS (SELECT FROM web_orders WHERE account_id = $1 AND number = $2)
    OR EXISTS (SELECT FROM invoices WHERE account_id = $1 AND web_order_number = $2)
"""
_HAS_ORDERS = """
SELECT true FROM invoices
WHERE account_id = $1 AND session_id = $2 AND invoice_type IN ('initial_order', 're_order') LIMIT 1
"""
_TO_UPLOAD = """
SELECT i.id FROM invoices i
JOIN sessions s ON s.account_id = $1 AND s.id = i.session_id
WHERE i.account_id = $1 AND i.prepaid_upload_state = 'pending' AND i.is_prepaid_online
    AND s.gallery_state IN ('online', 'expired')
ORDER BY i.id LIMIT $2
"""
# Two clients may have ordered under one key: the order that moves is not asked for again under it.
_GIVE_ORDERS = """
UPDATE web_orders o SET ordered_by_id = $3, request_key = CASE WHEN EXISTS (
    SELECT FROM web_orders t
    WHERE t.account_id = $1 AND t.gallery_id = o.gallery_id AND t.ordered_by_id = $3
        AND t.request_key = o.request_key
) THEN o.id::text ELSE o.request_key END
WHERE o.account_id = $1 AND o.ordered_by_id = $2
"""
_FORGET_RUNS = """
DELETE FROM data_sync_runs WHERE account_id = $1 AND id IN (
    SELECT id FROM data_sync_runs WHERE account_id = $1 ORDER BY began_at DESC, id DESC OFFSET $2
)
"""
_PREPAID = """
SELECT id FROM invoices
WHERE account_id = $1 AND session_id = $2 AND client_id = $3 AND is_prepaid_online
    AND prepaid_upload_state = 'uploaded' AND invoice_type NOT IN ('estimate', 'credit_memo')
ORDER BY invoice_date, invoice_number, id LIMIT 100
"""
_FORGET_CARTS = """
DELETE FROM web_carts WHERE account_id = $1 AND (gallery_id, client_id) IN (
    SELECT c.gallery_id, c.client_id FROM web_carts c
    LEFT JOIN galleries g ON g.account_id = $1 AND g.id = c.gallery_id AND g.taken_down_at IS NULL
    LEFT JOIN clients k ON k.account_id = $1 AND k.id = c.client_id
    WHERE c.account_id = $1 AND (c.changed_at <= $2 OR g.id IS NULL OR k.id IS NULL) LIMIT $3
)
"""
# Who was merged is gone too, and the invoice is the survivor's: its order stays.
_FORGET_ORDERS = """
DELETE FROM web_orders WHERE account_id = $1 AND id = ANY(ARRAY(
    SELECT o.id FROM web_orders o
    WHERE o.account_id = $1 AND o.state IN ('cancelled', 'downloaded') AND (
        (o.state = 'cancelled' AND o.placed_at <= $2) OR NOT (
            EXISTS (SELECT FROM clients k WHERE k.account_id = $1 AND k.id IN (o.client_id, o.ordered_by_id))
            OR EXISTS (SELECT FROM invoices i WHERE i.account_id = $1 AND i.id = o.id)
        )
    ) LIMIT $3
))
"""
