"""The only SQL of card payments; every statement names the account."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_
from sqlmodel import col, select

from app.cards.models import CardAttempt, CardIntent, CardMerchant, CardToken
from app.cards.states import ENDED, HOLDING, AttemptState, IntentState
from app.core.db import Session, WriteSession


async def merchant(session: Session) -> CardMerchant | None:
    """Return by whom the account's cards are charged."""
    return await session.get(CardMerchant, session.account_id)


async def remove_merchant(session: WriteSession, found: CardMerchant) -> None:
    """Forget a merchant with all its secrets."""
    await session.delete(found)
    await session.flush()


async def keep_key(session: Session, key: bytes, made_at: datetime) -> None:
    """Keep the merchant's transaction key."""
    sql = "UPDATE card_merchants SET transaction_key = $2, key_made_at = $3 WHERE account_id = $1"
    await session.raw.execute(sql, session.account_id, key, made_at)


async def intent(session: Session, intent_id: UUID) -> CardIntent | None:
    """Return what is to be paid."""
    return await session.get(CardIntent, (session.account_id, intent_id))


async def intents(session: Session, state: IntentState | None, most: int) -> Sequence[CardIntent]:
    """Return so many card payments in one state or in any, the latest first."""
    sql = select(CardIntent).where(col(CardIntent.account_id) == session.account_id)
    if state is not None:
        sql = sql.where(col(CardIntent.state) == state.value)
    sql = sql.order_by(col(CardIntent.made_at).desc(), col(CardIntent.intent_id)).limit(most)
    return (await session.exec(sql)).all()


async def held(session: Session, invoice_id: UUID) -> int:
    """Return how much of an invoice's balance waits to be charged, in minor units."""
    sql = select(func.coalesce(func.sum(col(CardIntent.applied)), 0)).where(
        col(CardIntent.account_id) == session.account_id,
        col(CardIntent.invoice_id) == invoice_id,
        col(CardIntent.state).in_([each.value for each in HOLDING]),
    )
    return int((await session.exec(sql)).one())


async def expired(session: Session, now: datetime) -> Sequence[CardIntent]:
    """Return the reservations nobody has charged in time."""
    sql = select(CardIntent).where(
        col(CardIntent.account_id) == session.account_id,
        col(CardIntent.state) == IntentState.RESERVED.value,
        col(CardIntent.expires_at) <= now,
    )
    return (await session.exec(sql)).all()


async def latest_attempt(session: Session, intent_id: UUID) -> CardAttempt | None:
    """Return the live attempt of an intent, else the last one there was."""
    ended = col(CardAttempt.state).in_([each.value for each in ENDED])
    sql = (
        select(CardAttempt)
        .where(col(CardAttempt.account_id) == session.account_id, col(CardAttempt.intent_id) == intent_id)
        .order_by(ended, col(CardAttempt.sent_at).desc())
        .limit(1)
    )
    return (await session.exec(sql)).first()


async def attempt(session: Session, external_ref: str) -> CardAttempt | None:
    """Return an attempt by our reference."""
    return await session.get(CardAttempt, (session.account_id, external_ref))


async def attempts_of(session: Session, external_refs: Sequence[str]) -> Sequence[CardAttempt]:
    """Return those attempts there are of some references."""
    sql = select(CardAttempt).where(
        col(CardAttempt.account_id) == session.account_id, col(CardAttempt.external_ref).in_(external_refs)
    )
    return (await session.exec(sql)).all()


async def claimable(session: WriteSession, now: datetime, most: int) -> Sequence[CardAttempt]:
    """Lock so many attempts that are due, the longest ago first, but for those somebody else has locked."""
    sql = (
        select(CardAttempt)
        .where(col(CardAttempt.account_id) == session.account_id, col(CardAttempt.due_at) <= now)
        .order_by(col(CardAttempt.due_at))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return (await session.exec(sql)).all()


async def next_due(session: Session) -> datetime | None:
    """Return when something is next to be done about a card payment of the account."""
    row = await session.raw.fetchval(
        "SELECT least("
        " (SELECT min(due_at) FROM card_attempts WHERE account_id = $1 AND due_at IS NOT NULL),"
        " (SELECT min(expires_at) FROM card_intents WHERE account_id = $1 AND state = 'reserved'))",
        session.account_id,
    )
    found: datetime | None = row
    return found


async def token(session: Session, card_id: UUID) -> CardToken | None:
    """Return what charges a saved card."""
    return await session.get(CardToken, (session.account_id, card_id))


async def tokens(session: Session) -> Sequence[CardToken]:
    """Return what charges all saved cards of the account."""
    sql = select(CardToken).where(col(CardToken.account_id) == session.account_id)
    return (await session.exec(sql)).all()


async def remove_token(session: WriteSession, found: CardToken) -> None:
    """Forget what charges a saved card."""
    await session.delete(found)
    await session.flush()


async def booked_on(session: Session, start: datetime, end: datetime) -> Sequence[CardAttempt]:
    """Return the attempts that have stood since some time between two instants, or that were settled then."""
    sql = select(CardAttempt).where(
        col(CardAttempt.account_id) == session.account_id,
        col(CardAttempt.sent_at) >= start,
        col(CardAttempt.sent_at) < end,
        or_(
            col(CardAttempt.state) == AttemptState.APPROVED.value,
            col(CardAttempt.state) == AttemptState.SETTLED.value,
        ),
    )
    return (await session.exec(sql)).all()
