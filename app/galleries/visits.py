"""Visits: a client in a gallery, and what that gallery sells as long as it is open."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.core import clock
from app.core.db import Session
from app.core.principal import Principal
from app.galleries import order_store
from app.galleries.order_refusals import GalleryClosed
from app.galleries.pricing import Product
from app.studio.sessions import GalleryState
from app.sync import records, registry
from app.sync.fields import Values

_OPEN = {GalleryState.ONLINE, GalleryState.EXPIRED}


@dataclass(frozen=True, slots=True)
class Visit:
    """A client who has signed in, and the publication of a gallery they look at."""

    gallery_id: UUID
    client_id: UUID


@dataclass(frozen=True, slots=True)
class Shop:
    """What an open gallery sells: its session and studio, products by id, what shipping costs, the currency.

    A gallery whose session names no price list that is in use sells nothing.
    """

    session_id: UUID
    studio_id: UUID | None
    currency: str
    shipping: int
    products: dict[UUID, Product]


async def open_shop(session: Session, who: Principal, visit: Visit) -> Shop:
    """Return what a gallery sells, or raise `GalleryClosed`."""
    session_id = await order_store.session_of(session, visit.gallery_id)
    booked = await record_of(session, "sessions", session_id) if session_id else None
    company = await record_of(session, "companies", session.account_id)
    if session_id is None or booked is None or company is None:
        raise GalleryClosed
    if _is_closed(booked, company, clock.today(who.time_zone)):
        raise GalleryClosed
    shipping, products = await order_store.offers(session, booked["web_price_list"])
    return Shop(
        session_id=session_id,
        studio_id=UUID(booked["studio_id"]) if booked["studio_id"] else None,
        currency=company["currency"],
        shipping=shipping,
        products=products,
    )


def _is_closed(booked: Values, company: Values, today: date) -> bool:
    """Say whether a session's gallery is closed to its client on a day where the company is."""
    expires = booked["web_expire_date"]
    is_over = expires is not None and date.fromisoformat(expires) <= today
    is_hidden = is_over and company["is_expired_gallery_hidden"]
    return not company["has_galleries"] or booked["gallery_state"] not in _OPEN or is_hidden


async def record_of(session: Session, collection: str, record_id: UUID) -> Values | None:
    """Return the fields of a record, if there is one."""
    found = await records.some(session, registry.numbered(registry.number_of(collection)), [record_id])
    return found.get(record_id)
