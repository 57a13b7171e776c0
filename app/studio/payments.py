"""Payments: money received, promised and given back; a phone makes them by command, never by merge."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints, model_validator

from app.studio.custom_fields import PaymentCustom
from app.studio.saved_cards import CardBrand, LastFour
from app.studio.trimming import preferences_of, rule
from app.sync.anchors import Stamp
from app.sync.circumstances import Circumstances
from app.sync.fields import Day, Id, Line, Link, Money, Paragraphs, Part, Values, field
from app.sync.registry import Record, collection
from app.sync.scope import Rule


class PaymentType(StrEnum):
    """Which way the money goes."""

    PAYMENT = "payment"
    REFUND = "refund"


class PaymentState(StrEnum):
    """How far a payment has come."""

    PENDING = "pending"
    PROCESSING = "processing"
    APPROVED = "approved"
    DECLINED = "declined"
    ERROR = "error"
    VOIDED = "voided"
    REFUNDED = "refunded"


def _is_unapplied(values: Values) -> bool:
    return values["invoice_id"] is None and values["state"] == PaymentState.APPROVED


def _belonging(given: Circumstances) -> Rule:
    return rule(given, lo=given.ago(preferences_of(given).payments_past_days))


@collection(
    "payments",
    number=560,
    stamp=Stamp(day="date", site="studio_id", is_pinned=_is_unapplied, pinned="not applied yet", slot=4),
    rule=_belonging,
    is_writable=False,
    is_kept_by_server=True,
)
class Payment(Record):
    """Money received, promised or given back; without an invoice it is the client's deposit."""

    client_id: Annotated[Id | None, Link("clients", is_parent=True)] = field(
        "Whose payment it is; none for a quick sale.", example=None, default=None
    )
    invoice_id: Annotated[Id | None, Link("invoices", is_parent=True)] = field(
        "The invoice it is applied to; none for a deposit.", example=None, default=None
    )
    payment_method_id: Annotated[Id | None, Link("payment_methods")] = field(
        "How it was paid; none for the client's saved card.", example=None, default=None
    )
    saved_card_id: Id | None = field(
        "Which of the client's saved cards it is charged to.", example=None, default=None
    )
    studio_id: Annotated[Id | None, Link("studios")] = field(
        "The studio that took it; none when there is only one.", example=None, default=None
    )
    user_id: Annotated[Id | None, Link("staff")] = field("Who took it.", example=None, default=None)
    payment_type: PaymentType = field("Whether it is paid or given back.", example="payment")
    state: PaymentState = field(
        "How far it has come.", example="approved", is_read_only=True, default=PaymentState.PENDING
    )
    amount: Money = field("The amount; negative for a refund.", example=5000)
    date: Day | None = field(
        "Local date it was paid; none while it is pending.", example="2026-05-04", default=None
    )
    due_date: Day | None = field("When a pending payment is due.", example="2026-06-04", default=None)
    check_number: Line | None = field("Number of the check.", example="1187", default=None)
    card_brand: CardBrand | None = field("Brand of the card.", example="visa", default=None)
    card_last_four: LastFour | None = field("Last four digits of the card.", example="4242", default=None)
    card_expiry: Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])/\d{2}$")] | None = field(
        "Month and year the card expires.", example="08/28", default=None
    )
    authorization_code: Line | None = field(
        "What the processor answered.", example="A71B22", default=None, is_read_only=True
    )
    processor_reference: Line | None = field(
        "The processor's own number.", example="ref-90211", default=None, is_read_only=True
    )
    is_posted: bool = field("Locked by accounting.", example=False, default=False, is_read_only=True)
    status_notes: Paragraphs | None = field(
        "The history the server writes: date, time, initials, what happened.",
        example="2026-05-04 11:40 JD Approved",
        default=None,
        part=Part.NOTES,
        is_read_only=True,
    )
    custom: PaymentCustom | None = field(
        "The company's own fields.", example={"checkbox_1": True}, default=None, part=Part.CUSTOM
    )

    @model_validator(mode="after")
    def _has_its_sign(self) -> "Payment":
        if self.payment_type is PaymentType.REFUND and self.amount > 0:
            raise ValueError("The amount of a refund is negative.")
        if self.payment_type is PaymentType.PAYMENT and self.amount < 0:
            raise ValueError("The amount of a payment is not negative.")
        return self

    @model_validator(mode="after")
    def _has_a_date(self) -> "Payment":
        if self.date is None and self.due_date is None:
            raise ValueError("A payment needs the date it was paid or the date it is due.")
        return self
