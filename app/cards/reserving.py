"""Reserving a card payment: what is to be paid is held, under the client's id, before a card is seen."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from app.accounts.features import require
from app.accounts.standing import Work
from app.accounts.store import bring_cards_due_forward
from app.cards import gate, payments, saving, store
from app.cards.errors import (
    AmountAboveBalance,
    CardPaymentDiffers,
    CardPaymentNotFound,
    CardPaymentStands,
    CurrencyDiffers,
    InvoiceNotPayable,
    NothingToPay,
)
from app.cards.models import CardIntent, CardMerchant
from app.cards.processors import Environment
from app.cards.states import AttemptState, IntentState
from app.cards.till import Till
from app.core import clock
from app.core.db import WriteSession
from app.core.principal import Level, Principal
from app.studio.invoices import InvoiceType
from app.sync.visible import seen

RESERVED_FOR = timedelta(minutes=30)
"""For so long a payment that nobody charges holds its part of the balance."""
_UNPAYABLE = {InvoiceType.ESTIMATE, InvoiceType.CREDIT_MEMO}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be paid, for an invoice or as a client's deposit, and by which card."""

    intent_id: UUID
    invoice_id: UUID | None
    client_id: UUID | None
    minor: int
    currency: str
    saved_card_id: UUID | None = None
    payment_method_id: UUID | None = None
    rest_as_deposit: bool = False
    save_card: bool = False

    @property
    def fingerprint(self) -> bytes:
        """Tell requests apart by all that they ask."""
        return sha256(orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)).digest()


@dataclass(frozen=True, slots=True)
class _Target:
    """What is paid: by which client, at which studio, and how much of it on the invoice."""

    client_id: UUID | None
    studio_id: UUID | None
    applied: int


async def reserve(work: Work[WriteSession], till: Till, wanted: Wanted) -> CardIntent:
    """Hold what is to be paid, once: sent again the same is answered with how it stands by then."""
    session, who = work.session, work.who
    require(who, gate.PAYMENTS, Level.ADD_ONLY)
    if known := await store.intent(session, wanted.intent_id):
        if known.fingerprint != wanted.fingerprint:
            raise CardPaymentDiffers
        return known
    merchant, settings = await gate.admitted(session, who, till)
    if wanted.currency != settings["currency"]:
        raise CurrencyDiffers(currency=settings["currency"])
    target = await (_invoice(work, wanted) if wanted.invoice_id else _deposit(work, wanted))
    now = clock.now()
    intent = CardIntent(
        account_id=session.account_id,
        intent_id=wanted.intent_id,
        fingerprint=wanted.fingerprint,
        user_id=who.user_id,
        client_id=target.client_id,
        invoice_id=wanted.invoice_id,
        studio_id=target.studio_id,
        payment_method_id=wanted.payment_method_id,
        saved_card_id=wanted.saved_card_id,
        saves_card=wanted.save_card and target.client_id is not None,
        minor=wanted.minor,
        applied=target.applied,
        currency=wanted.currency,
        is_simulated=merchant.environment == Environment.SIMULATOR,
        day=clock.today(who.time_zone),
        made_at=now,
        expires_at=now + RESERVED_FOR,
    )
    if await payments.kept(session, intent):
        raise CardPaymentDiffers
    if wanted.payment_method_id and not await seen(work, "payment_methods", wanted.payment_method_id):
        raise NothingToPay(target="payment_method_id")
    if wanted.saved_card_id:
        card = await _saved_card(work, till, merchant, target.client_id, wanted.saved_card_id)
        intent.brand, intent.last_four = card["brand"], card["last_four"]
        intent.expiry = f"{card['expiry_month']:02}/{card['expiry_year'] % 100:02}"
    session.add(intent)
    await session.flush()
    await payments.begin(session, who, intent)
    await bring_cards_due_forward(session, intent.expires_at)
    return intent


async def find(work: Work[Any], intent_id: UUID, level: Level) -> CardIntent:
    """Return a card payment to whom has a level of payments, and may see the payment's record."""
    require(work.who, gate.PAYMENTS, level)
    found = await store.intent(work.session, intent_id)
    if found is None or await seen(work, gate.PAYMENTS, intent_id) is None:
        raise CardPaymentNotFound
    return found


async def find_by_part(work: Work[Any], payment_id: UUID, level: Level) -> CardIntent:
    """Return the same, also by the id of the deposit that holds its rest."""
    if await store.intent(work.session, payment_id) is None:
        require(work.who, gate.PAYMENTS, level)
        if await seen(work, gate.PAYMENTS, payment_id) is not None:
            for each in await store.holding(work.session, payment_id):
                found = await store.intent(work.session, each)
                if found and payments.rest_id(found) == payment_id:
                    return await find(work, each, level)
    return await find(work, payment_id, level)


async def cancel(work: Work[WriteSession], intent_id: UUID) -> CardIntent:
    """Let go of what was reserved; done again, nothing happens. What may have been charged is not let go."""
    intent = await find(work, intent_id, Level.ADD_ONLY)
    if intent.state == IntentState.CANCELLED:
        return intent
    if intent.state != IntentState.RESERVED:
        raise CardPaymentStands(state=intent.state)
    await end(work.session, work.who, intent, "cancelled")
    return intent


async def end(session: WriteSession, who: Principal, intent: CardIntent, code: str) -> None:
    """End a reservation nobody has charged."""
    intent.state, intent.code = IntentState.CANCELLED, code
    session.add(intent)
    await session.flush()
    attempt = await store.latest_attempt(session, intent.intent_id)
    if attempt and attempt.state != AttemptState.NOT_SENT:
        raise RuntimeError("a reservation with an attempt that was sent is not let go")
    await payments.tell(session, who, intent, None)


async def _invoice(work: Work[WriteSession], wanted: Wanted) -> _Target:
    invoice_id = wanted.invoice_id
    invoice = await seen(work, "invoices", invoice_id) if invoice_id else None
    if invoice_id is None or invoice is None:
        raise NothingToPay(target="invoice_id")
    if invoice["invoice_type"] in _UNPAYABLE:
        raise InvoiceNotPayable(invoice_type=invoice["invoice_type"])
    payer = invoice["bill_to_client_id"] or invoice["client_id"]
    left = max(0, await store.left_on(work.session, invoice_id))
    if wanted.minor > left and not (wanted.rest_as_deposit and payer):
        raise AmountAboveBalance(balance_due=left)
    return _Target(_id(payer), _id(invoice["studio_id"]), min(left, wanted.minor))


async def _deposit(work: Work[WriteSession], wanted: Wanted) -> _Target:
    client = await seen(work, "clients", wanted.client_id) if wanted.client_id else None
    if client is None:
        raise NothingToPay(target="client_id")
    return _Target(wanted.client_id, work.who.studio_id, 0)


async def _saved_card(
    work: Work[WriteSession], till: Till, merchant: CardMerchant, client_id: UUID | None, card_id: UUID
) -> dict[str, Any]:
    client = await seen(work, "clients", client_id) if client_id else None
    for card in client["saved_cards"] if client else ():
        if (
            card["id"] == str(card_id)
            and not card["is_inactive"]
            and await saving.usable(work.session, till, merchant, card_id)
        ):
            found: dict[str, Any] = card
            return found
    raise NothingToPay(target="saved_card_id")


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
