"""The records of payments by card, by which every device hears how far they have come."""

from typing import Any
from uuid import UUID, uuid5

from app.cards.errors import RecordRefused
from app.cards.models import CardAttempt, CardIntent
from app.cards.states import IntentState
from app.core.db import Session, WriteSession
from app.core.principal import Principal
from app.studio.payments import PaymentState, PaymentType
from app.sync import records, registry
from app.sync.refusals import ChangeRefused
from app.sync.store import Write, write

_STATES = {
    IntentState.RESERVED: PaymentState.PROCESSING,
    IntentState.CHARGING: PaymentState.PROCESSING,
    IntentState.UNRESOLVED: PaymentState.PROCESSING,
    IntentState.APPROVED: PaymentState.APPROVED,
    # What is being taken back is not counted as paid, and held all the same: nobody touches it meanwhile.
    IntentState.VOIDING: PaymentState.PROCESSING,
    IntentState.DECLINED: PaymentState.DECLINED,
    IntentState.FAILED: PaymentState.ERROR,
    IntentState.CANCELLED: PaymentState.VOIDED,
    IntentState.VOIDED: PaymentState.VOIDED,
}


def rest_id(intent: CardIntent) -> UUID | None:
    """Return the id of the deposit the rest of a payment becomes; none where there is no rest beside it."""
    return uuid5(intent.intent_id, "rest") if 0 < intent.applied < intent.minor else None


def parts_of(intent: CardIntent) -> dict[UUID, tuple[UUID | None, int]]:
    """Return the payments an intent consists of, by their ids: on which invoice, if any, and how much."""
    rest = rest_id(intent)
    if intent.gives_back:
        return {intent.intent_id: (intent.invoice_id, -intent.minor)}
    if rest is None:
        return {intent.intent_id: (intent.invoice_id if intent.applied else None, intent.minor)}
    return {
        intent.intent_id: (intent.invoice_id, intent.applied),
        rest: (None, intent.minor - intent.applied),
    }


async def kept(session: Session, intent: CardIntent) -> dict[UUID, dict[str, Any]]:
    """Return the records of an intent's payments, those there are."""
    return await _some(session, "payments", list(parts_of(intent)))


async def begin(session: WriteSession, who: Principal, intent: CardIntent, *others: Write) -> None:
    """Write the records of a new payment behind those they name, as the company's rules let who asks."""
    try:
        if others:
            await write(session, who, others)
        await write(session, who, await _writes(session, intent, None))
    except ChangeRefused as refused:
        raise RecordRefused(reason=refused.code, reasons=refused.fields or {}) from None


async def tell(
    session: WriteSession, who: Principal, intent: CardIntent, attempt: CardAttempt | None
) -> None:
    """Write how far a payment has come; what has become of its record otherwise stays as it is.

    What a processor did is so, whatever rules the company has made since: then the house itself writes it.
    """
    writes = await _writes(session, intent, attempt)
    if not writes:
        return
    try:
        await write(session, who, writes)
    except ChangeRefused:
        await write(session, Principal.system(session.account_id, "", who.time_zone), writes)


async def _writes(session: Session, intent: CardIntent, attempt: CardAttempt | None) -> list[Write]:
    there = await kept(session, intent)
    outcome = _outcome(intent, attempt)
    missing = [each for each in parts_of(intent) if each not in there]
    whole = await _whole(session, intent) if missing else {}
    return [
        Write("payments", each, outcome if each in there else {**whole, **_part(*part, whole), **outcome})
        for each, part in parts_of(intent).items()
        if each not in there or any(there[each][name] != value for name, value in outcome.items())
    ]


def _outcome(intent: CardIntent, attempt: CardAttempt | None) -> dict[str, Any]:
    return {
        "state": _STATES[IntentState(intent.state)].value,
        "card_brand": intent.brand,
        "card_last_four": intent.last_four,
        "card_expiry": intent.expiry,
        "authorization_code": attempt.authorization_code if attempt else None,
        # Ours where the processor's was never told: by it a payment is known not to be cash.
        "processor_reference": (attempt.transaction_id or attempt.external_ref) if attempt else None,
    }


async def _whole(session: Session, intent: CardIntent) -> dict[str, Any]:
    """Return what a new payment has beside its outcome; what it should name and is gone is left out."""
    named = {
        "client_id": ("clients", intent.client_id),
        "invoice_id": ("invoices", intent.invoice_id),
        "payment_method_id": ("payment_methods", intent.payment_method_id),
        "studio_id": ("studios", intent.studio_id),
        "user_id": ("staff", intent.user_id),
    }
    found = {
        name: str(record_id) if record_id and await _some(session, collection, [record_id]) else None
        for name, (collection, record_id) in named.items()
    }
    return {
        **found,
        "saved_card_id": str(intent.saved_card_id) if intent.saved_card_id else None,
        "payment_type": (PaymentType.REFUND if intent.gives_back else PaymentType.PAYMENT).value,
        "date": intent.day.isoformat(),
    }


def _part(invoice_id: UUID | None, amount: int, whole: dict[str, Any]) -> dict[str, Any]:
    return {"invoice_id": whole["invoice_id"] if invoice_id else None, "amount": amount}


async def _some(session: Session, collection: str, ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    return await records.some(session, registry.numbered(registry.number_of(collection)), ids)
