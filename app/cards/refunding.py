"""Giving money back to the card it came from, out of a credit memo: in the same three steps as a charge."""

from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from uuid import UUID, uuid5

import orjson

from app.accounts.features import require
from app.accounts.standing import Work
from app.accounts.store import bring_cards_due_forward
from app.cards import payments, reserving, store
from app.cards.charging import attempted, standing
from app.cards.errors import (
    AboveRefundable,
    CardPaymentDiffers,
    CreditMemoRequired,
    CurrencyDiffers,
    NothingToPay,
    RefundAtDesk,
)
from app.cards.gateway import Amount, Refund
from app.cards.models import CardAttempt, CardIntent
from app.cards.sending import Opens, Ready, carry_out, seconds
from app.cards.settling import booked_of
from app.cards.states import IntentState
from app.cards.till import Till
from app.core import clock
from app.core.db import WriteSession
from app.core.principal import Channel, Level
from app.studio.invoices import InvoiceType
from app.studio.money.rights import REFUNDS
from app.sync import records
from app.sync.store import Write
from app.sync.visible import seen

_PARTED = ("id", "status_notes", "created_at", "created_by", "updated_at", "updated_by")
"""What a part of a payment does not have from the whole."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What is to be given back: so much of a card payment, from a credit memo."""

    refund_id: UUID
    payment_id: UUID
    credit_memo_id: UUID
    minor: int
    currency: str

    @property
    def fingerprint(self) -> bytes:
        """Tell requests apart by all that they ask."""
        return sha256(orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)).digest()


async def refund(till: Till, opens: Opens, wanted: Returned) -> None:
    """Give money back to its card, once; what is under way or has ended is left as it is.

    No transaction is open while the processor is asked.
    """
    async with opens() as work:
        require(work.who, REFUNDS, Level.FULL_ACCESS)
        if work.who.channel is Channel.MOBILE:
            raise RefundAtDesk
        sale = await reserving.find(work, wanted.payment_id, Level.ADD_ONLY)
        known = await store.intent(work.session, wanted.refund_id)
        if known and known.fingerprint != wanted.fingerprint:
            raise CardPaymentDiffers
        if known and known.state != IntentState.RESERVED:
            return
        sold, way = await standing(work.session, till, sale)
        intent = known or await _begin(work, sale, sold, wanted)
        row = await attempted(work.session, way, intent, gives_back=sold.external_ref)
        asked = Refund(row.external_ref, Amount(intent.minor, intent.currency), booked_of(sold))
        ready = Ready(way, booked_of(row), partial(way.refund, asked), seconds())
    await carry_out(till, work.who.account_id, ready)


async def _begin(
    work: Work[WriteSession], sale: CardIntent, sold: CardAttempt, wanted: Returned
) -> CardIntent:
    """Hold what is given back on its credit memo; a deposit is put on a new one that comes to nothing."""
    session, now = work.session, clock.now()
    if wanted.currency != sale.currency:
        raise CurrencyDiffers(currency=sale.currency)
    memo = await records.find(session, "invoices", wanted.credit_memo_id)
    others = await _on_memo(work, sale, sold, wanted) if memo is None else []
    if memo is not None:
        await _require_refundable(work, sale, sold, wanted)
    paid = (await payments.kept(session, sale))[sale.intent_id]
    intent = CardIntent(
        account_id=session.account_id,
        intent_id=wanted.refund_id,
        fingerprint=wanted.fingerprint,
        gives_back=sale.intent_id,
        user_id=work.who.user_id,
        client_id=_id(paid["client_id"]),
        invoice_id=wanted.credit_memo_id,
        studio_id=_id(paid["studio_id"]),
        payment_method_id=_id(paid["payment_method_id"]),
        saved_card_id=sale.saved_card_id,
        minor=wanted.minor,
        applied=wanted.minor,
        currency=wanted.currency,
        brand=sale.brand,
        last_four=sale.last_four,
        expiry=sale.expiry,
        day=clock.today(work.who.time_zone),
        made_at=now,
        expires_at=now + reserving.RESERVED_FOR,
    )
    if await payments.kept(session, intent):
        raise CardPaymentDiffers
    session.add(intent)
    await session.flush()
    await payments.begin(session, work.who, intent, *others)
    await bring_cards_due_forward(session, intent.expires_at)
    return intent


async def _require_refundable(
    work: Work[WriteSession], sale: CardIntent, sold: CardAttempt, wanted: Returned
) -> None:
    """Refuse more than the credit memo comes to, the client has paid, or this card has paid of it."""
    session, memo_id = work.session, wanted.credit_memo_id
    memo = await seen(work, "invoices", memo_id)
    if memo is None:
        raise NothingToPay(target="credit_memo_id")
    if memo["invoice_type"] != InvoiceType.CREDIT_MEMO:
        raise CreditMemoRequired(invoice_type=memo["invoice_type"])
    sold_on = UUID(memo["original_invoice_id"] or str(memo_id))
    found = await store.captured(session, sold_on, _reference(sold))
    most = min(
        -await store.left_on(session, memo_id),
        found.captured - found.on_its_way,
        found.by_card - await store.given_back(session, sale.intent_id, sold_on),
        sale.minor - await store.given_back(session, sale.intent_id),
    )
    _require_most(wanted, most)


async def _on_memo(
    work: Work[WriteSession], sale: CardIntent, sold: CardAttempt, wanted: Returned
) -> list[Write]:
    """Return what puts a deposit, or a part of it, on a new credit memo; refused where it is less."""
    session, memo_id = work.session, wanted.credit_memo_id
    paid = (await payments.kept(session, sale))[sale.intent_id]
    client_id, reference = _id(paid["client_id"]), _reference(sold)
    deposit_id = client_id and await store.deposit_of(session, client_id, reference, wanted.minor)
    deposit = await records.find(session, "payments", deposit_id) if deposit_id else None
    if deposit_id is None or deposit is None:
        sold_on = _id(paid["invoice_id"])
        invoice = await records.find(session, "invoices", sold_on) if sold_on else None
        if invoice and invoice["invoice_type"] != InvoiceType.CREDIT_MEMO:
            # Only a deposit is given back from a memo that is not there yet.
            raise CreditMemoRequired
        raise AboveRefundable(refundable=0)
    left = sale.minor - await store.given_back(session, sale.intent_id)
    _require_most(wanted, min(deposit["amount"], left))
    memo = {
        "client_id": paid["client_id"],
        "bill_to_client_id": paid["client_id"],
        "studio_id": deposit["studio_id"],
        "invoice_type": InvoiceType.CREDIT_MEMO.value,
        "description": "Deposit given back",
        "invoice_date": clock.today(work.who.time_zone).isoformat(),
    }
    rest = deposit["amount"] - wanted.minor
    part = {name: value for name, value in deposit.items() if name not in _PARTED}
    part |= {"invoice_id": str(memo_id), "amount": wanted.minor}
    moved = (
        [Write("payments", deposit_id, {"invoice_id": str(memo_id)})]
        if not rest
        else [
            Write("payments", uuid5(memo_id, "part"), part),
            Write("payments", deposit_id, {"amount": rest}),
        ]
    )
    return [Write("invoices", memo_id, memo), *moved]


def _require_most(wanted: Returned, most: int) -> None:
    if wanted.minor > most:
        raise AboveRefundable(refundable=max(0, most))


def _reference(sold: CardAttempt) -> str:
    """Return what the records of a charge have as the processor's reference."""
    return sold.transaction_id or sold.external_ref


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
