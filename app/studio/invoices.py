"""Invoices: what was sold, what it came to, and what is still owed, worked out in one place."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from app.accounts.features import Feature
from app.studio.custom_fields import InvoiceCustom
from app.studio.numbering import Number
from app.studio.trimming import ESTIMATE, preferences_of, rule, without_content
from app.sync.anchors import Stamp
from app.sync.circumstances import Circumstances
from app.sync.fields import Day, Element, Id, Line, Link, Money, Name, Paragraphs, Part, Values, field
from app.sync.registry import Record, collection
from app.sync.scope import Rule


class InvoiceType(StrEnum):
    """What an invoice is; these six are fixed."""

    SESSION_FEE = "session_fee"
    INITIAL_ORDER = "initial_order"
    RE_ORDER = "re_order"
    GENERIC = "generic"
    ESTIMATE = "estimate"
    CREDIT_MEMO = "credit_memo"


class PrepaidUploadState(StrEnum):
    """Whether a prepaid order has gone online for the client to choose images."""

    NONE = "none"
    PENDING = "pending"
    UPLOADED = "uploaded"


class InvoiceLine(Element):
    """One thing sold."""

    id: Id = field("The id of this line.", example="8e4f0a77-3d21-4c6b-9b1e-6f3c1a540001")
    item: Name = field("The item's code.", example="PR-0810")
    description: Line = field("What it is.", example="8x10 portrait print")
    images: list[Line] = field("The numbers of the images it is made from.", example=["0412"], default=[])
    quantity: Annotated[int, Field(ge=-(10**6), le=10**6)] = field(
        "How many; negative only on a credit memo.", example=2
    )
    unit_price: Money = field("The price of one.", example=4500)
    discount: Money = field("What is taken off the line.", example=500, default=0)
    extended_price: Money = field(
        "Quantity times price, less discount: worked out by the server.",
        example=8500,
        default=0,
        is_read_only=True,
    )
    tax: Money = field("The tax on the line.", example=680, default=0)
    vendor: Line | None = field("The lab or vendor preferred for it.", example="North Lab", default=None)

    @model_validator(mode="after")
    def _adds_up(self) -> "InvoiceLine":
        extended = _within(self.quantity * self.unit_price - self.discount)
        if "extended_price" in self.model_fields_set and self.extended_price != extended:
            raise ValueError("A line does not add up.")
        self.extended_price = extended
        return self


def balance_of(invoice_type: str, total: int, paid: int, written_off: int) -> int:
    """Return what is owed on an invoice: its total less what was paid and written off; estimates owe nothing.

    Less than nothing is what the client is still to be given back.
    """
    return (0 if invoice_type == InvoiceType.ESTIMATE else total) - paid - written_off


def _within(amount: int) -> int:
    if abs(amount) > _MOST:
        raise ValueError("The amounts are too large.")
    return amount


_MOST = 10**12
"""The largest amount there is, as in `Money`."""


def _is_owed(values: Values) -> bool:
    return bool(values["balance_due"])


def _kinds(values: Values) -> list[str]:
    return [ESTIMATE] if values["invoice_type"] == InvoiceType.ESTIMATE else []


def _belonging(given: Circumstances) -> Rule:
    wanted = preferences_of(given)
    return rule(
        given,
        lo=given.ago(wanted.invoices_past_days),
        excluded=() if wanted.include_estimates else given.numbers_of([ESTIMATE]),
        omit=without_content(wanted.invoice_lines),
    )


_WHO_SELLS = Feature(
    "invoices",
    "Invoices",
    "A sale, an estimate or a credit memo; once posted it is corrected by credit memo only.",
)


@collection(
    "invoices",
    number=540,
    stamp=Stamp(
        day="invoice_date",
        site="studio_id",
        is_pinned=_is_owed,
        pinned="not paid yet",
        also=_kinds,
        names=(ESTIMATE,),
        slot=3,
    ),
    rule=_belonging,
    is_writable=False,
    made_by=_WHO_SELLS,
)
class Invoice(Record):
    """A sale, an estimate or a credit memo; once posted it is corrected by credit memo only."""

    invoice_number: Number | None = field(
        "Given by the server when it is saved, never changed.",
        example=5031,
        default=None,
        is_read_only=True,
        is_unique=True,
    )
    web_order_number: Line | None = field(
        "The client's confirmation number, when the order came from the online gallery.",
        example="W-100233",
        default=None,
        is_read_only=True,
        is_unique=True,
    )
    client_id: Annotated[Id | None, Link("clients", is_parent=True)] = field(
        "The client it was sold to; none for a quick sale.", example=None, default=None
    )
    bill_to_client_id: Annotated[Id | None, Link("clients", is_parent=True)] = field(
        "Who pays, usually the same client.", example=None, default=None
    )
    session_id: Annotated[Id | None, Link("sessions")] = field(
        "The session it sells from; none for a client's or a quick sale.", example=None, default=None
    )
    original_invoice_id: Annotated[Id | None, Link("invoices")] = field(
        "The invoice a credit memo corrects.", example=None, default=None
    )
    studio_id: Annotated[Id | None, Link("studios")] = field(
        "The studio that sold it; none when there is only one.", example=None, default=None
    )
    description: Line = field("What it is for.", example="Spring family portrait", default="")
    invoice_type: InvoiceType = field("What it is.", example="generic")
    classification_id: Annotated[Id | None, Link("invoice_classifications")] = field(
        "The kind of business it is counted under.", example=None, default=None
    )
    sales_rep_id: Annotated[Id | None, Link("staff")] = field("Who sold it.", example=None, default=None)
    terms: Line | None = field("When payment is expected.", example="Due on receipt", default=None)
    invoice_date: Day = field("Local date of the sale.", example="2026-05-04")
    payment_due_date: Day | None = field("When it is to be paid.", example="2026-05-18", default=None)
    status_id: Annotated[Id | None, Link("invoice_statuses")] = field(
        "How far the order has come.", example=None, default=None
    )
    status_due_date: Day | None = field("When that step is due.", example="2026-05-11", default=None)
    approximate_delivery_date: Day | None = field(
        "When the client may expect the goods.", example="2026-05-25", default=None
    )
    subtotal: Money = field("The sum of the lines.", example=8500, default=0, is_read_only=True)
    discount: Money = field("What is taken off the whole.", example=0, default=0)
    tax: Money = field("The tax of all lines.", example=680, default=0, is_read_only=True)
    shipping: Money = field("Shipping.", example=0, default=0)
    surcharge: Money = field("Surcharge for paying by card.", example=0, default=0)
    total: Money = field(
        "Subtotal less discount, with tax, shipping and surcharge.",
        example=9180,
        default=0,
        is_read_only=True,
    )
    paid: Money = field(
        "Approved payments applied to it, less refunds.", example=5000, default=0, is_read_only=True
    )
    written_off: Money = field("What will not be asked for.", example=0, default=0, is_read_only=True)
    balance_due: Money = field(
        "Total less what was paid and written off; an estimate owes nothing.",
        example=4180,
        default=0,
        is_read_only=True,
    )
    pending_payments: Money = field(
        "Payments agreed for the future, at most what is owed; not yet counted as paid.",
        example=0,
        default=0,
        is_read_only=True,
    )
    is_posted: bool = field("Locked by accounting.", example=False, default=False, is_read_only=True)
    is_prepaid_online: bool = field(
        "Paid before the client has chosen images online.", example=False, default=False
    )
    prepaid_upload_state: PrepaidUploadState = field(
        "Whether the prepaid order has gone online.", example="none", default=PrepaidUploadState.NONE
    )
    lines: list[InvoiceLine] = field(
        "What was sold.",
        example=[
            {
                "id": "8e4f0a77-3d21-4c6b-9b1e-6f3c1a540001",
                "item": "PR-0810",
                "description": "8x10 portrait print",
                "images": ["0412"],
                "quantity": 2,
                "unit_price": 4500,
                "discount": 500,
                "extended_price": 8500,
                "tax": 680,
                "vendor": "North Lab",
            }
        ],
        default=[],
        part=Part.CONTENT,
    )
    notes: Paragraphs | None = field(
        "Anything to know about the order.",
        example="Gift, no price slip.",
        default=None,
        part=Part.NOTES,
    )
    status_notes: Paragraphs | None = field(
        "The history the server writes: date, time, initials, what happened.",
        example="2026-05-04 11:40 JD Payment: 50.00",
        default=None,
        part=Part.NOTES,
        is_read_only=True,
    )
    custom: InvoiceCustom | None = field(
        "The company's own fields.", example={"text_1": "Show special"}, default=None, part=Part.CUSTOM
    )

    @model_validator(mode="after")
    def _adds_up(self) -> "Invoice":
        """Work out the sums from what is sold and what was paid: nobody else says what they are."""
        self.subtotal = _within(sum(line.extended_price for line in self.lines))
        self.tax = _within(sum(line.tax for line in self.lines))
        self.total = _within(self.subtotal - self.discount + self.tax + self.shipping + self.surcharge)
        self.balance_due = _within(balance_of(self.invoice_type, self.total, self.paid, self.written_off))
        return self

    @model_validator(mode="after")
    def _only_a_credit_memo_is_negative(self) -> "Invoice":
        is_memo = self.invoice_type is InvoiceType.CREDIT_MEMO
        if not is_memo and any(line.quantity < 0 for line in self.lines):
            raise ValueError("Only a credit memo has negative quantities.")
        return self
