"""Charging a card, and taking it back: an attempt is committed, the processor asked, its answer written."""

import base64
import logging
import secrets
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from time import monotonic
from uuid import UUID

from app.accounts.standing import Work
from app.accounts.store import bring_cards_due_forward
from app.cards import attempts, gate, payments, reserving, saving, store
from app.cards.errors import (
    AlreadySettled,
    CardPaymentStands,
    CardsNotConfigured,
    TokenRequired,
)
from app.cards.gateway import Amount, Booked, Charge, Gateway, Look, NotSent, Outcome, Token
from app.cards.models import CardAttempt, CardIntent
from app.cards.settling import attempt_of, booked_of, put, settle
from app.cards.states import AttemptState, IntentState
from app.cards.till import Till
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.principal import Level
from app.core.vault import SealBroken

Opens = Callable[[], AbstractAsyncContextManager[Work[WriteSession]]]
"""Opens a transaction for whoever asks, in the account's turn."""
_REFERENCE_BYTES = 12
_SENDS_WITHIN = 20.0
"""Seconds after its commit within which an attempt is sent, or not at all: a process may have stood still."""
log = logging.getLogger("studio.cards")


@dataclass(frozen=True, slots=True)
class _Ready:
    """An attempt that is committed, and all that is needed to send it."""

    gateway: Gateway
    charge: Charge
    since: float


def new_reference() -> str:
    """Return a reference of ours that no other attempt has: 20 characters of 96 random bits."""
    return base64.b32encode(secrets.token_bytes(_REFERENCE_BYTES)).decode().rstrip("=")


async def charge(
    till: Till, opens: Opens, intent_id: UUID, token: Token | None, expiry: str | None = None
) -> None:
    """Charge what was reserved, once; what is under way or has ended is left as it is.

    No transaction is open while the processor is asked.
    """
    async with opens() as work:
        intent = await reserving.find(work.session, work.who, intent_id, Level.ADD_ONLY)
        if intent.state != IntentState.RESERVED:
            return
        ready = await _begin(work, till, intent, token, expiry)
    account_id, sold = work.who.account_id, ready.charge
    outcome = await _send(ready)
    # What is known now is not to be found out again because others are busy.
    async with till.database.writing(account_id, is_urgent=True) as session:
        after = await settle(session, till, sold.external_ref, partial(_sold, outcome))
    if after.is_reversed and after.receipt:
        sale = Booked(sold.external_ref, sold.amount, after.receipt.transaction_id)
        await take_back(till, ready.gateway, account_id, sale)


async def void(till: Till, opens: Opens, intent_id: UUID) -> None:
    """Take an approved payment back before it is settled; done again, nothing more happens."""
    async with opens() as work:
        row = await _begin_to_void(work, intent_id)
        if row is None:
            return
        way = await gateway(work.session, till)
    after = await take_back(till, way, row.account_id, booked_of(row))
    if after.state is AttemptState.SETTLED:
        raise AlreadySettled


async def take_back(
    till: Till, way: Gateway, account_id: UUID, sale: Booked, claim: UUID | None = None
) -> attempts.Attempt:
    """Void what an attempt has booked, or may have, and write what has become of it."""
    outcome = await way.void(sale)
    look = await way.lookup(sale.external_ref) if attempts.needs_look(outcome) else None
    async with till.database.writing(account_id, is_urgent=True) as session:
        return await settle(session, till, sale.external_ref, partial(_voided, outcome, look), claim)


async def _begin(
    work: Work[WriteSession], till: Till, intent: CardIntent, token: Token | None, expiry: str | None
) -> _Ready:
    """Commit the attempt, with what is asked by it, before the first byte is sent."""
    session, now = work.session, clock.now()
    await gate.admitted(session, work.who, till)
    way = await gateway(work.session, till)
    if intent.saved_card_id:
        found = await _opened(work, till, intent.saved_card_id)
        if token is not None or found is None:
            raise TokenRequired
        token = found
    if token is None:
        raise TokenRequired
    if expiry:
        intent.expiry = f"{expiry[:3]}{expiry[-2:]}"
    known = f"{intent.expiry[:3]}20{intent.expiry[-2:]}" if intent.expiry else None
    asked = Charge(new_reference(), Amount(intent.minor, intent.currency), token, known)
    row = CardAttempt(
        account_id=session.account_id,
        external_ref=asked.external_ref,
        intent_id=intent.intent_id,
        minor=intent.minor,
        currency=intent.currency,
        request_hash=sha256(
            f"{asked.external_ref} {intent.minor} {intent.currency} {token.secret}".encode()
        ).digest(),
        sent_at=now,
        due_at=now + attempts.LOOKS[0],
    )
    session.add(row)
    intent.state, intent.is_simulated, intent.code = IntentState.CHARGING.value, way.is_simulated, None
    session.add(intent)
    await session.flush()
    await bring_cards_due_forward(session, now + attempts.LOOKS[0])
    return _Ready(way, asked, monotonic())


async def _begin_to_void(work: Work[WriteSession], intent_id: UUID) -> CardAttempt | None:
    """Commit that a payment is to be taken back; None where it is being, or has been."""
    session = work.session
    intent = await reserving.find(session, work.who, intent_id, Level.ADD_MODIFY_DELETE)
    row = await store.latest_attempt(session, intent_id)
    if intent.state in {IntentState.VOIDING, IntentState.VOIDED}:
        return None
    if row is None or intent.state != IntentState.APPROVED:
        raise CardPaymentStands(state=intent.state)
    if row.state == AttemptState.SETTLED:
        raise AlreadySettled
    there = await payments.kept(session, intent)
    parts = payments.parts_of(intent)
    is_whole = all(each in there and there[each]["amount"] == amount for each, (_, amount) in parts.items())
    if not is_whole or any(each["is_posted"] for each in there.values()):
        raise CardPaymentStands(state="posted" if is_whole else "changed")
    put(row, attempts.asked_to_void(attempt_of(row), clock.now()))
    intent.state = IntentState.VOIDING.value
    session.add_all([row, intent])
    await session.flush()
    await bring_cards_due_forward(session, row.due_at or clock.now())
    return row


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


async def _opened(work: Work[WriteSession], till: Till, card_id: UUID) -> Token | None:
    try:
        return await saving.opened(work.session, till, card_id)
    except SealBroken:
        log.exception("a saved card of account %s does not open", work.who.account_id)
        return None


async def _send(ready: _Ready) -> Outcome:
    if monotonic() - ready.since > _SENDS_WITHIN:
        return NotSent("the process stood still")
    return await ready.gateway.sale(ready.charge)


def _sold(outcome: Outcome, attempt: attempts.Attempt, now: datetime) -> attempts.Attempt:
    return attempts.sold(attempt, outcome, now)


def _voided(
    outcome: Outcome, look: Look | None, attempt: attempts.Attempt, now: datetime
) -> attempts.Attempt:
    return attempts.voided(attempt, outcome, look, now)
