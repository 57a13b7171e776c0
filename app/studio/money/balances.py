"""Balances: what is paid and owed on an invoice follows from its payments, whoever writes them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from app.core.money import spoken
from app.core.principal import Channel
from app.studio.finances.entries import RECEIVED
from app.studio.invoices import balance_of
from app.studio.money import store
from app.studio.payments import PaymentState, PaymentType
from app.studio.rules.settings import company, settings_of
from app.studio.status_notes import note, with_remark
from app.sync import registry
from app.sync.draft import Draft
from app.sync.fields import Values
from app.sync.reactions import Work, Written, on_write

_MOVING = ("invoice_id", "amount", "state")
_Known = Mapping[str, Mapping[UUID, None]]
"""The payments that stand on each invoice, or may when all is written."""


def _named(written: Written) -> Iterator[str]:
    for fields in (written.before, written.after):
        if fields and fields["invoice_id"]:
            yield fields["invoice_id"]


def _looked_at(written: Written) -> Iterator[tuple[str, str | None]]:
    return (("invoices", each) for each in _named(written))


async def _payments(draft: Draft, writes: Sequence[Written]) -> _Known:
    known: dict[str, dict[UUID, None]] = {}
    for written in writes:
        for invoice in _named(written):
            known.setdefault(invoice, {})[written.key[1]] = None
    for payment, named in await store.payments_of(draft.session, [UUID(each) for each in known]):
        known[str(named)][payment] = None
    number = registry.number_of("payments")
    await draft.load((number, each) for payments in known.values() for each in payments)
    return known


@on_write("payments", looks_at=_looked_at, asks=_payments, at_hand=company)
def follow(written: Written, work: Work) -> None:
    """Set what is paid, pending and owed on the invoices a payment stands on, and tell of it there."""
    if not written.changes(*_MOVING):
        return
    known = cast("_Known", work.answer or {})
    for invoice in dict.fromkeys(_named(written)):
        fields = work.find("invoices", invoice)
        if fields is None:
            continue
        others = (work.find("payments", each) for each in known[invoice] if each != written.key[1])
        figures = settled(fields, [each for each in (*others, written.after) if _is_on(each, invoice)])
        told = [] if work.who.channel is Channel.SYSTEM else list(_told(written, invoice, work))
        for each in told:
            figures["status_notes"] = with_remark({**fields, **figures}, work, each)
        if any(fields[name] != value for name, value in figures.items()):
            work.set("invoices", invoice, **figures)
    if written.after is not None and work.who.channel is not Channel.SYSTEM:
        note(written, work, _happened(written, work))


def reserved(work: Work, invoice_id: UUID) -> int:
    """Return what is on its way to an invoice: charged, and not yet answered."""
    return sum(
        fields["amount"]
        for _, fields in work.known("payments")
        if _is_on(fields, str(invoice_id)) and fields["state"] == PaymentState.PROCESSING
    )


def agreed_on(work: Work, invoice_id: UUID | str, balance: int) -> int:
    """Return what of the balance of an invoice payments are agreed for; its payments must have been read.

    What was agreed and is paid otherwise, written off or set off is not to come any more.
    """
    return _agreed([each for _, each in work.known("payments") if _is_on(each, str(invoice_id))], balance)


def left_on(work: Work, invoice_id: UUID) -> int:
    """Return what may still be paid on an invoice: its balance less what is on its way.

    The invoice and its payments must have been read, as they are for any write of a payment on it.
    """
    fields = work.find("invoices", invoice_id)
    return fields["balance_due"] - reserved(work, invoice_id) if fields else 0


def amount_in_words(work: Work, amount: int) -> str:
    """Return an amount as the company writes it."""
    return spoken(amount, settings_of(work).get("currency", "USD"))


def _is_on(payment: Values | None, invoice: str) -> bool:
    return payment is not None and payment["invoice_id"] == invoice


def settled(invoice: Values, payments: Sequence[Values | None]) -> dict[str, Any]:
    """Return what is paid, pending and owed on an invoice by the payments that stand on it."""
    found = [each for each in payments if each]
    paid = sum(each["amount"] for each in found if each["state"] in RECEIVED)
    balance = balance_of(invoice["invoice_type"], invoice["total"], paid, invoice["written_off"])
    return {"paid": paid, "pending_payments": _agreed(found, balance), "balance_due": balance}


def _agreed(payments: Sequence[Values], balance: int) -> int:
    pending = sum(int(each["amount"]) for each in payments if each["state"] == PaymentState.PENDING)
    return max(0, min(pending, balance))


def _told(written: Written, invoice: str, work: Work) -> Iterator[str]:
    """Yield what a write of a payment means to an invoice, in words."""
    before, after = written.before, written.after
    was, now = (
        each["amount"] if each and _is_on(each, invoice) and each["state"] in RECEIVED else 0
        for each in (before, after)
    )
    one: Values = after or before or {}
    if was != now:
        word = "Refund" if one["payment_type"] == PaymentType.REFUND else "Payment"
        taken_off = "" if abs(now) > abs(was) else " taken off"
        yield f"{word}{taken_off}: {amount_in_words(work, abs(now - was))}"
    elif after and _is_on(after, invoice) and written.is_new and after["state"] == PaymentState.PENDING:
        yield f"Payment agreed: {amount_in_words(work, after['amount'])}, due {after['due_date']}"


def _happened(written: Written, work: Work) -> str:
    """Return what a write means to the payment itself."""
    before, after = written.before or {}, written.after or {}
    amount = amount_in_words(work, abs(after["amount"]))
    if written.is_new or before["state"] != after["state"]:
        state = after["state"].capitalize()
        return f"{state}: {amount}" + ("" if after["invoice_id"] else ", as a deposit")
    if before["invoice_id"] == after["invoice_id"]:
        return f"Amount: {amount}"
    named = work.find("invoices", after["invoice_id"] or before["invoice_id"])
    number = named["invoice_number"] if named else None
    return f"{'Applied to' if after['invoice_id'] else 'Taken off'} invoice {number}"
