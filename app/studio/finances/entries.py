"""What a record adds to the sums of its days: the one place that says what counts as what."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from uuid import UUID

from app.studio.invoices import InvoiceType
from app.studio.payments import PaymentState, PaymentType
from app.sync.anchors import ALWAYS
from app.sync.fields import Values

SUMS = ("sales", "sales_count", "payments", "refunds", "sessions", "owed", "pending", "deposits")
"""What is summed by day.

Sales, payments, refunds and sessions stand on their date, `owed` on the day it is due. What is pending or not
applied stands on the day that is always, and so does what is owed and never due.
"""
RECEIVED = (PaymentState.APPROVED, PaymentState.REFUNDED)
"""The states of money that changed hands; what was given back later is a refund of its own."""
Place = tuple[UUID, date]
"""Where something is summed: the studio, or the account for what names none, and the day."""
Moves = dict[Place, Counter[str]]
"""By how much each sum of some places changes."""
_Entry = tuple[str | None, str, int]
"""A day, none for always, one of the sums, and an amount."""


def add(moves: Moves, collection: str, account_id: UUID, values: Values | None, sign: int) -> None:
    """Add what a record comes to, or with a negative sign take it away; one that is gone is nothing."""
    if values is None:
        return
    site = UUID(values["studio_id"]) if values["studio_id"] else account_id
    for day, name, amount in _ENTRIES[collection](values):
        if amount:
            place = site, date.fromisoformat(day) if day else ALWAYS
            moves.setdefault(place, Counter())[name] += sign * amount


def moved(moves: Moves) -> Moves:
    """Return the places where anything is left of what was added and taken away."""
    return {place: left for place, sums in moves.items() if (left := _left(sums))}


def _left(sums: Mapping[str, int]) -> Counter[str]:
    return Counter({name: amount for name, amount in sums.items() if amount})


def _of_invoice(values: Values) -> Iterator[_Entry]:
    if values["invoice_type"] == InvoiceType.ESTIMATE:
        return
    yield values["invoice_date"], "sales", values["total"]
    yield values["invoice_date"], "sales_count", values["invoice_type"] != InvoiceType.CREDIT_MEMO
    yield values["payment_due_date"], "owed", values["balance_due"]
    # Of what is agreed an invoice counts no more than is owed.
    yield None, "pending", values["pending_payments"]


def _of_payment(values: Values) -> Iterator[_Entry]:
    state, amount = values["state"], values["amount"]
    if state == PaymentState.PENDING and values["invoice_id"] is None:
        yield None, "pending", amount
    elif state in RECEIVED:
        day = values["date"] or values["due_date"]
        if values["payment_type"] == PaymentType.REFUND:
            yield day, "refunds", -amount
        else:
            yield day, "payments", amount
    if state == PaymentState.APPROVED and values["invoice_id"] is None:
        yield None, "deposits", amount


def _of_session(values: Values) -> Iterator[_Entry]:
    if values["date"] and not values["is_cancelled"] and not values["is_on_hold"]:
        yield values["date"], "sessions", 1


_ENTRIES: Mapping[str, Callable[[Values], Iterator[_Entry]]] = {
    "invoices": _of_invoice,
    "payments": _of_payment,
    "sessions": _of_session,
}
COUNTED = tuple(_ENTRIES)
"""The collections whose records count."""
