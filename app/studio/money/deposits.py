"""Deposits: applied to invoices whole or in part, taken off again, and given back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from pydantic import Field

from app.core.principal import Level
from app.studio.invoices import InvoiceType
from app.studio.money.balances import amount_in_words, left_on
from app.studio.money.booking import (
    SOME_ID,
    Amount,
    Means,
    amount_field,
    day_of,
    existing,
    foresee,
    key_of,
    make,
    means,
    read,
    read_credit_memos,
    require_captured,
    require_currency,
    require_desk,
    require_means,
)
from app.studio.money.refunding import require_no_processor
from app.studio.money.refusals import AboveBalance, WrongState
from app.studio.money.repeats import came_to, made_before, taken_before
from app.studio.money.rights import REFUNDS
from app.studio.payments import PaymentState, PaymentType
from app.studio.rules.posted import Posted
from app.studio.status_notes import with_remark
from app.sync.commands import Call, command
from app.sync.feed import Key
from app.sync.fields import Element, Id, Values
from app.sync.refusals import InvalidFields, UnknownReference

_PARTED = ("status_notes",)
"""What a part of a payment does not have from the whole."""


class ApplyDeposit(Element):
    """Apply a deposit to an invoice."""

    invoice_id: Id = Field(description="The invoice.", examples=[SOME_ID])
    amount: Amount | None = amount_field("How much of it, in minor units; left out, all of it.", default=None)
    part_id: Id | None = Field(
        None,
        description="The id of the payment that the part becomes; needed for less than all of it.",
        examples=[None],
    )


class RefundDeposit(Means):
    """Give a deposit back."""

    credit_memo_id: Id = Field(
        description="The id of the new credit memo, which comes to nothing and has deposit and refund on it.",
        examples=[SOME_ID],
    )
    amount: Amount | None = amount_field("How much of it, in minor units; left out, all of it.", default=None)


def part_id(credit_memo_id: UUID) -> UUID:
    """Return the id of the part of a deposit that is given back."""
    return uuid5(credit_memo_id, "part")


def refund_id(credit_memo_id: UUID) -> UUID:
    """Return the id of the refund of a deposit."""
    return uuid5(credit_memo_id, "refund")


def _is_deposit(fields: Values) -> bool:
    is_received = fields["state"] == PaymentState.APPROVED and fields["payment_type"] == PaymentType.PAYMENT
    return is_received and fields["invoice_id"] is None


def _require_deposit(call: Call) -> int:
    """Return how much of a deposit is meant; refuses what is none, and more than it is."""
    fields, amount = call.fields, call.sent.amount
    if not _is_deposit(fields):
        applied = {"invoice_id": fields["invoice_id"]} if fields["invoice_id"] else {}
        raise WrongState({"state": fields["state"], **applied})
    if amount and amount > fields["amount"]:
        raise AboveBalance({"amount": AboveBalance.message, "deposit": str(fields["amount"])})
    return int(amount or fields["amount"])


def _part(call: Call, invoice: UUID, amount: int) -> dict[str, Any]:
    kept = {name: value for name, value in call.fields.items() if name not in _PARTED}
    return {**kept, "invoice_id": str(invoice), "amount": amount}


def _move(call: Call, part: Key | None, invoice: UUID, amount: int) -> None:
    """Put a deposit on an invoice; of less than all of it a part becomes a payment of its own."""
    draft = call.work.draft
    if amount == call.fields["amount"]:
        draft.save(call.key, {**draft.fields(call.key), "invoice_id": str(invoice)}, {"invoice_id"})
        return
    if part is None:
        raise InvalidFields({"part_id": "A part of a deposit needs an id of its own."})
    make(call, part, _part(call, invoice, amount))
    # What is left stands on no invoice, so nothing follows from it but what follows at last.
    left, number = call.fields["amount"] - amount, draft.fields(key_of("invoices", invoice))["invoice_number"]
    applied, rest = (amount_in_words(call.work, each) for each in (amount, left))
    told = f"Applied to invoice {number}: {applied}, left: {rest}"
    draft.amend(call.key, {"amount": left, "status_notes": with_remark(call.fields, call.work, told)})


async def _read_application(call: Call) -> None:
    sent = call.sent
    part = key_of("payments", sent.part_id) if sent.part_id else None
    await read(call, key_of("invoices", sent.invoice_id), *([part] if part else []))
    applied = _part(call, sent.invoice_id, sent.amount or call.fields["amount"])
    if part:
        await foresee(call, (part, applied))
    await foresee(call, (call.key, {**call.fields, "invoice_id": str(sent.invoice_id)}))


def _is_applied(call: Call) -> bool:
    on_it, amount = {"invoice_id": str(call.sent.invoice_id)}, call.sent.amount
    if existing(call, "payments", call.sent.part_id):
        part = key_of("payments", call.sent.part_id)
        made = made_before(call, part, {**on_it, "client_id": call.fields.get("client_id")})
        return bool(made and amount and came_to(call, amount, part))
    is_whole = amount in (None, call.fields.get("amount"))
    return is_whole and call.fields.get("invoice_id") == on_it["invoice_id"]


@command(
    "apply_deposit",
    of=("payments",),
    takes=ApplyDeposit,
    prepares=_read_application,
    is_done=_is_applied,
    needs={"invoices": Level.VIEW_ONLY},
    is_keyed=True,
)
def apply_deposit(call: Call) -> Mapping[str, Any]:
    """Apply a deposit to an invoice of its client, at most what is owed on it."""
    amount = _require_deposit(call)
    invoice = existing(call, "invoices", call.sent.invoice_id)
    if invoice is None:
        raise UnknownReference({"invoice_id": UnknownReference.message})
    if call.fields["client_id"] not in (invoice["bill_to_client_id"], invoice["client_id"]):
        raise InvalidFields({"invoice_id": "This invoice is another client's."})
    left = max(0, left_on(call.work, call.sent.invoice_id))
    if amount > left:
        raise AboveBalance({"amount": AboveBalance.message, "balance_due": str(left)})
    part = key_of("payments", call.sent.part_id) if call.sent.part_id else None
    _move(call, part, call.sent.invoice_id, amount)
    return {}


async def _read_removal(call: Call) -> None:
    await read(call)
    if call.fields["invoice_id"]:
        await read_credit_memos(call.work.draft, call.fields["invoice_id"])
    await foresee(call, (call.key, {**call.fields, "invoice_id": None}))


class Unapply(Element):
    """Take a payment off its invoice; nothing is sent along."""


def _is_off(call: Call) -> bool:
    return bool(call.fields) and _is_deposit(call.fields)


@command("unapply", of=("payments",), takes=Unapply, prepares=_read_removal, is_done=_is_off, is_keyed=True)
def unapply(call: Call) -> Mapping[str, Any]:
    """Take a payment off its invoice; it lives on as the client's deposit."""
    require_desk(call)
    fields = call.fields
    if fields["is_posted"]:
        raise Posted({"is_posted": Posted.message})
    if fields["state"] != PaymentState.APPROVED or fields["payment_type"] != PaymentType.PAYMENT:
        raise WrongState({"state": fields["state"], "payment_type": fields["payment_type"]})
    if fields["client_id"] is None:
        raise InvalidFields({"client_id": "A quick sale has no client to keep a deposit for."})
    require_captured(call, fields["invoice_id"], fields["amount"])
    return {"invoice_id": None}


def _credit_memo(call: Call) -> dict[str, Any]:
    client = call.fields["client_id"]
    return {
        "client_id": client,
        "bill_to_client_id": client,
        "studio_id": call.fields["studio_id"],
        "invoice_type": InvoiceType.CREDIT_MEMO.value,
        "description": "Deposit given back",
        "invoice_date": day_of(call),
    }


def _refund(call: Call, amount: int) -> dict[str, Any]:
    return {
        "client_id": call.fields["client_id"],
        "invoice_id": str(call.sent.credit_memo_id),
        "studio_id": call.fields["studio_id"],
        "payment_type": PaymentType.REFUND.value,
        "state": PaymentState.APPROVED.value,
        "amount": -amount,
        **means(call),
    }


async def _read_refund(call: Call) -> None:
    memo = call.sent.credit_memo_id
    keys = key_of("invoices", memo), key_of("payments", part_id(memo)), key_of("payments", refund_id(memo))
    await read(call, *keys)
    if _is_refunded(call):
        return
    amount = call.sent.amount or call.fields["amount"]
    await foresee(
        call,
        (keys[0], _credit_memo(call)),
        (keys[1], _part(call, memo, amount)),
        (keys[2], _refund(call, amount)),
        (call.key, {**call.fields, "invoice_id": str(memo)}),
    )


def _is_refunded(call: Call) -> bool:
    memo, amount = call.sent.credit_memo_id, call.sent.amount
    given = key_of("payments", refund_id(memo))
    made = {"invoice_id": str(memo), "payment_method_id": str(call.sent.payment_method_id)}
    known = taken_before(call, given, {**made, **({"amount": -amount} if amount else {})})
    is_whole = call.fields.get("invoice_id") == str(memo)
    return bool(known and (is_whole or (amount and existing(call, "payments", part_id(memo)))))


@command(
    "refund_deposit",
    of=("payments",),
    takes=RefundDeposit,
    prepares=_read_refund,
    is_done=_is_refunded,
    needs={REFUNDS: Level.FULL_ACCESS},
)
def refund_deposit(call: Call) -> Mapping[str, Any]:
    """Give a deposit back: a credit memo that comes to nothing has the deposit and the refund on it."""
    require_desk(call)
    require_currency(call)
    require_means(call, call.sent.payment_method_id)
    require_no_processor(call, [call.fields], call.fields["amount"])
    amount = _require_deposit(call)
    memo = call.sent.credit_memo_id
    make(call, key_of("invoices", memo), _credit_memo(call))
    _move(call, key_of("payments", part_id(memo)), memo, amount)
    make(call, key_of("payments", refund_id(memo)), _refund(call, amount))
    return {}
