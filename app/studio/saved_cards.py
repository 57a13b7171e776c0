"""Saved cards: what a client's record shows of cards on file; numbers and tokens never come here."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from app.sync.fields import Element, Id, Link, field

LastFour = Annotated[str, StringConstraints(pattern=r"^\d{4}$")]
"""The last four digits of a card."""


class CardBrand(StrEnum):
    """Whose card it is."""

    VISA = "visa"
    MASTERCARD = "mastercard"
    AMERICAN_EXPRESS = "american_express"
    DISCOVER = "discover"
    OTHER = "other"


class SavedCard(Element):
    """A client's card on file: brand, last four digits and expiry, nothing that could be charged."""

    id: Id = field("The id of this card.", example="2b6d1f0e-8a37-4c55-9d21-6f3c1a410001")
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
