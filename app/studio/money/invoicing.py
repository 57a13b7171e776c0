"""Invoicing: what is done to an invoice as a whole: converted, copied, written off, posted."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import uuid5

from pydantic import Field

from app.core.principal import Level
from app.studio.invoices import InvoiceType
from app.studio.money.balances import amount_in_words, left_on
from app.studio.money.booking import (
    SOME_ID,
    Amount,
    Sum,
    amount_field,
    credit_memos,
    day_of,
    foresee,
    key_of,
    make,
    read,
    read_credit_memos,
    read_payments,
    require_currency,
    require_desk,
)
from app.studio.money.refusals import WrongState, not_owed
from app.studio.money.repeats import made_before
from app.studio.money.rights import POSTING, WRITE_OFFS
from app.studio.payments import PaymentState
from app.studio.status_notes import with_remark
from app.sync import registry
from app.sync.commands import Call, command
from app.sync.fields import Day, Element, Id

_COPIED = (
    "client_id",
    "bill_to_client_id",
    "session_id",
    "studio_id",
    "invoice_type",
    "classification_id",
    "description",
    "sales_rep_id",
    "terms",
    "discount",
    "shipping",
    "surcharge",
    "notes",
    "custom",
)


class SaleType(StrEnum):
    """What an estimate becomes."""

    SESSION_FEE = "session_fee"
    INITIAL_ORDER = "initial_order"
    RE_ORDER = "re_order"
    GENERIC = "generic"


class ConvertEstimate(Element):
    """Make a sale of an estimate."""

    invoice_type: SaleType = Field(description="What it becomes.", examples=["initial_order"])
    date: Day | None = Field(
        None, description="The local date of the sale; left out, today.", examples=["2026-05-20"]
    )


class CopyInvoice(Element):
    """Make another invoice like one."""

    invoice_id: Id = Field(description="The id of the new invoice.", examples=[SOME_ID])
    date: Day | None = Field(None, description="Its local date; left out, today.", examples=["2026-05-20"])


class Post(Element):
    """Lock an invoice or a payment; nothing is sent along."""


class WriteOff(Sum):
    """Give up what a client still owes."""

    amount: Amount | None = amount_field("How much, in minor units; left out, all of it.", default=None)


async def _read_sale(call: Call) -> None:
    await read(call)
    await foresee(call, (call.key, {**call.fields, **_sale(call)}))


def _sale(call: Call) -> dict[str, Any]:
    return {"invoice_type": call.sent.invoice_type.value, "invoice_date": day_of(call)}


def _is_sale(call: Call) -> bool:
    return bool(call.fields.get("invoice_type") == call.sent.invoice_type)


@command("convert_estimate", of=("invoices",), takes=ConvertEstimate, prepares=_read_sale, is_done=_is_sale)
def convert_estimate(call: Call) -> Mapping[str, Any]:
    """Make a sale of an estimate: it keeps its number and its lines, and is owed from now on."""
    require_desk(call)
    if call.fields["invoice_type"] != InvoiceType.ESTIMATE:
        raise WrongState({"invoice_type": call.fields["invoice_type"]})
    return {**_sale(call), "status_notes": with_remark(call.fields, call.work, "Converted from an estimate")}


async def _read_copy(call: Call) -> None:
    key = key_of("invoices", call.sent.invoice_id)
    await read(call, key)
    if not _is_copied(call):
        await foresee(call, (key, _copy(call)))


def _copy(call: Call) -> dict[str, Any]:
    lines = [{**line, "id": str(uuid5(call.sent.invoice_id, line["id"]))} for line in call.fields["lines"]]
    kept = {name: call.fields[name] for name in _COPIED}
    return {**kept, "lines": lines, "invoice_date": day_of(call)}


def _is_copied(call: Call) -> bool:
    if not call.fields:
        return False
    copied = _copy(call)
    made = {name: copied[name] for name in ("client_id", "invoice_type", "lines")}
    return made_before(call, key_of("invoices", call.sent.invoice_id), made, like=call.key) is not None


@command(
    "copy", of=("invoices",), takes=CopyInvoice, prepares=_read_copy, is_done=_is_copied, level=Level.ADD_ONLY
)
def copy(call: Call) -> Mapping[str, Any]:
    """Make another invoice of the same lines, with a number and a date of its own and nothing paid."""
    require_desk(call)
    if call.fields["invoice_type"] == InvoiceType.CREDIT_MEMO:
        raise WrongState({"invoice_type": call.fields["invoice_type"]})
    make(call, key_of("invoices", call.sent.invoice_id), _copy(call))
    return {}


async def _read_balance(call: Call) -> None:
    await read(call)
    await read_credit_memos(call.work.draft, call.key[1])
    await read_payments(call, call.key[1], *credit_memos(call.work.draft, call.key[1]))
    await foresee(call, (call.key, call.fields))


def _is_written_off(call: Call) -> bool:
    fields = call.fields
    if call.sent.amount is not None or not fields or fields["written_off"] <= 0:
        return False
    memos = credit_memos(call.work.draft, call.key[1]).values()
    return bool(fields["balance_due"] + sum(memo["balance_due"] for memo in memos) == 0)


@command(
    "write_off",
    of=("invoices",),
    takes=WriteOff,
    prepares=_read_balance,
    is_done=_is_written_off,
    needs={WRITE_OFFS: Level.FULL_ACCESS},
    is_keyed=True,
)
def write_off(call: Call) -> Mapping[str, Any]:
    """Give up what is owed on an invoice, or some of it; one that is posted is corrected by credit memo.

    What credit memos of it have yet to give is not owed: that is set off.
    """
    require_desk(call)
    require_currency(call)
    credit = -sum(left_on(call.work, memo) for memo in credit_memos(call.work.draft, call.key[1]))
    owed = max(0, left_on(call.work, call.key[1]) - credit)
    amount = call.sent.amount or owed
    if not 0 < amount <= owed:
        on_memos = {"credit": credit} if credit else {}
        raise not_owed(call.fields, balance_due=owed, **on_memos)
    told = f"Written off: {amount_in_words(call.work, amount)}"
    return {
        "written_off": call.fields["written_off"] + amount,
        "status_notes": with_remark(call.fields, call.work, told),
    }


async def _read_company(call: Call) -> None:
    await read(call)
    await foresee(call, (call.key, call.fields))


def _is_posted(call: Call) -> bool:
    return bool(call.fields.get("is_posted"))


@command(
    "post",
    of=("invoices", "payments"),
    takes=Post,
    prepares=_read_company,
    is_done=_is_posted,
    level=Level.VIEW_ONLY,
    needs={POSTING: Level.FULL_ACCESS},
)
def post(call: Call) -> Mapping[str, Any]:
    """Lock an invoice or a payment that is in the books, for good; never an estimate or what is not paid."""
    require_desk(call)
    fields = call.fields
    if registry.numbered(call.key[0]).name == "invoices":
        if fields["invoice_type"] == InvoiceType.ESTIMATE:
            raise WrongState({"invoice_type": fields["invoice_type"]})
    elif fields["state"] not in (PaymentState.APPROVED, PaymentState.REFUNDED):
        raise WrongState({"state": fields["state"]})
    return {"is_posted": True, "status_notes": with_remark(fields, call.work, "Posted")}
