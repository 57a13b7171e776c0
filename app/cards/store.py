"""The only SQL of card payments; every statement names the account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col, select

from app.cards.models import CardAttempt, CardIntent, CardMerchant, CardToken
from app.cards.states import ASKED, ENDED, IN_DOUBT, AttemptState, IntentState
from app.core.db import Session, WriteSession
from app.core.vault import KEY_ID_BYTES


async def merchant(session: Session) -> CardMerchant | None:
    """Return by whom the account's cards are charged."""
    return await session.get(CardMerchant, session.account_id)


async def remove_merchant(session: WriteSession, found: CardMerchant) -> None:
    """Forget a merchant with all its secrets."""
    await session.delete(found)
    await session.flush()


async def keep_key(session: Session, key: bytes, made_at: datetime, changed_at: datetime) -> None:
    """Keep a merchant's transaction key, unless they were changed since an instant: then it is another's."""
    sql = (
        "UPDATE card_merchants SET transaction_key = $2, key_made_at = $3"
        " WHERE account_id = $1 AND changed_at = $4"
    )
    await session.raw.execute(sql, session.account_id, key, made_at, changed_at)


async def intent(session: Session, intent_id: UUID) -> CardIntent | None:
    """Return what is to be paid."""
    return await session.get(CardIntent, (session.account_id, intent_id))


async def intents(session: Session, state: IntentState | None, most: int) -> Sequence[CardIntent]:
    """Return so many card payments in one state or in any, the latest first."""
    sql = select(CardIntent).where(col(CardIntent.account_id) == session.account_id)
    if state is not None:
        sql = sql.where(col(CardIntent.state) == state.value)
    sql = sql.order_by(col(CardIntent.made_at).desc(), col(CardIntent.intent_id).desc()).limit(most)
    return (await session.exec(sql)).all()


async def left_on(session: Session, invoice_id: UUID, but: UUID | None = None) -> int:
    """Return an invoice's balance less what is on its way to it, one payment aside, in minor units."""
    found = await session.raw.fetchval(_LEFT, session.account_id, invoice_id, but)
    return int(found or 0)


@dataclass(frozen=True, slots=True)
class Captured:
    """What was paid on a sale and not given back from its credit memos, in minor units.

    `on_its_way` is being given back to cards; `by_card` was paid by one charge of a card.
    """

    captured: int
    on_its_way: int
    by_card: int


async def captured(session: Session, invoice_id: UUID, processor_reference: str | None = None) -> Captured:
    """Return what was paid on a sale with all credit memos of it, or on a deposit's credit memo."""
    [row] = await session.raw.fetch(_CAPTURED, session.account_id, invoice_id, processor_reference)
    return Captured(int(row["captured"]), int(row["on_its_way"]), int(row["by_card"]))


async def returning(session: Session, invoice_ids: Sequence[str]) -> set[UUID]:
    """Return of which sales, or deposits' credit memos, money is on its way back to a card."""
    rows = await session.raw.fetch(_RETURNING, session.account_id, [UUID(each) for each in invoice_ids])
    return {row["sold_on"] for row in rows}


async def deposit_of(session: Session, client_id: UUID, processor_reference: str, least: int) -> UUID | None:
    """Return a client's deposit that a charge has made: the smallest of so much or more, else the largest."""
    found: UUID | None = await session.raw.fetchval(
        _DEPOSIT, session.account_id, client_id, processor_reference, least
    )
    return found


async def given_back(session: Session, intent_id: UUID, invoice_id: UUID | None = None) -> int:
    """Return how much of a card payment was given back or is on its way, of one sale or of all."""
    return int(await session.raw.fetchval(_GIVEN_BACK, session.account_id, [intent_id], invoice_id) or 0)


async def refunds_of(session: Session, intent_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return how much of some card payments was given back or is on its way, those of which anything was."""
    rows = await session.raw.fetch(_REFUNDS, session.account_id, intent_ids)
    return {row["gives_back"]: int(row["minor"]) for row in rows}


async def expired(session: Session, now: datetime, most: int) -> Sequence[CardIntent]:
    """Return so many reservations nobody has charged in time, the longest ago first."""
    sql = (
        select(CardIntent)
        .where(
            col(CardIntent.account_id) == session.account_id,
            col(CardIntent.state) == IntentState.RESERVED.value,
            col(CardIntent.expires_at) <= now,
        )
        .order_by(col(CardIntent.expires_at))
        .limit(most)
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


async def latest_attempts(session: Session, intent_ids: Sequence[UUID]) -> dict[UUID, CardAttempt]:
    """Return the same of some intents, those that have one."""
    ended = col(CardAttempt.state).in_([each.value for each in ENDED])
    sql = (
        select(CardAttempt)
        .where(col(CardAttempt.account_id) == session.account_id, col(CardAttempt.intent_id).in_(intent_ids))
        .order_by(ended.desc(), col(CardAttempt.sent_at))
    )
    return {each.intent_id: each for each in await session.exec(sql)}


async def count_attempts(session: Session, intent_id: UUID) -> int:
    """Return how many attempts an intent has had."""
    sql = select(func.count()).where(
        col(CardAttempt.account_id) == session.account_id, col(CardAttempt.intent_id) == intent_id
    )
    return int((await session.exec(sql)).one())


async def attempt(session: Session, external_ref: str) -> CardAttempt | None:
    """Return an attempt by our reference."""
    return await session.get(CardAttempt, (session.account_id, external_ref))


async def attempts_of(session: Session, external_refs: Sequence[str]) -> Sequence[CardAttempt]:
    """Return those attempts there are of some references."""
    sql = select(CardAttempt).where(
        col(CardAttempt.account_id) == session.account_id, col(CardAttempt.external_ref).in_(external_refs)
    )
    return (await session.exec(sql)).all()


async def count_asked(session: Session) -> int:
    """Return of how many attempts the processor is still to be asked what became of them."""
    sql = select(func.count()).where(
        col(CardAttempt.account_id) == session.account_id,
        col(CardAttempt.due_at).is_not(None),
        col(CardAttempt.state).in_([each.value for each in ASKED]),
    )
    return int((await session.exec(sql)).one())


async def is_alike_in_doubt(session: Session, external_ref: str, minor: int) -> bool:
    """Say whether it is not known yet what became of another charge of the same amount."""
    sql = select(func.count()).where(
        col(CardAttempt.account_id) == session.account_id,
        col(CardAttempt.external_ref) != external_ref,
        col(CardAttempt.minor) == minor,
        col(CardAttempt.gives_back).is_(None),
        col(CardAttempt.due_at).is_not(None),
        col(CardAttempt.state).in_([each.value for each in IN_DOUBT]),
    )
    return (await session.exec(sql)).one() > 0


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


async def tokens(session: Session, sealed_by: bytes, most: int) -> Sequence[CardToken]:
    """Return what charges so many saved cards of the account that some key has not sealed."""
    key = func.substring(col(CardToken.token), 1, len(sealed_by))
    sql = select(CardToken).where(col(CardToken.account_id) == session.account_id, key != sealed_by)
    return (await session.exec(sql.limit(most))).all()


async def token_of_each_key(session: Session) -> Sequence[CardToken]:
    """Return what charges one saved card of the account for each key that has sealed any."""
    key = func.substring(col(CardToken.token), 1, KEY_ID_BYTES)
    sql = select(CardToken).where(col(CardToken.account_id) == session.account_id)
    return (await session.exec(sql.ext(distinct_on(key)).order_by(key))).all()


async def client_of(session: Session, card_id: UUID) -> UUID | None:
    """Return whose a saved card is: all clients are read for it, which is rarely asked."""
    found: UUID | None = await session.raw.fetchval(_OWNER, session.account_id, str(card_id))
    return found


async def remove_token(session: WriteSession, found: CardToken) -> None:
    """Forget what charges a saved card."""
    await session.delete(found)
    await session.flush()


async def remove_tokens(session: WriteSession, card_ids: Sequence[UUID]) -> None:
    """Forget what charges some cards."""
    sql = "DELETE FROM card_tokens WHERE account_id = $1 AND card_id = ANY($2::uuid[])"
    await session.raw.execute(sql, session.account_id, card_ids)


async def holding(session: Session, deposit_id: UUID) -> Sequence[UUID]:
    """Return the card payments a deposit may be the rest of: what has charged it tells."""
    rows = await session.raw.fetch(_HOLDING, session.account_id, deposit_id)
    return [row["intent_id"] for row in rows]


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


async def sales_taken_back(session: Session, external_refs: Sequence[str]) -> set[str]:
    """Return which of some sales were given back whole: they and their refunds may never be settled."""
    rows = await session.raw.fetch(_TAKEN_BACK, session.account_id, external_refs)
    return {row["external_ref"] for row in rows}


_LEFT = """
SELECT balance_due - coalesce((
    SELECT sum(amount) FROM payments
    WHERE account_id = $1 AND invoice_id = $2 AND state = 'processing' AND id IS DISTINCT FROM $3::uuid
), 0)
FROM invoices WHERE account_id = $1 AND id = $2
"""
_CAPTURED = """
SELECT
    coalesce(sum(amount) FILTER (WHERE state IN ('approved', 'refunded')), 0) AS captured,
    coalesce(-sum(amount) FILTER (WHERE state = 'processing' AND amount < 0), 0) AS on_its_way,
    coalesce(sum(amount) FILTER (
        WHERE state = 'approved' AND amount > 0 AND processor_reference = $3
    ), 0) AS by_card
FROM payments
WHERE account_id = $1 AND invoice_id IN (
    SELECT id FROM invoices WHERE account_id = $1 AND (id = $2 OR original_invoice_id = $2)
)
"""
_RETURNING = """
SELECT coalesce(original_invoice_id, id) AS sold_on FROM invoices memo
WHERE account_id = $1 AND (id = ANY($2::uuid[]) OR original_invoice_id = ANY($2::uuid[]))
  AND EXISTS (
    SELECT FROM payments
    WHERE account_id = $1 AND invoice_id = memo.id AND state = 'processing' AND amount < 0)
"""
_OWNER = """
SELECT id FROM clients
WHERE account_id = $1 AND saved_cards @> jsonb_build_array(jsonb_build_object('id', $2::text)) LIMIT 1
"""
_HOLDING = """
SELECT DISTINCT attempt.intent_id FROM payments deposit
JOIN card_attempts attempt ON attempt.account_id = $1
    AND deposit.processor_reference IN (attempt.external_ref, attempt.transaction_id)
WHERE deposit.account_id = $1 AND deposit.id = $2
"""
_DEPOSIT = """
SELECT id FROM payments
WHERE account_id = $1 AND client_id = $2 AND processor_reference = $3
  AND state = 'approved' AND payment_type = 'payment' AND invoice_id IS NULL
ORDER BY amount < $4, CASE WHEN amount < $4 THEN -amount ELSE amount END, id LIMIT 1
"""
_STANDS = "state NOT IN ('declined', 'failed', 'cancelled', 'voided')"
_GIVEN_BACK = f"""
SELECT sum(minor) FROM card_intents
WHERE account_id = $1 AND gives_back = ANY($2::uuid[]) AND {_STANDS}
  AND ($3::uuid IS NULL OR invoice_id IN (
    SELECT id FROM invoices WHERE account_id = $1 AND (id = $3 OR original_invoice_id = $3)))
"""
_REFUNDS = f"""
SELECT gives_back, sum(minor) AS minor FROM card_intents
WHERE account_id = $1 AND gives_back = ANY($2::uuid[]) AND {_STANDS}
GROUP BY gives_back
"""
_TAKEN_BACK = """
SELECT sold.external_ref FROM card_attempts sold
JOIN card_intents intent ON intent.account_id = sold.account_id AND intent.gives_back = sold.intent_id
WHERE sold.account_id = $1 AND sold.external_ref = ANY($2::text[]) AND intent.state = 'approved'
GROUP BY sold.external_ref, sold.minor HAVING sum(intent.minor) = sold.minor
"""
