"""Selling: which invoices people may make of what, what they may still change, and which they may delete."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from app.core.principal import Channel
from app.studio.invoices import InvoiceType
from app.studio.money import store
from app.studio.money.balances import agreed_on, amount_in_words, reserved
from app.studio.money.booking import credit_memos, forgiven, key_of, read_credit_memos
from app.studio.money.refusals import AboveBalance, BelowPaid, WrongState
from app.studio.rules.settings import company
from app.studio.status_notes import note, with_remark
from app.sync.draft import Draft
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


async def _standing(draft: Draft, writes: Sequence[Written]) -> None:
    """Read what stands on sales whose totals, or whose credit memos' totals, are another: cards and memos."""
    is_house = draft.work.who.channel is Channel.SYSTEM
    sales: dict[str, None] = {}
    for written in writes:
        if written.after and written.changes("total", "balance_due"):
            if (sale := written.after["original_invoice_id"]) and not is_house:
                sales[sale] = None
            if not written.is_new:
                sales[str(written.key[1])] = None
    if sales:
        if not is_house:
            await read_credit_memos(draft, *sales)
        payments = await store.payments_of(draft.session, [UUID(each) for each in sales])
        await draft.load(key_of("payments", payment) for payment, _ in payments)


@on_write("invoices", looks_at=_looked_at, asks=_standing, at_hand=company)
def sell(written: Written, work: Work) -> None:
    """Fill in whose an invoice is, and refuse what one of its type cannot be.

    The house itself, which brings records as they were elsewhere, is not asked. Whoever writes it, payments
    that are agreed count for what is owed at most.
    """
    before, after = written.before, written.after
    if before and after and written.changes("balance_due"):
        after["pending_payments"] = agreed_on(work, written.key[1], after["balance_due"])
    if work.who.channel is Channel.SYSTEM or (before and before["is_posted"]):
        return
    if after is None:
        _refuse_settled(before or {})
        return
    _fill(written, work)
    _refuse_strangers(written, work)
    if before is None or written.changes("invoice_type", "session_id", "client_id"):
        _refuse_type(before, after)
    if written.changes("lines") and after["invoice_type"] != InvoiceType.CREDIT_MEMO:
        _refuse_negative(after)
    _refuse_sums(before, after, work)
    is_memo = after["invoice_type"] == InvoiceType.CREDIT_MEMO
    if before and (after["total"] > before["total"] if is_memo else after["total"] < before["total"]):
        _refuse_lowered(written, work)
    elif is_memo and written.changes("total"):
        _refuse_beyond_sale(written, work)
        _take_back(written, work)
    if before and before["total"] != after["total"]:
        was, now = (amount_in_words(work, each["total"]) for each in (before, after))
        note(written, work, f"Total: {was} → {now}")


def _fill(written: Written, work: Work) -> None:
    """Let a new invoice be its session's client's, a credit memo whose the original is.

    The client pays where nobody else does: what nobody is billed for is owed by nobody.
    """
    after = written.after or {}
    originals = (
        (work.find("invoices", after["original_invoice_id"]), _FROM_ORIGINAL),
        (work.find("sessions", after["session_id"]), _FROM_SESSION),
    )
    for source, names in originals:
        for name in names if source and written.is_new else ():
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


def _refuse_negative(after: Values) -> None:
    """Refuse a discount that adds and a tax that is given, but on a line that is itself less than nothing."""
    for place, each in enumerate(after["lines"]):
        figures = {"discount": each["unit_price"] * each["quantity"], "tax": each["extended_price"]}
        for name, of in figures.items():
            if each[name] < 0 <= of:
                raise InvalidFields({f"lines.{place}.{name}": "This must be at least 0."})


def _refuse_sums(before: Values | None, after: Values, work: Work) -> None:
    sign = -1 if after["invoice_type"] == InvoiceType.CREDIT_MEMO else 1
    if sign * after["total"] < 0:
        raise InvalidFields(
            {"lines": "A credit memo takes back." if sign < 0 else "This comes to less than nothing."}
        )
    if sign < 0 and (before is None or before["total"] != after["total"]):
        _refuse_original(after, work.find("invoices", after["original_invoice_id"]))
    if before and before["original_invoice_id"] != after["original_invoice_id"]:
        raise InvalidFields({"original_invoice_id": "A credit memo corrects what it was made of."})
    if sign > 0 and after["original_invoice_id"]:
        raise InvalidFields({"original_invoice_id": "Only a credit memo corrects another invoice."})


def _refuse_settled(before: Values) -> None:
    """Refuse to delete what something was paid on, written off, or set off against: that would stay so."""
    settled = {name: str(before[name]) for name in ("paid", "written_off") if before[name]}
    if settled:
        raise WrongState(settled)


def _refuse_lowered(written: Written, work: Work) -> None:
    """Refuse a total below what is settled, on its way to or from a card, or taken back by credit memos."""
    after, invoice_id = written.after or {}, written.key[1]
    is_memo = after["invoice_type"] == InvoiceType.CREDIT_MEMO
    charged = reserved(work, invoice_id)
    left = after["balance_due"] - charged
    if (left > 0) if is_memo else (left < 0):
        figures = {"written_off": after["written_off"], "processing": charged}
        settled = {name: str(amount) for name, amount in figures.items() if amount}
        raise BelowPaid({"lines": BelowPaid.message, "paid": str(after["paid"]), **settled})
    if is_memo:
        return
    credited = -sum(memo["total"] for memo in credit_memos(work.draft, invoice_id).values())
    given_up = forgiven(work.draft, invoice_id) if credited else 0
    if after["total"] < credited + given_up:
        written_off = {"written_off": str(given_up)} if given_up else {}
        raise BelowPaid({"lines": BelowPaid.message, "credited": str(credited), **written_off})


def _refuse_beyond_sale(written: Written, work: Work) -> None:
    """Refuse a credit memo that takes back, with those there are, more than the sale it corrects comes to."""
    after = written.after or {}
    sale = work.find("invoices", after["original_invoice_id"])
    if sale is None:
        return
    memos = credit_memos(work.draft, after["original_invoice_id"])
    left = sale["total"] + sum(memo["total"] for each, memo in memos.items() if each != written.key[1])
    if left + after["total"] < 0:
        raise AboveBalance({"lines": AboveBalance.message, "total": str(left)})


def _take_back(written: Written, work: Work) -> None:
    """Set what a credit memo takes back off against what was written off of the sale, and tell of it on both.

    What nobody paid, and nobody was to pay any more, is not the client's when the sale is taken back.
    """
    after, sale_id = written.after or {}, (written.after or {})["original_invoice_id"]
    sale = work.find("invoices", sale_id)
    if sale is None:
        return
    credit = reserved(work, written.key[1]) - after["balance_due"]
    amount = max(0, min(credit, _forgiven(written, work)))
    after["written_off"] -= amount
    after["balance_due"] += amount
    if written.is_new:
        told = amount_in_words(work, -after["total"])
        note(written, work, f"Takes back of invoice {sale['invoice_number']}: {told}")
        taken = with_remark(sale, work, f"Taken back by a credit memo: {told}")
        work.set("invoices", sale_id, status_notes=taken)
    if amount:
        note(written, work, f"Set off against what was written off: {amount_in_words(work, amount)}")


def _forgiven(written: Written, work: Work) -> int:
    """Return what was written off of the sale, this credit memo among its others or not yet."""
    after = written.after or {}
    sale_id = after["original_invoice_id"]
    is_known = written.key[1] in credit_memos(work.draft, sale_id)
    return forgiven(work.draft, sale_id) + (0 if is_known else int(after["written_off"]))


def _refuse_original(after: Values, original: Values | None) -> None:
    """Refuse what corrects no sale; one of nothing at all stands for a deposit that is given back."""
    if not after["original_invoice_id"] and after["total"]:
        raise InvalidFields({"original_invoice_id": "A credit memo names the invoice it corrects."})
    if original and original["invoice_type"] in (InvoiceType.ESTIMATE, InvoiceType.CREDIT_MEMO):
        raise InvalidFields({"original_invoice_id": "A credit memo corrects a sale."})
