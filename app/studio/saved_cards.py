"""Saved cards: what may be shown of a card a client has on file; numbers and tokens never come here."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from app.sync.fields import Id, Link, field
from app.sync.registry import Record, collection

LastFour = Annotated[str, StringConstraints(pattern=r"^\d{4}$")]
"""The last four digits of a card."""


class CardBrand(StrEnum):
    """Whose card it is."""

    VISA = "visa"
    MASTERCARD = "mastercard"
    AMERICAN_EXPRESS = "american_express"
    DISCOVER = "discover"
    OTHER = "other"


@collection("saved_cards", number=410, is_writable=False)
class SavedCard(Record):
    """A client's card on file: brand, last four digits and expiry, nothing that could be charged."""

    client_id: Annotated[Id, Link("clients")] = field(
        "Whose card it is.", example="0b0f2f0a-6f0e-4a55-9a59-5f6f3c1a4001"
    )
    payment_method_id: Annotated[Id | None, Link("payment_methods")] = field(
        "The payment method it is booked under.", example=None, default=None
    )
    brand: CardBrand = field("Whose card it is, by brand.", example="visa")
    last_four: LastFour = field("The last four digits.", example="4242")
    expiry_month: Annotated[int, Field(ge=1, le=12)] = field("Month it expires.", example=8)
    expiry_year: Annotated[int, Field(ge=2000, le=2200)] = field("Year it expires.", example=2028)
    is_default: bool = field("Charged when no other is chosen.", example=True, default=False)
    is_inactive: bool = field(
        "Kept for old payment plans and no longer offered.", example=False, default=False
    )
