"""Price lists: what galleries sell, maintained whole by whoever maintains lists."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from app.accounts.errors import VersionChanged
from app.audit.trail import Action, Entry, keep
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.principal import Principal
from app.galleries import order_store
from app.galleries.order_errors import (
    PriceListInUse,
    PriceListLimitReached,
    PriceListNameTaken,
    PriceListNotFound,
)
from app.galleries.order_models import WebPriceList, WebProduct
from app.galleries.pricing import Product
from app.http.errors import PreconditionRequired
from app.http.etags import etag
from app.sync.registry import LISTS

MOST_LISTS = 100
"""How many price lists an account may have."""
_SUBJECT = "web_price_lists"


@dataclass(frozen=True, slots=True)
class OfferedProduct(Product):
    """A product of a list, offered or not."""

    is_active: bool


@dataclass(frozen=True, slots=True)
class PriceList:
    """A price list with all its products, in their order; `version` counts its changes."""

    id: UUID
    name: str
    shipping: int
    is_active: bool
    version: int
    products: tuple[OfferedProduct, ...]


async def listed(session: Session) -> Sequence[WebPriceList]:
    """Return all price lists by name, without what they offer."""
    return await order_store.price_lists(session)


async def read(session: Session, list_id: UUID) -> PriceList:
    """Return a price list with its products."""
    return await _whole(session, await _found(session, list_id))


async def put(session: WriteSession, who: Principal, wanted: PriceList, expected: int | None) -> PriceList:
    """Set a price list whole in the place of the version that is expected: 0 of one that is new.

    A list an online gallery sells by keeps its name, by which the gallery's session knows it.
    """
    row = await order_store.price_list(session, wanted.id)
    _check_version(row, expected)
    if await order_store.is_named(session, wanted.name, wanted.id):
        raise PriceListNameTaken
    before = await _whole(session, row) if row else None
    if row is None:
        if len(await order_store.price_lists(session)) >= MOST_LISTS:
            raise PriceListLimitReached(limit=MOST_LISTS)
        row = WebPriceList(
            account_id=session.account_id,
            id=wanted.id,
            name=wanted.name,
            shipping=wanted.shipping,
            is_active=wanted.is_active,
            version=0,
            changed_at=clock.now(),
        )
    elif row.name.lower() != wanted.name.lower() and await order_store.is_in_use(session, row.name):
        raise PriceListInUse
    row.name, row.shipping, row.is_active = wanted.name, wanted.shipping, wanted.is_active
    row.version, row.changed_at = row.version + 1, clock.now()
    session.add(row)
    await session.flush()
    await order_store.set_products(session, row.id, _rows(session, wanted))
    after = await _whole(session, row)
    await _keep(session, who, Action.CHANGED if before else Action.CREATED, before, after)
    return after


async def remove(session: WriteSession, who: Principal, list_id: UUID, expected: int | None) -> None:
    """Remove the expected version of a price list no online gallery sells by; orders keep what they were."""
    row = await _found(session, list_id)
    _check_version(row, expected)
    if await order_store.is_in_use(session, row.name):
        raise PriceListInUse
    before = await _whole(session, row)
    await order_store.remove_price_list(session, row)
    await _keep(session, who, Action.DELETED, before, None)


async def _found(session: Session, list_id: UUID) -> WebPriceList:
    row = await order_store.price_list(session, list_id)
    if row is None:
        raise PriceListNotFound
    return row


def _check_version(row: WebPriceList | None, expected: int | None) -> None:
    if row is None and expected != 0:
        raise PriceListNotFound
    if expected is None:
        raise PreconditionRequired
    version = row.version if row else 0
    if expected != version:
        raise VersionChanged(version=version, headers={"ETag": etag(version)})


async def _whole(session: Session, row: WebPriceList) -> PriceList:
    products = tuple(
        OfferedProduct(
            id=each.id,
            item=each.item,
            name=each.name,
            description=each.description,
            price=each.price,
            tax_rate=each.tax_rate,
            is_shipped=each.is_shipped,
            images=each.images,
            is_active=each.is_active,
        )
        for each in await order_store.products(session, row.id)
    )
    return PriceList(row.id, row.name, row.shipping, row.is_active, row.version, products)


def _rows(session: Session, wanted: PriceList) -> list[WebProduct]:
    return [
        WebProduct(account_id=session.account_id, price_list_id=wanted.id, position=place, **asdict(each))
        for place, each in enumerate(wanted.products)
    ]


async def _keep(
    session: WriteSession, who: Principal, action: Action, before: PriceList | None, after: PriceList | None
) -> None:
    [list_id, *_] = [each.id for each in (before, after) if each]
    told = (asdict(each) if each else None for each in (before, after))
    await keep(session, who, Entry(LISTS, _SUBJECT, list_id, action, *told))
