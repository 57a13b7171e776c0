"""Booking: what all commands about money have in common: what they are sent, read, refuse and write."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.core.ids import NIL
from app.core.principal import Channel
from app.studio.money import store
from app.studio.money.refusals import AboveCaptured, CardNeedsConnection, NotOnPhone, WrongCurrency
from app.studio.payment_methods import PaymentKind
from app.studio.rules.settings import read_settings, settings_of
from app.sync import registry
from app.sync.commands import Call
from app.sync.draft import Draft
from app.sync.feed import Key
from app.sync.fields import Day, Element, Id, Line, Values
from app.sync.refusals import (
    AlreadyExists,
    InvalidFields,
    NilId,
    RecordDeleted,
    UnknownReference,
)
from app.sync.validation import InvalidFieldsError, canonical

Amount = Annotated[int, Field(ge=1, le=10**12)]
"""An amount that moves, in minor units of the company's currency."""
SOME_ID = "0b0f2f0a-6f0e-4a55-9a59-5f6f3c1a5601"


def amount_field(description: str, *, default: Any = ...) -> Any:
    """Describe an amount that is sent along."""
    return Field(default, description=description, examples=[5000])


class Sum(Element):
    """What may be sent along with any amount."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = Field(
        None,
        description="ISO code of the currency meant; refused if it is another than the company's.",
        examples=["USD"],
    )


class Means(Sum):
    """How and when money changes hands."""

    payment_method_id: Id = Field(description="How it is paid.", examples=[SOME_ID])
    date: Day | None = Field(
        None, description="Local date it is paid; left out, today.", examples=["2026-05-04"]
    )
    check_number: Line | None = Field(None, description="Number of the check.", examples=["1187"])


def key_of(collection: str, record_id: UUID | str) -> Key:
    """Return the key of a record."""
    return registry.number_of(collection), UUID(str(record_id))


async def read(call: Call, *keys: Key) -> None:
    """Read what commands about money look at: records, the company, the user and the way of paying."""
    work, sent = call.work, call.sent
    staff = [key_of("staff", work.who.user_id)] if work.who.user_id else []
    method = getattr(sent, "payment_method_id", None) or call.fields.get("payment_method_id")
    methods = [key_of("payment_methods", method)] if method else []
    await work.draft.load([call.key, *keys, *staff, *methods])
    await read_settings(work.draft)


async def foresee(call: Call, *intended: tuple[Key, Mapping[str, Any]]) -> None:
    """Read what the rules will look at when some records are written; all fields of each are given."""
    await call.work.draft.load(key for key, _ in intended)
    await call.work.draft.prepare(list(intended))


def require_desk(call: Call) -> None:
    """Refuse a phone."""
    if call.work.who.channel is Channel.MOBILE:
        raise NotOnPhone


def require_currency(call: Call) -> None:
    """Refuse an amount in another currency."""
    company = settings_of(call.work).get("currency")
    if call.sent.currency and company and call.sent.currency != company:
        raise WrongCurrency({"currency": company})


def require_means(call: Call, method_id: object) -> None:
    """Refuse a way of paying that there is not, a card recorded on a phone, and a date to come."""
    if method_id is None:
        raise InvalidFields({"payment_method_id": "This is needed."})
    method = call.work.find("payment_methods", str(method_id))
    if method is None:
        raise UnknownReference({"payment_method_id": UnknownReference.message})
    is_card = method["payment_kind"] == PaymentKind.CREDIT_CARD
    if is_card and call.work.who.channel is Channel.MOBILE:
        raise CardNeedsConnection({"payment_method_id": CardNeedsConnection.message})
    # Where the phone is, tomorrow may have come.
    if call.sent.date and call.sent.date > call.work.today + timedelta(days=1):
        raise InvalidFields({"date": "What is still to come is agreed with `plan_payment`."})


def day_of(call: Call) -> str:
    """Return the day something is done on."""
    return (call.sent.date or call.work.today).isoformat()


def taker(call: Call) -> str | None:
    """Return who takes the money, where they are on the staff."""
    user_id = call.work.who.user_id
    return str(user_id) if user_id and call.work.find("staff", user_id) else None


def means(call: Call) -> dict[str, Any]:
    """Return the fields of a payment that say how, when and by whom it is taken."""
    return {
        "payment_method_id": str(call.sent.payment_method_id),
        "date": day_of(call),
        "check_number": call.sent.check_number,
        "user_id": taker(call),
    }


def make(call: Call, key: Key, fields: Mapping[str, Any]) -> Values:
    """Make a record with all that follows; raises `ChangeRefused` where its id is taken."""
    draft = call.work.draft
    if key[1] == NIL:
        raise NilId
    state = draft.get(key)
    if state is not None:
        raise RecordDeleted if state.is_deleted else _taken(key, state.values or {}, fields)
    collection = registry.numbered(key[0])
    try:
        values = canonical(collection, fields)
    except InvalidFieldsError as error:
        raise InvalidFields(error.reasons) from None
    draft.save(key, values, fields)
    return values


def require_new(call: Call, fields: Mapping[str, Any]) -> None:
    """Refuse the id of a payment that is another's, and say what of that is not as it would be made."""
    key = key_of("payments", call.sent.payment_id)
    if known := existing(call, "payments", key[1]):
        raise _taken(key, known, fields)


def _taken(key: Key, known: Values, fields: Mapping[str, Any]) -> AlreadyExists:
    differing = [name for name in _TELLING if name in fields and fields[name] != known.get(name)]
    reasons = dict.fromkeys(differing, "The record under this id has another one.")
    return AlreadyExists({"id": f"{registry.numbered(key[0]).name}/{key[1]}", **reasons})


_TELLING = (
    "client_id",
    "invoice_id",
    "original_invoice_id",
    "payment_type",
    "state",
    "amount",
    "due_date",
    "payment_method_id",
)
"""What tells one payment, or one invoice, from another."""


def existing(call: Call, collection: str, record_id: UUID | None) -> Values | None:
    """Return a record under an id that was sent along, if there is one."""
    return call.work.find(collection, record_id) if record_id else None


async def read_payments(call: Call, *invoices: UUID) -> None:
    """Read the payments that stand on some invoices."""
    found = await store.payments_of(call.work.draft.session, invoices)
    await call.work.draft.load(key_of("payments", payment) for payment, _ in found)


async def read_credit_memos(draft: Draft, *invoices: UUID | str) -> None:
    """Read some invoices with the credit memos that correct them."""
    keys = [key_of("invoices", each) for each in invoices]
    await draft.load(keys)
    await draft.load_referring(keys)
    await draft.load(memo for key in keys for memo in _credit_memos(draft, key))


def credit_memos(draft: Draft, invoice_id: UUID | str) -> dict[UUID, Values]:
    """Return the credit memos that correct an invoice, by their ids; they must have been read."""
    found = ((key[1], draft.get(key)) for key in _credit_memos(draft, key_of("invoices", invoice_id)))
    return {memo: state.values for memo, state in found if state and state.values}


def captured(draft: Draft, invoice_id: UUID | str) -> int:
    """Return what was paid on an invoice and not been given back from a credit memo of it."""
    paid = draft.fields(key_of("invoices", invoice_id))["paid"]
    return int(paid + sum(memo["paid"] for memo in credit_memos(draft, invoice_id).values()))


def forgiven(draft: Draft, invoice_id: UUID | str) -> int:
    """Return what was written off of an invoice, and not taken back by a credit memo of it.

    What was set off stands on both, with opposite signs.
    """
    written_off = draft.fields(key_of("invoices", invoice_id))["written_off"]
    return int(written_off + sum(memo["written_off"] for memo in credit_memos(draft, invoice_id).values()))


def require_captured(call: Call, invoice_id: UUID | str, amount: int) -> None:
    """Refuse to give back, or take off, more than the client has paid on an invoice."""
    most = captured(call.work.draft, invoice_id)
    if amount > most:
        raise AboveCaptured({"amount": AboveCaptured.message, "captured": str(most)})


def _credit_memos(draft: Draft, key: Key) -> Iterable[Key]:
    return [each.key for each in draft.referring(key) if each.field.name == "original_invoice_id"]
