"""Refunding: credit memos take sales back, and are the only source of money that is given back."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from uuid import UUID, uuid5

from pydantic import Field

from app.core.principal import Level
from app.studio.invoices import InvoiceType, balance_of
from app.studio.money.balances import amount_in_words, left_on
from app.studio.money.booking import (
    SOME_ID,
    Amount,
    Means,
    Sum,
    amount_field,
    credit_memos,
    day_of,
    existing,
    foresee,
    key_of,
    make,
    means,
    read,
    read_credit_memos,
    read_payments,
    require_captured,
    require_currency,
    require_desk,
    require_means,
)
from app.studio.money.paying import payer
from app.studio.money.refusals import AboveBalance, CreditMemoNeeded, WrongState
from app.studio.money.rights import REFUNDS
from app.studio.payments import PaymentState, PaymentType
from app.studio.status_notes import with_remark
from app.sync.commands import Call, command
from app.sync.fields import Day, Element, Id, Line, Values
from app.sync.refusals import AlreadyExists, InvalidFields

_FROM_SALE = (
    "client_id",
    "bill_to_client_id",
    "session_id",
    "studio_id",
    "classification_id",
    "sales_rep_id",
)
_ON_THE_WHOLE = ("discount", "shipping", "surcharge")


class CreditedLine(Element):
    """How much of a line is taken back."""

    line_id: Id = Field(description="The line of the invoice.", examples=[SOME_ID])
    quantity: Annotated[int, Field(ge=1, le=10**6)] = Field(description="How many of it.", examples=[1])


class CreateCreditMemo(Element):
    """Take a sale back, or some of it."""

    credit_memo_id: Id = Field(description="The id of the new credit memo.", examples=[SOME_ID])
    lines: list[CreditedLine] | None = Field(
        None,
        description="What is taken back; left out, all of it with what was taken off or added on the whole.",
        examples=[None],
    )
    description: Line | None = Field(None, description="Why.", examples=["Frame arrived broken"])
    date: Day | None = Field(None, description="Its local date; left out, today.", examples=["2026-05-20"])


class Refund(Means):
    """Give money back from a credit memo."""

    payment_id: Id = Field(description="The id of the new refund.", examples=[SOME_ID])
    amount: Amount = amount_field("What is given back, in minor units: a positive amount.")


class ApplyCredit(Sum):
    """Set a credit memo off against the invoice it corrects."""

    amount: Amount | None = amount_field(
        "How much, in minor units; left out, as much as both come to.", default=None
    )


async def _read_memo(call: Call) -> None:
    key = key_of("invoices", call.sent.credit_memo_id)
    await read(call, key)
    await read_credit_memos(call.work.draft, call.key[1])
    if not _is_made(call):
        await foresee(call, (key, _credit_memo(call, [])))


def _credit_memo(call: Call, lines: list[dict[str, Any]]) -> dict[str, Any]:
    sale = call.fields
    whole = {name: -sale[name] for name in _ON_THE_WHOLE} if call.sent.lines is None else {}
    return {
        **{name: sale[name] for name in _FROM_SALE},
        **whole,
        "invoice_type": InvoiceType.CREDIT_MEMO.value,
        "original_invoice_id": str(call.key[1]),
        "description": call.sent.description or sale["description"],
        "invoice_date": day_of(call),
        "lines": lines,
    }


def _taken_back(call: Call) -> Iterator[tuple[Values, int]]:
    """Yield the lines that are taken back, each with how many of it."""
    sold = {UUID(each["id"]): each for each in call.fields["lines"]}
    if call.sent.lines is None:
        yield from ((line, line["quantity"]) for line in sold.values())
        return
    for wanted in call.sent.lines:
        line = sold.pop(wanted.line_id, None)
        if line is None or wanted.quantity > line["quantity"]:
            raise InvalidFields({"lines": "No more is taken back than there is on the invoice."})
        yield line, wanted.quantity


def _share(amount: int, part: int, whole: int) -> int:
    """Return the share of an amount, rounded half away from zero."""
    share = (abs(amount) * part * 2 + whole) // (2 * whole) if whole else abs(amount)
    return share if amount >= 0 else -share


def _credited(call: Call, line: Values, quantity: int) -> dict[str, Any]:
    kept = {name: value for name, value in line.items() if name != "extended_price"}
    shares = {name: -_share(line[name], quantity, line["quantity"]) for name in ("discount", "tax")}
    return {**kept, **shares, "quantity": -quantity, "id": str(uuid5(call.sent.credit_memo_id, line["id"]))}


def _is_made(call: Call) -> bool:
    known = existing(call, "invoices", call.sent.credit_memo_id)
    return bool(known and known["original_invoice_id"] == str(call.key[1]))


@command(
    "create_credit_memo",
    of=("invoices",),
    takes=CreateCreditMemo,
    prepares=_read_memo,
    is_done=_is_made,
    level=Level.ADD_ONLY,
)
def create_credit_memo(call: Call) -> Mapping[str, Any]:
    """Make a credit memo of a sale, whole or by lines; together they take back no more than was sold."""
    require_desk(call)
    if call.fields["invoice_type"] in (InvoiceType.ESTIMATE, InvoiceType.CREDIT_MEMO):
        raise WrongState({"invoice_type": call.fields["invoice_type"]})
    lines = [_credited(call, line, quantity) for line, quantity in _taken_back(call)]
    earlier = sum(memo["total"] for memo in credit_memos(call.work.draft, call.key[1]))
    made = make(call, key_of("invoices", call.sent.credit_memo_id), _credit_memo(call, lines))
    left = call.fields["total"] + earlier
    if left + made["total"] < 0:
        raise AboveBalance({"lines": AboveBalance.message, "total": str(left)})
    return {}


async def _read_refund(call: Call) -> None:
    key = key_of("payments", call.sent.payment_id)
    await read(call, key)
    if call.fields["original_invoice_id"]:
        await read_credit_memos(call.work.draft, call.fields["original_invoice_id"])
    await foresee(call, (key, _refund(call)))


def _refund(call: Call) -> dict[str, Any]:
    return {
        "client_id": payer(call.fields),
        "invoice_id": str(call.key[1]),
        "studio_id": call.fields["studio_id"],
        "payment_type": PaymentType.REFUND.value,
        "state": PaymentState.APPROVED.value,
        "amount": -call.sent.amount,
        **means(call),
    }


def _is_refunded(call: Call) -> bool:
    known = existing(call, "payments", call.sent.payment_id)
    is_this = known and known["invoice_id"] == str(call.key[1]) and known["amount"] == -call.sent.amount
    return bool(is_this)


@command(
    "refund",
    of=("invoices",),
    takes=Refund,
    prepares=_read_refund,
    is_done=_is_refunded,
    level=Level.VIEW_ONLY,
    needs={"payments": Level.ADD_ONLY, REFUNDS: Level.FULL_ACCESS},
)
def refund(call: Call) -> Mapping[str, Any]:
    """Give money back from a credit memo: at most what it comes to, and what the client has paid."""
    require_desk(call)
    if call.fields["invoice_type"] != InvoiceType.CREDIT_MEMO:
        raise CreditMemoNeeded({"invoice_type": call.fields["invoice_type"]})
    require_currency(call)
    require_means(call, call.sent.payment_method_id)
    if existing(call, "payments", call.sent.payment_id):
        raise AlreadyExists
    left = -left_on(call.work, call.key[1])
    if call.sent.amount > left:
        raise AboveBalance({"amount": AboveBalance.message, "balance_due": str(-left)})
    if call.fields["original_invoice_id"]:
        require_captured(call, call.fields["original_invoice_id"], call.sent.amount)
    make(call, key_of("payments", call.sent.payment_id), _refund(call))
    return {}


async def _read_credit(call: Call) -> None:
    original = call.fields["original_invoice_id"]
    await read(call, *([key_of("invoices", original)] if original else []))
    await read_payments(call, call.key[1], *([UUID(original)] if original else []))


@command("apply_credit", of=("invoices",), takes=ApplyCredit, prepares=_read_credit)
def apply_credit(call: Call) -> Mapping[str, Any]:
    """Set a credit memo off against what is still owed on the invoice it corrects; no money moves."""
    require_desk(call)
    require_currency(call)
    original = call.fields["original_invoice_id"]
    if call.fields["invoice_type"] != InvoiceType.CREDIT_MEMO or original is None:
        raise CreditMemoNeeded({"invoice_type": call.fields["invoice_type"]})
    draft, key = call.work.draft, key_of("invoices", original)
    most = max(0, min(-left_on(call.work, call.key[1]), left_on(call.work, key[1])))
    amount = most if call.sent.amount is None else call.sent.amount
    if amount > most:
        raise AboveBalance({"amount": AboveBalance.message, "balance_due": str(most)})
    if amount:
        number, of = call.fields["invoice_number"], draft.fields(key)["invoice_number"]
        _set_off(call, call.key, -amount, f"Set off against invoice {of}")
        _set_off(call, key, amount, f"Set off by credit memo {number}")
    return {}


def _set_off(call: Call, key: tuple[int, UUID], amount: int, words: str) -> None:
    """Take an amount off what is owed, also where the rest is locked: nothing that was sold is changed."""
    fields = call.work.draft.fields(key)
    off = fields["written_off"] + amount
    told = f"{words}: {amount_in_words(call.work, abs(amount))}"
    call.work.draft.amend(
        key,
        {
            "written_off": off,
            "balance_due": balance_of(fields["invoice_type"], fields["total"], fields["paid"], off),
            "status_notes": with_remark(fields, call.work, told),
        },
    )
