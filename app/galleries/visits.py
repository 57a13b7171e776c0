"""Visits: a client in a gallery, and what that gallery sells as long as it is open."""

from dataclasses import dataclass
from uuid import UUID

from app.core import clock
from app.core.db import Session
from app.core.principal import Principal
from app.galleries import order_store
from app.galleries.lifecycle.standing import hidden_because
from app.galleries.order_refusals import GalleryClosed
from app.galleries.pricing import Product
from app.sync import records


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
    booked = await records.find(session, "sessions", session_id) if session_id else None
    company = await records.find(session, "companies", session.account_id)
    if session_id is None or booked is None or company is None:
        raise GalleryClosed
    if hidden_because(booked, company, clock.today(who.time_zone)):
        raise GalleryClosed
    shipping, products = await order_store.offers(session, booked["web_price_list"])
    return Shop(
        session_id=session_id,
        studio_id=UUID(booked["studio_id"]) if booked["studio_id"] else None,
        currency=company["currency"],
        shipping=shipping,
        products=products,
    )
