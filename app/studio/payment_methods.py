"""Payment methods: the ways a studio takes money."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from app.studio.lists import ListEntry
from app.sync.fields import Line, field
from app.sync.registry import collection


class PaymentKind(StrEnum):
    """What a payment method is, whatever it is called."""

    CASH = "cash"
    CHECK = "check"
    CREDIT_CARD = "credit_card"
    GIFT_CERTIFICATE = "gift_certificate"
    OTHER = "other"


@collection("payment_methods", number=126, is_writable=False)
class PaymentMethod(ListEntry):
    """A way to pay, such as Visa or Check."""

    payment_kind: PaymentKind = field("What kind of method it is.", example="credit_card")
    leading_digits: Annotated[str, StringConstraints(pattern=r"^\d{1,6}$")] | None = field(
        "First digits of the cards it is recognized by; none for anything but cards.",
        example="4",
        default=None,
    )
    deposit_account: Line | None = field(
        "The ledger account the money goes to.", example="Merchant account", default=None
    )
    is_drawer_opened: bool = field("Taking it opens the cash drawer.", example=False, default=False)
    is_exported_individually: bool = field(
        "Each payment is exported to accounting by itself, not in a daily sum.", example=False, default=False
    )
    is_web_enabled: bool = field(
        "Clients may pay this way in the online gallery.", example=True, default=False
    )
