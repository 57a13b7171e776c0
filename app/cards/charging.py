"""Charging a card, and taking it back: an attempt is committed, the processor asked, its answer written."""

import base64
import logging
from collections.abc import Iterable, Mapping
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from app.accounts.standing import Work
from app.accounts.store import bring_cards_due_forward
from app.cards import attempts, gate, payments, reserving, saving, store
from app.cards.errors import (
    AlreadySettled,
    AmountAboveBalance,
    CardPaymentStands,
    CardsNotConfigured,
    TokenRequired,
)
from app.cards.gateway import Amount, Charge, Gateway, Token
from app.cards.models import CardAttempt, CardIntent
from app.cards.sending import Opens, Ready, carry_out, seconds, take_back
from app.cards.settling import attempt_of, booked_of, put
from app.cards.states import AttemptState, IntentState
from app.cards.till import Till
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.principal import Level
from app.core.vault import SealBroken

_REFERENCE = 20
log = logging.getLogger("studio.cards")


def reference_of(account_id: UUID, intent_id: UUID, number: int) -> str:
    """Return our reference of an attempt, by how many its intent had before: 20 characters, always the same.

    What our own database has forgotten, as after a restored backup, is sent under the same reference again,
    and the processor knows it.
    """
    told = sha256(b"%b %b %d" % (account_id.bytes, intent_id.bytes, number)).digest()
    return base64.b32encode(told).decode()[:_REFERENCE]


async def charge(
    till: Till, opens: Opens, intent_id: UUID, token: Token | None, expiry: str | None = None
) -> None:
    """Charge what was reserved, once; what is under way or has ended is left as it is.

    No transaction is open while the processor is asked.
    """
    async with opens() as work:
        intent = await reserving.find(work, intent_id, Level.ADD_ONLY)
        if intent.gives_back:
            raise CardPaymentStands(state="refund")
        if intent.state != IntentState.RESERVED:
            return
        ready = await _begin(work, till, intent, token, expiry)
    await carry_out(till, work.who.account_id, ready)


async def void(till: Till, opens: Opens, intent_id: UUID) -> None:
    """Take an approved payment back before it is settled; done again, nothing more happens."""
    async with opens() as work:
        found = await _begin_to_void(work, till, intent_id)
    if found is None:
        return
    row, way = found
    after = await take_back(till, way, row.account_id, booked_of(row))
    if after.state is AttemptState.SETTLED:
        raise AlreadySettled


async def _begin(
    work: Work[WriteSession], till: Till, intent: CardIntent, token: Token | None, expiry: str | None
) -> Ready:
    """Commit the attempt, with what is asked by it, before the first byte is sent."""
    session = work.session
    merchant, _ = await gate.admitted(session, work.who, till)
    way = await gateway(session, till)
    if intent.saved_card_id:
        found = await saving.usable(session, till, merchant, intent.saved_card_id)
        if token is not None or found is None:
            raise TokenRequired
        token = found
    if token is None:
        raise TokenRequired
    await _require_still_owed(session, intent)
    if expiry:
        intent.expiry = f"{expiry[:3]}{expiry[-2:]}"
    known = f"{intent.expiry[:3]}20{intent.expiry[-2:]}" if intent.expiry else None
    row = await attempted(session, way, intent)
    asked = Charge(row.external_ref, Amount(intent.minor, intent.currency), token, known)
    return Ready(way, booked_of(row), partial(way.sale, asked), seconds())


async def attempted(
    session: WriteSession, way: Gateway, intent: CardIntent, gives_back: str | None = None
) -> CardAttempt:
    """Write down that an intent's money is about to be moved, by whom and under which reference."""
    now = clock.now()
    number = await store.count_attempts(session, intent.intent_id)
    reference = reference_of(session.account_id, intent.intent_id, number)
    # What stands for the card is left out: the rest of it is told beside it, and could be tried out.
    asked = f"{reference} {intent.minor} {intent.currency} {intent.saved_card_id} {gives_back}"
    row = CardAttempt(
        account_id=session.account_id,
        external_ref=reference,
        intent_id=intent.intent_id,
        minor=intent.minor,
        currency=intent.currency,
        request_hash=sha256(asked.encode()).digest(),
        merchant_print=way.merchant_print,
        gives_back=gives_back,
        sent_at=now,
        due_at=now + attempts.LOOKS[0],
    )
    session.add(row)
    intent.state, intent.is_simulated, intent.code = IntentState.CHARGING.value, way.is_simulated, None
    session.add(intent)
    await session.flush()
    await bring_cards_due_forward(session, now + attempts.LOOKS[0])
    return row


async def _require_still_owed(session: WriteSession, intent: CardIntent) -> None:
    """Refuse to charge more than is owed by now: the invoice may have become less since it was reserved."""
    if intent.invoice_id is None or not intent.applied:
        return
    left = await store.left_on(session, intent.invoice_id, but=intent.intent_id)
    if intent.applied > left:
        raise AmountAboveBalance(balance_due=max(0, left))


async def _begin_to_void(
    work: Work[WriteSession], till: Till, intent_id: UUID
) -> tuple[CardAttempt, Gateway] | None:
    """Commit that a payment is to be taken back; None where it is being, or has been."""
    session = work.session
    intent = await reserving.find(work, intent_id, Level.ADD_MODIFY_DELETE)
    if intent.state in {IntentState.VOIDING, IntentState.VOIDED}:
        return None
    row, way = await standing(session, till, intent)
    if row.state == AttemptState.SETTLED:
        raise AlreadySettled
    there = await payments.kept(session, intent)
    parts = payments.parts_of(intent)
    is_whole = all(each in there and there[each]["amount"] == amount for each, (_, amount) in parts.items())
    if not is_whole or any(each["is_posted"] for each in there.values()):
        raise CardPaymentStands(state="posted" if is_whole else "changed")
    if await store.given_back(session, intent_id) or not await _is_captured(session, there.values()):
        raise CardPaymentStands(state="given_back")
    put(row, attempts.asked_to_void(attempt_of(row), clock.now()))
    intent.state = IntentState.VOIDING.value
    session.add_all([row, intent])
    await session.flush()
    await payments.tell(session, work.who, intent, row)
    await bring_cards_due_forward(session, row.due_at or clock.now())
    return row, way


async def standing(session: Session, till: Till, intent: CardIntent) -> tuple[CardAttempt, Gateway]:
    """Return what has charged an approved payment, and the way to who did; refused where nothing has."""
    row = await store.latest_attempt(session, intent.intent_id)
    if row is None or intent.state != IntentState.APPROVED or intent.gives_back:
        raise CardPaymentStands(state="refund" if intent.gives_back else intent.state)
    way, merchant = await gateway(session, till), await store.merchant(session)
    if merchant is None or not till.is_of(merchant, row.merchant_print, row.sent_at):
        raise CardPaymentStands(state="other_merchant")
    return row, way


async def _is_captured(session: Session, there: Iterable[Mapping[str, Any]]) -> bool:
    """Say whether nothing of some payments was given back by other means, such as in cash."""
    for each in there:
        if each["invoice_id"]:
            found = await store.captured(session, UUID(each["invoice_id"]))
            if found.captured - found.on_its_way < each["amount"]:
                return False
    return True


async def gateway(session: Session, till: Till) -> Gateway:
    """Return the account's way to its processor, or refuse because there is none."""
    merchant = await store.merchant(session)
    if merchant is None or not till.processors.serves(merchant.environment):
        raise CardsNotConfigured
    try:
        return till.gateway(merchant)
    except SealBroken:
        log.exception("the credentials of account %s do not open", merchant.account_id)
        raise CardsNotConfigured from None
