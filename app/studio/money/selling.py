"""Selling: which invoices people may make of what, and what they may still change."""

from collections.abc import Iterator

from app.core.principal import Channel
from app.studio.invoices import InvoiceType
from app.studio.money.balances import amount_in_words
from app.studio.money.refusals import BelowPaid
from app.studio.rules.settings import company
from app.studio.status_notes import note
from app.sync.fields import Values
from app.sync.reactions import Work, Written, on_write
from app.sync.refusals import InvalidFields

_OF_SESSIONS = (InvoiceType.SESSION_FEE,)
_OF_CLIENTS = (InvoiceType.SESSION_FEE, InvoiceType.INITIAL_ORDER, InvoiceType.RE_ORDER, InvoiceType.ESTIMATE)
_FROM_SESSION = ("client_id", "studio_id")
_FROM_ORIGINAL = ("client_id", "bill_to_client_id", "session_id", "studio_id")


def _looked_at(written: Written) -> Iterator[tuple[str, str | None]]:
    if written.after:
        yield "sessions", written.after["session_id"]
        yield "invoices", written.after["original_invoice_id"]


@on_write("invoices", looks_at=_looked_at, at_hand=company)
def sell(written: Written, work: Work) -> None:
    """Fill in whose an invoice is, and refuse what one of its type cannot be.

    The house itself, which brings records as they were elsewhere, is not asked.
    """
    before, after = written.before, written.after
    if after is None or work.who.channel is Channel.SYSTEM or (before and before["is_posted"]):
        return
    _fill(written, work)
    _refuse_strangers(written, work)
    if before is None or written.changes("invoice_type", "session_id", "client_id"):
        _refuse_type(before, after)
    _refuse_sums(before, after, work)
    if before and before["total"] != after["total"]:
        was, now = (amount_in_words(work, each["total"]) for each in (before, after))
        note(written, work, f"Total: {was} → {now}")


def _fill(written: Written, work: Work) -> None:
    """Let a new invoice be its session's client's, a credit memo whose the original is; the client pays."""
    after = written.after or {}
    if not written.is_new:
        return
    sources = (
        (work.find("invoices", after["original_invoice_id"]), _FROM_ORIGINAL),
        (work.find("sessions", after["session_id"]), _FROM_SESSION),
    )
    for source, names in sources:
        for name in names if source else ():
            after[name] = after[name] or (source or {})[name]
    after["bill_to_client_id"] = after["bill_to_client_id"] or after["client_id"]


def _refuse_strangers(written: Written, work: Work) -> None:
    after = written.after or {}
    session = work.find("sessions", after["session_id"])
    if session and written.changes("session_id", "client_id") and session["client_id"] != after["client_id"]:
        raise InvalidFields({"session_id": "This session is another client's."})


def _refuse_type(before: Values | None, after: Values) -> None:
    kind = after["invoice_type"]
    if before and kind != before["invoice_type"]:
        is_sale = kind not in (InvoiceType.ESTIMATE, InvoiceType.CREDIT_MEMO)
        if before["invoice_type"] != InvoiceType.ESTIMATE or not is_sale:
            raise InvalidFields({"invoice_type": "Only an estimate becomes something else, and that a sale."})
    if kind in _OF_SESSIONS and not after["session_id"]:
        raise InvalidFields({"session_id": "A session fee needs its session."})
    if kind == InvoiceType.GENERIC and after["session_id"]:
        raise InvalidFields({"session_id": "A generic invoice has no session."})
    if kind in _OF_CLIENTS and not after["client_id"]:
        raise InvalidFields({"client_id": "Only a generic invoice can do without a client."})


def _refuse_sums(before: Values | None, after: Values, work: Work) -> None:
    sign = -1 if after["invoice_type"] == InvoiceType.CREDIT_MEMO else 1
    if sign * after["total"] < 0:
        raise InvalidFields(
            {"lines": "A credit memo takes back." if sign < 0 else "This comes to less than nothing."}
        )
    if sign < 0 and before is None:
        _refuse_original(after, work.find("invoices", after["original_invoice_id"]))
    if before and before["original_invoice_id"] != after["original_invoice_id"]:
        raise InvalidFields({"original_invoice_id": "A credit memo corrects what it was made of."})
    if sign > 0 and after["original_invoice_id"]:
        raise InvalidFields({"original_invoice_id": "Only a credit memo corrects another invoice."})
    if before and sign * after["total"] < sign * before["total"] and sign * after["balance_due"] < 0:
        settled = after["paid"] + after["written_off"]
        raise BelowPaid({"lines": BelowPaid.message, "paid": str(settled)})


def _refuse_original(after: Values, original: Values | None) -> None:
    """Refuse what corrects no sale; one of nothing at all stands for a deposit that is given back."""
    if not after["original_invoice_id"] and after["total"]:
        raise InvalidFields({"original_invoice_id": "A credit memo names the invoice it corrects."})
    if original and original["invoice_type"] in (InvoiceType.ESTIMATE, InvoiceType.CREDIT_MEMO):
        raise InvalidFields({"original_invoice_id": "A credit memo corrects a sale."})
