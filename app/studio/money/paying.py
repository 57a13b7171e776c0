"""Paying: money taken on an invoice or as a deposit, agreed for later, and collected when it comes."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from pydantic import Field

from app.accounts.features import allows
from app.core.principal import Level
from app.studio.money.balances import left_on
from app.studio.money.booking import (
    SOME_ID,
    Amount,
    Means,
    Sum,
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
    require_new,
    taker,
)
from app.studio.money.refusals import AboveBalance, WrongState, not_owed
from app.studio.money.repeats import came_to, made_before, taken_before
from app.studio.money.rights import REFUNDS
from app.studio.payments import PaymentState, PaymentType
from app.sync.commands import Call, command
from app.sync.fields import Day, Element, Id, Line
from app.sync.refusals import PermissionDenied

TAKES = {"payments": Level.ADD_ONLY}
"""What it needs beside seeing an invoice or a client to take money of them, or agree on it."""


class Pay(Means):
    """Take a payment on an invoice."""

    payment_id: Id = Field(description="The id of the new payment.", examples=[SOME_ID])
    amount: Amount = amount_field("What is paid, in minor units.")
    rest_as_deposit: bool = Field(
        False,
        description="What is more than the balance becomes the client's deposit instead of being refused.",
        examples=[False],
    )


class TakeDeposit(Means):
    """Take a deposit from a client."""

    payment_id: Id = Field(description="The id of the new payment.", examples=[SOME_ID])
    amount: Amount = amount_field("What is paid, in minor units.")
    studio_id: Id | None = Field(
        None, description="The studio that takes it; left out, the client's.", examples=[None]
    )


class PlanPayment(Sum):
    """Agree on a payment to come."""

    payment_id: Id = Field(description="The id of the new payment.", examples=[SOME_ID])
    amount: Amount = amount_field("What will be paid, in minor units.")
    due_date: Day = Field(description="When it is due.", examples=["2026-06-04"])
    payment_method_id: Id | None = Field(
        None, description="How it will be paid, where that is known.", examples=[None]
    )


class Collect(Element):
    """Take a payment that was agreed."""

    payment_method_id: Id | None = Field(
        None, description="How it is paid; left out, as it was agreed.", examples=[SOME_ID]
    )
    date: Day | None = Field(
        None, description="Local date it is paid; left out, today.", examples=["2026-06-04"]
    )
    check_number: Line | None = Field(None, description="Number of the check.", examples=[None])


class Void(Element):
    """Take a payment back; nothing is sent along."""


def rest_id(payment_id: UUID) -> UUID:
    """Return the id of the deposit that the rest of a payment becomes."""
    return uuid5(payment_id, "rest")


def payer(invoice: Mapping[str, Any]) -> str | None:
    """Return who pays an invoice; nobody known for a quick sale."""
    found: str | None = invoice["bill_to_client_id"] or invoice["client_id"]
    return found


def _payment(call: Call, client: str | None, invoice: str | None, amount: int, **more: Any) -> dict[str, Any]:
    return {
        "client_id": client,
        "invoice_id": invoice,
        "studio_id": call.fields.get("studio_id"),
        "payment_type": PaymentType.PAYMENT,
        "state": PaymentState.APPROVED,
        "amount": amount,
        **more,
    }


def _paid(call: Call, invoice: str | None, amount: int) -> dict[str, Any]:
    return _payment(call, payer(call.fields), invoice, amount, **means(call))


def _keys(call: Call) -> tuple[tuple[int, UUID], tuple[int, UUID]]:
    payment_id = call.sent.payment_id
    return key_of("payments", payment_id), key_of("payments", rest_id(payment_id))


async def _read_payment(call: Call) -> None:
    one, rest = _keys(call)
    await read(call, one, rest)
    amount = call.sent.amount
    await foresee(call, (one, _paid(call, str(call.key[1]), amount)), (rest, _paid(call, None, amount)))


def _is_paid(call: Call) -> bool:
    """Say whether it is paid: on the invoice with the rest beside it, or all of it as the rest."""
    (one, rest), client = _keys(call), payer(call.fields) if call.fields else None
    by = {
        "payment_type": PaymentType.PAYMENT,
        "payment_method_id": str(call.sent.payment_method_id),
        "due_date": None,
    }
    deposit = {**by, "client_id": client, "invoice_id": None}
    is_made = taken_before(call, one, {**by, "invoice_id": str(call.key[1])}) or (
        call.sent.rest_as_deposit and taken_before(call, one, deposit)
    )
    has_rest = existing(call, "payments", rest[1]) is not None
    if not is_made or (has_rest and not taken_before(call, rest, deposit)):
        return False
    return came_to(call, call.sent.amount, one, rest)


@command(
    "pay",
    of=("invoices",),
    takes=Pay,
    prepares=_read_payment,
    is_done=_is_paid,
    level=Level.VIEW_ONLY,
    needs=TAKES,
)
def pay(call: Call) -> Mapping[str, Any]:
    """Take a payment on an invoice, at most what is owed on it; what is more becomes a deposit if wanted."""
    require_currency(call)
    require_means(call, call.sent.payment_method_id)
    one, rest_key = _keys(call)
    require_new(call, _paid(call, str(call.key[1]), call.sent.amount))
    left = max(0, left_on(call.work, call.key[1]))
    rest = max(0, call.sent.amount - left)
    if rest and not (call.sent.rest_as_deposit and payer(call.fields)):
        raise not_owed(call.fields, balance_due=left)
    applied = call.sent.amount - rest
    if applied:
        make(call, one, _paid(call, str(call.key[1]), applied))
    if rest:
        make(call, rest_key if applied else one, _paid(call, None, rest))
    return {}


async def _read_deposit(call: Call) -> None:
    key = key_of("payments", call.sent.payment_id)
    await read(call, key)
    await foresee(call, (key, _deposit(call)))


def _deposit(call: Call) -> dict[str, Any]:
    studio = {"studio_id": str(call.sent.studio_id)} if call.sent.studio_id else {}
    return _payment(call, str(call.key[1]), None, call.sent.amount, **means(call), **studio)


def _is_deposited(call: Call) -> bool:
    key = key_of("payments", call.sent.payment_id)
    made = {
        "payment_type": PaymentType.PAYMENT,
        "payment_method_id": str(call.sent.payment_method_id),
        "due_date": None,
        "client_id": str(call.key[1]),
        "invoice_id": None,
    }
    return taken_before(call, key, made) is not None and came_to(call, call.sent.amount, key)


@command(
    "take_deposit",
    of=("clients",),
    takes=TakeDeposit,
    prepares=_read_deposit,
    is_done=_is_deposited,
    level=Level.VIEW_ONLY,
    needs=TAKES,
)
def take_deposit(call: Call) -> Mapping[str, Any]:
    """Take a payment from a client before there is an invoice for it."""
    require_currency(call)
    require_means(call, call.sent.payment_method_id)
    require_new(call, _deposit(call))
    make(call, key_of("payments", call.sent.payment_id), _deposit(call))
    return {}


async def _read_plan(call: Call) -> None:
    key = key_of("payments", call.sent.payment_id)
    await read(call, key)
    await foresee(call, (key, _agreed(call)))


def _agreed(call: Call) -> dict[str, Any]:
    method = call.sent.payment_method_id
    return _payment(
        call,
        payer(call.fields),
        str(call.key[1]),
        call.sent.amount,
        state=PaymentState.PENDING,
        due_date=call.sent.due_date.isoformat(),
        payment_method_id=str(method) if method else None,
        user_id=taker(call),
    )


def _is_agreed(call: Call) -> bool:
    key = key_of("payments", call.sent.payment_id)
    made = {"invoice_id": str(call.key[1]), "due_date": call.sent.due_date.isoformat()}
    return made_before(call, key, made) is not None and came_to(call, call.sent.amount, key)


@command(
    "plan_payment",
    of=("invoices",),
    takes=PlanPayment,
    prepares=_read_plan,
    is_done=_is_agreed,
    level=Level.VIEW_ONLY,
    needs=TAKES,
)
def plan_payment(call: Call) -> Mapping[str, Any]:
    """Agree on a payment to come, at most what is owed and not agreed yet; it counts when it is collected."""
    require_currency(call)
    require_new(call, _agreed(call))
    owed = max(0, left_on(call.work, call.key[1]))
    left = max(0, owed - call.fields["pending_payments"])
    if call.sent.amount > left:
        raise not_owed(call.fields, balance_due=owed, not_agreed=left)
    make(call, key_of("payments", call.sent.payment_id), _agreed(call))
    return {}


def _collected(call: Call) -> dict[str, Any]:
    method = call.sent.payment_method_id or call.fields.get("payment_method_id")
    return {
        "state": PaymentState.APPROVED.value,
        "date": day_of(call),
        "payment_method_id": str(method) if method else None,
        "check_number": call.sent.check_number or call.fields.get("check_number"),
        "user_id": taker(call) or call.fields.get("user_id"),
    }


async def _read_collection(call: Call) -> None:
    await read(call)
    await foresee(call, (call.key, {**call.fields, **_collected(call)}))


def _is_collected(call: Call) -> bool:
    fields, method = call.fields, call.sent.payment_method_id
    is_so = fields.get("state") == PaymentState.APPROVED and fields["due_date"] is not None
    # Who has taken it another way has taken something else.
    return is_so and (method is None or fields["payment_method_id"] == str(method))


@command("collect", of=("payments",), takes=Collect, prepares=_read_collection, is_done=_is_collected)
def collect(call: Call) -> Mapping[str, Any]:
    """Take a payment that was agreed, now that it has come; at most what is owed by then."""
    if call.fields["state"] != PaymentState.PENDING:
        raise WrongState({"state": call.fields["state"]})
    found = _collected(call)
    require_means(call, found["payment_method_id"])
    invoice = call.fields["invoice_id"]
    left = left_on(call.work, UUID(invoice)) if invoice else call.fields["amount"]
    if call.fields["amount"] > left:
        raise AboveBalance({"amount": AboveBalance.message, "balance_due": str(max(0, left))})
    return found


async def _read_void(call: Call) -> None:
    await read(call)
    if call.fields["invoice_id"]:
        await read_credit_memos(call.work.draft, call.fields["invoice_id"])
    await foresee(call, (call.key, {**call.fields, "state": PaymentState.VOIDED.value}))


def _is_void(call: Call) -> bool:
    return call.fields.get("state") == PaymentState.VOIDED


@command(
    "void",
    of=("payments",),
    takes=Void,
    prepares=_read_void,
    is_done=_is_void,
    level=Level.ADD_MODIFY_DELETE,
)
def void(call: Call) -> Mapping[str, Any]:
    """Take a payment back that was entered by mistake, or one that was agreed and will not come."""
    require_desk(call)
    fields = call.fields
    if fields["amount"] < 0 and not allows(call.work.who, REFUNDS, Level.FULL_ACCESS):
        raise PermissionDenied({"feature": REFUNDS, "level": Level.FULL_ACCESS})
    if fields["state"] not in (PaymentState.PENDING, PaymentState.APPROVED):
        raise WrongState({"state": fields["state"]})
    if fields["processor_reference"]:
        raise WrongState({"processor_reference": _REFUNDED if fields["amount"] < 0 else _CHARGED})
    if fields["state"] == PaymentState.APPROVED and fields["invoice_id"] and fields["amount"] > 0:
        require_captured(call, fields["invoice_id"], fields["amount"])
    return {"state": PaymentState.VOIDED.value}


_CHARGED = (
    "The processor has charged this. POST /v1/card-payments/{id}/void or /refund takes it back, by the id of"
    " the payment the card was charged for: a part of a deposit has the whole one's."
)
_REFUNDED = "The processor has given this back to the card, which is not taken back: charge the card again."
