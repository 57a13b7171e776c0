"""Refunding: credit memos take sales back, and are the only source of money that is given back."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID, uuid5

from pydantic import Field

from app.core.principal import Level
from app.studio.invoices import InvoiceType, balance_of
from app.studio.money.balances import agreed_on, amount_in_words, left_on
from app.studio.money.booking import (
    SOME_ID,
    Amount,
    Means,
    Sum,
    amount_field,
    credit_memos,
    day_of,
    foresee,
    forgiven,
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
    require_new,
)
from app.studio.money.paying import payer
from app.studio.money.refusals import AboveBalance, CreditMemoNeeded, WrongState
from app.studio.money.repeats import is_changed, made_before, taken_before
from app.studio.money.rights import REFUNDS
from app.studio.payment_methods import PaymentKind
from app.studio.payments import PaymentState, PaymentType
from app.studio.status_notes import with_remark
from app.sync.commands import Call, command
from app.sync.fields import Day, Element, Id, Line, Values
from app.sync.refusals import ChangeRefused, InvalidFields

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
        description="What is taken back; left out, all that is left, with shipping and surcharge.",
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
        await foresee(call, (key, _credit_memo(call, [], {})))


def _credit_memo(call: Call, lines: list[dict[str, Any]], whole: Mapping[str, int]) -> dict[str, Any]:
    sale = call.fields
    return {
        **{name: sale[name] for name in _FROM_SALE},
        **whole,
        "invoice_type": InvoiceType.CREDIT_MEMO.value,
        "original_invoice_id": str(call.key[1]),
        "description": call.sent.description or sale["description"],
        "invoice_date": day_of(call),
        "lines": lines,
    }


def _credited_id(credit_memo_id: UUID, line_id: object) -> str:
    """Return the id of the line by which a credit memo takes a line back."""
    return str(uuid5(credit_memo_id, str(line_id)))


def _taken(memos: Mapping[UUID, Values], line: Values) -> list[Values]:
    """Return the lines by which credit memos have taken a line back."""
    ids = {memo: _credited_id(memo, line["id"]) for memo in memos}
    return [each for memo, fields in memos.items() for each in fields["lines"] if each["id"] == ids[memo]]


def _taking(call: Call, memos: Mapping[UUID, Values]) -> Iterator[dict[str, Any]]:
    """Yield the lines of a credit memo; refuses what is no more on the invoice than was taken back of it."""
    left = {line["id"]: _left(line, _taken(memos, line)) for line in call.fields["lines"]}
    sold = {line["id"]: line for line in call.fields["lines"]}
    if call.sent.lines is None:
        for line_id, line in sold.items():
            taken = _taken(memos, line)
            # What is sold none of may have a tax or a discount all the same.
            if left[line_id] or not (line["quantity"] or taken):
                yield _credited(call, line, taken, left[line_id])
        return
    for wanted in call.sent.lines:
        line = sold.pop(str(wanted.line_id), None)
        if line is None:
            raise InvalidFields({"lines": "There is no such line on the invoice, or it is named twice."})
        if wanted.quantity > left[line["id"]]:
            raise AboveBalance({"lines": AboveBalance.message, "quantity": str(left[line["id"]])})
        yield _credited(call, line, _taken(memos, line), wanted.quantity)


def _left(line: Values, taken: Iterable[Values]) -> int:
    """Return how many of a line have not been taken back."""
    back = sum(int(each["quantity"]) for each in taken)
    return max(0, int(line["quantity"]) + back)


def _share(amount: int, part: int, whole: int) -> int:
    """Return the share of an amount, rounded half away from zero."""
    share = (abs(amount) * part * 2 + whole) // (2 * whole) if whole else abs(amount)
    return share if amount >= 0 else -share


def _credited(call: Call, line: Values, taken: Sequence[Values], quantity: int) -> dict[str, Any]:
    """Return the line that takes some of a line back: its share, less what was taken back already.

    So the last of several comes to what is left, to the cent.
    """
    kept = {name: value for name, value in line.items() if name != "extended_price"}
    part = quantity - sum(each["quantity"] for each in taken)
    shares = {
        name: -_share(line[name], part, line["quantity"]) - sum(each[name] for each in taken)
        for name in ("discount", "tax")
    }
    return {
        **kept,
        **shares,
        "quantity": -quantity,
        "id": _credited_id(call.sent.credit_memo_id, line["id"]),
    }


def _on_the_whole(call: Call, memos: Iterable[Values], lines: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return what is taken back of the discount, shipping and surcharge of a sale.

    With lines it is the share of the discount that belongs to them; without, all that is left.
    """
    sale, earlier = call.fields, list(memos)
    taken = {name: sum(memo[name] for memo in earlier) for name in _ON_THE_WHOLE}
    if call.sent.lines is None:
        return {name: -sale[name] - taken[name] for name in _ON_THE_WHOLE}
    back = -sum(memo["subtotal"] for memo in earlier)
    back -= sum(line["quantity"] * line["unit_price"] - line["discount"] for line in lines)
    part, whole = min(max(back, 0), sale["subtotal"]), sale["subtotal"]
    return {"discount": -_share(sale["discount"], part, whole) - taken["discount"]} if whole > 0 else {}


def _is_made(call: Call) -> bool:
    key = key_of("invoices", call.sent.credit_memo_id)
    known = made_before(call, key, {"original_invoice_id": str(call.key[1])})
    if known is None or call.sent.lines is None or is_changed(call, key, "lines"):
        return known is not None
    wanted = {_credited_id(key[1], each.line_id): -each.quantity for each in call.sent.lines}
    return {each["id"]: each["quantity"] for each in known["lines"]} == wanted


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
    memos = credit_memos(call.work.draft, call.key[1])
    lines = list(_taking(call, memos))
    whole = _on_the_whole(call, memos.values(), lines)
    if not lines and not any(whole.values()):
        raise AboveBalance({"lines": AboveBalance.message, "total": "0"})
    make(call, key_of("invoices", call.sent.credit_memo_id), _credit_memo(call, lines, whole))
    return {}


class RefundAtProcessor(ChangeRefused):
    """A processor has charged the card, and `POST /v1/card-payments/{id}/refund` has it refund that.

    No more can be noted as given back to a card than was paid without a processor.
    """

    code = "refund_at_processor"
    message = "A processor charged this card, and refunds it: POST /v1/card-payments/{id}/refund."


def require_no_processor(call: Call, paid: Collection[Values], amount: int) -> None:
    """Refuse to record that a card was given back what a processor has charged: nothing would be sent.

    What was paid otherwise, as by the studio's own terminal, and not given back yet may be given back there.
    """
    method = call.work.find("payment_methods", call.sent.payment_method_id)
    is_card = method is not None and method["payment_kind"] == PaymentKind.CREDIT_CARD
    is_charged = any(each["processor_reference"] for each in paid if each["amount"] > 0)
    otherwise = max(0, sum(each["amount"] for each in paid if not each["processor_reference"]))
    if is_card and is_charged and amount > otherwise:
        told = {"payment_method_id": RefundAtProcessor.message}
        raise RefundAtProcessor(told | ({"paid_otherwise": str(otherwise)} if otherwise else {}))


def _on(call: Call, invoices: Collection[str], *states: PaymentState) -> list[Values]:
    """Return the payments on some invoices that are in some states; they must have been read."""
    known = (fields for _, fields in call.work.known("payments"))
    return [each for each in known if each["invoice_id"] in invoices and each["state"] in states]


def _sold_on(call: Call) -> str:
    """Return what a credit memo takes back: the sale, or itself where that is a deposit."""
    return str(call.fields["original_invoice_id"] or call.key[1])


def _memos(call: Call) -> set[str]:
    """Return the credit memos of the same sale."""
    named = call.work.draft.referring(key_of("invoices", _sold_on(call)))
    return {str(each.key[1]) for each in named if each.field.name == "original_invoice_id"}


async def _read_refund(call: Call) -> None:
    key = key_of("payments", call.sent.payment_id)
    await read(call, key)
    if call.fields["original_invoice_id"]:
        await read_credit_memos(call.work.draft, call.fields["original_invoice_id"])
        await read_payments(call, *map(UUID, {_sold_on(call), *_memos(call)}))
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
    made = {
        "invoice_id": str(call.key[1]),
        "amount": -call.sent.amount,
        "payment_method_id": str(call.sent.payment_method_id),
    }
    return taken_before(call, key_of("payments", call.sent.payment_id), made) is not None


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
    require_new(call, _refund(call))
    left = -left_on(call.work, call.key[1])
    if call.sent.amount > left:
        raise AboveBalance({"amount": AboveBalance.message, "credit": str(max(0, left))})
    on_sale = _on(call, {_sold_on(call), *_memos(call)}, PaymentState.APPROVED)
    require_no_processor(call, on_sale, call.sent.amount)
    if call.fields["original_invoice_id"]:
        # What is on its way back to a card is given back already.
        on_its_way = -sum(each["amount"] for each in _on(call, _memos(call), PaymentState.PROCESSING))
        require_captured(call, _sold_on(call), call.sent.amount + on_its_way)
    make(call, key_of("payments", call.sent.payment_id), _refund(call))
    return {}


async def _read_credit(call: Call) -> None:
    original = call.fields["original_invoice_id"]
    await read(call)
    if original:
        await read_credit_memos(call.work.draft, original)
    await read_payments(call, call.key[1], *([UUID(original)] if original else []))


@command("apply_credit", of=("invoices",), takes=ApplyCredit, prepares=_read_credit, is_keyed=True)
def apply_credit(call: Call) -> Mapping[str, Any]:
    """Set a credit memo off against what is still owed on the invoice it corrects; no money moves.

    What is more than that is set off against what was written off there.
    """
    require_desk(call)
    require_currency(call)
    original = call.fields["original_invoice_id"]
    if call.fields["invoice_type"] != InvoiceType.CREDIT_MEMO or original is None:
        raise CreditMemoNeeded({"invoice_type": call.fields["invoice_type"]})
    draft, key = call.work.draft, key_of("invoices", original)
    owed = max(0, left_on(call.work, key[1]))
    most = max(0, min(-left_on(call.work, call.key[1]), owed + max(0, forgiven(draft, original))))
    amount = most if call.sent.amount is None else call.sent.amount
    if amount > most:
        raise AboveBalance({"amount": AboveBalance.message, "balance_due": str(most)})
    applied = min(amount, owed)
    if applied:
        number, of = call.fields["invoice_number"], draft.fields(key)["invoice_number"]
        _set_off(call, call.key, -applied, f"Set off against invoice {of}")
        _set_off(call, key, applied, f"Set off by credit memo {number}")
    if amount > applied:
        _set_off(call, call.key, applied - amount, "Set off against what was written off")
    return {}


def _set_off(call: Call, key: tuple[int, UUID], amount: int, words: str) -> None:
    """Take an amount off what is owed, also where the rest is locked: nothing that was sold is changed."""
    fields = call.work.draft.fields(key)
    off = fields["written_off"] + amount
    balance = balance_of(fields["invoice_type"], fields["total"], fields["paid"], off)
    told = f"{words}: {amount_in_words(call.work, abs(amount))}"
    call.work.draft.amend(
        key,
        {
            "written_off": off,
            "balance_due": balance,
            "pending_payments": agreed_on(call.work, key[1], balance),
            "status_notes": with_remark(fields, call.work, told),
        },
    )
