"""What has become of an attempt, written down at once with its intent, its payment and its card."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.accounts import store as accounts
from app.accounts.standing import who_asks
from app.cards import payments, saving, store
from app.cards.attempts import Attempt, intent_state
from app.cards.errors import CardPaymentNotFound
from app.cards.gateway import Amount, Booked, Receipt
from app.cards.models import CardAttempt, CardIntent
from app.cards.states import AttemptState, IntentState, Reversal
from app.cards.till import Till
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.principal import Principal

_OPEN = {IntentState.RESERVED, IntentState.CHARGING, IntentState.VOIDING, IntentState.UNRESOLVED}
Hears = Callable[[Attempt, datetime], Attempt]
"""Says how an attempt stands when something was heard of it."""


async def settle(
    session: WriteSession, till: Till, external_ref: str, hears: Hears, claim: UUID | None = None
) -> Attempt:
    """Have an attempt hear something, and write what follows; with a claim, only while that holds.

    The account's turn is held: nobody else writes to it meanwhile.
    """
    row = await store.attempt(session, external_ref)
    intent = await store.intent(session, row.intent_id) if row else None
    if row is None or intent is None:
        raise CardPaymentNotFound
    before = attempt_of(row)
    if claim is not None and row.claim != claim:
        return before
    after = hears(before, clock.now())
    who = await _on_behalf_of(session, intent)
    if _is_new(before, after) and intent.saves_card and intent.client_id:
        await _save(session, who, till, intent, attempt=after, merchant_print=row.merchant_print)
    await _write(session, row, intent, after)
    if after != before:
        await payments.tell(session, who, intent, row)
    if after.due_at is not None:
        await accounts.bring_cards_due_forward(session, after.due_at)
    return after


def attempt_of(row: CardAttempt) -> Attempt:
    """Return how an attempt stands, from its row."""
    return Attempt(
        state=AttemptState(row.state),
        minor=row.minor,
        sent_at=row.sent_at,
        is_refund=row.gives_back is not None,
        looks=row.looks,
        absences=row.absences,
        reversal=Reversal(row.reversal) if row.reversal else None,
        reversal_at=row.reversal_at,
        due_at=row.due_at,
        code=row.code,
        is_hard=row.is_hard,
        receipt=Receipt(row.transaction_id, row.authorization_code) if row.transaction_id else None,
    )


def booked_of(row: CardAttempt) -> Booked:
    """Return the sale or the refund an attempt has made, or may have."""
    return Booked(row.external_ref, Amount(row.minor, row.currency), row.transaction_id)


def put(row: CardAttempt, attempt: Attempt) -> None:
    """Set a row to how its attempt stands."""
    row.state, row.looks, row.absences = attempt.state.value, attempt.looks, attempt.absences
    row.reversal = attempt.reversal.value if attempt.reversal else None
    row.reversal_at, row.due_at = attempt.reversal_at, attempt.due_at
    row.code, row.is_hard, row.is_booked = attempt.code, attempt.is_hard, attempt.is_booked
    if attempt.receipt is not None:
        row.transaction_id = attempt.receipt.transaction_id or row.transaction_id
        row.authorization_code = attempt.receipt.authorization_code or row.authorization_code


async def _write(session: WriteSession, row: CardAttempt, intent: CardIntent, attempt: Attempt) -> None:
    """Write both, in the order in which the database lets an intent be paid, or no longer be."""
    if not attempt.is_booked and intent.paid_by is not None:
        intent.paid_by, intent.state = None, intent_state(attempt).value
        session.add(intent)
        await session.flush()
    put(row, attempt)
    session.add(row)
    await session.flush()
    intent.state, intent.code = intent_state(attempt).value, attempt.code
    intent.paid_by = row.external_ref if attempt.is_booked else None
    if card := attempt.receipt.card if attempt.receipt else None:
        intent.brand, intent.last_four = card.brand.value, card.last_four
        if card.expiry_month and card.expiry_year:
            intent.expiry = f"{card.expiry_month:02}/{card.expiry_year % 100:02}"
    session.add(intent)
    await session.flush()


def _is_new(before: Attempt, after: Attempt) -> bool:
    return after.state is AttemptState.APPROVED and before.state is not AttemptState.APPROVED


async def _save(
    session: WriteSession,
    who: Principal,
    till: Till,
    intent: CardIntent,
    *,
    attempt: Attempt,
    merchant_print: bytes | None,
) -> None:
    """Keep the card the client wants kept; what was learned by a lookup has no token, and keeps none."""
    receipt = attempt.receipt
    if receipt and receipt.card and receipt.token and intent.client_id:
        card = receipt.card
        if intent.expiry and card.expiry_month is None:
            month, year = map(int, intent.expiry.split("/"))
            card = replace(card, expiry_month=month, expiry_year=2000 + year)
        intent.saved_card_id = await saving.add(
            session,
            who,
            till,
            intent.client_id,
            card=card,
            token=receipt.token,
            merchant_print=merchant_print,
        )


async def _on_behalf_of(session: Session, intent: CardIntent) -> Principal:
    """Return whoever wanted to be paid, so that the history has their initials; else the house itself."""
    row = await accounts.read_standing_of_user(session, intent.user_id) if intent.user_id else None
    if row is not None:
        return who_asks(row, session.account_id)
    account = await accounts.read_account(session)
    zone = account.time_zone if account else "UTC"
    return Principal.system(session.account_id, account.account_name if account else "", zone)


def is_ended(intent: CardIntent) -> bool:
    """Say whether nothing more becomes of a card payment by itself."""
    return intent.state not in _OPEN
