"""Whether an account's cards are charged at all, and for whom: asked before anything is reserved or sent."""

from typing import Any

from app.accounts.features import require
from app.cards import store
from app.cards.errors import CardsCountry, CardsNotConfigured, CardsSwitchedOff
from app.cards.models import CardMerchant
from app.cards.processors import TSYS
from app.cards.till import Till
from app.core.db import Session
from app.core.principal import Channel, Level, Principal
from app.sync import records

PAYMENTS = "payments"
COUNTRY = "US"


def is_served(settings: dict[str, Any]) -> bool:
    """Say whether a company's settings are those of one whose cards are charged by the processor there is."""
    return settings.get("country") == COUNTRY and settings.get("card_processor") == TSYS


async def company(session: Session) -> dict[str, Any]:
    """Return the company's settings."""
    return await records.find(session, "companies", session.account_id) or {}


async def admitted(session: Session, who: Principal, till: Till) -> tuple[CardMerchant, dict[str, Any]]:
    """Return by whom cards are charged and the company's settings, or refuse with the reason.

    What is asked first is told first: the user's right, the country, the processor, and what the company
    wants of its phones.
    """
    require(who, PAYMENTS, Level.ADD_ONLY)
    settings = await company(session)
    if settings.get("country") != COUNTRY:
        raise CardsCountry(country=settings.get("country"))
    merchant = await store.merchant(session)
    is_ours = settings.get("card_processor") == TSYS
    if (
        not is_ours
        or merchant is None
        or not merchant.is_active
        or not till.processors.serves(merchant.environment)
    ):
        raise CardsNotConfigured
    if who.channel is Channel.MOBILE and not settings.get("is_card_reader_enabled"):
        raise CardsSwitchedOff
    return merchant, settings
