"""Ending what only the processor's own books tell: somebody has looked, and says what stands."""

from datetime import datetime
from functools import partial
from uuid import UUID

from app.accounts.features import require
from app.accounts.standing import Work
from app.audit.trail import Action, Entry, keep
from app.cards import attempts, reserving, store
from app.cards.errors import CardPaymentStands
from app.cards.merchants import MERCHANTS
from app.cards.settling import settle
from app.cards.states import AttemptState, Reversal
from app.cards.till import Till
from app.core.db import WriteSession
from app.core.principal import Level


async def resolve(work: Work[WriteSession], till: Till, intent_id: UUID, *, is_charged: bool) -> None:
    """Take somebody's word for how an unresolved payment stands; the trail has whose word it was."""
    session, who = work.session, work.who
    require(who, MERCHANTS, Level.ADD_MODIFY)
    intent = await reserving.find(work, intent_id, Level.ADD_MODIFY)
    row = await store.latest_attempt(session, intent_id)
    if row is None or row.state != AttemptState.MANUAL:
        raise CardPaymentStands(state=intent.state)
    if is_charged and row.reversal == Reversal.PARTIAL:
        # What stands is another amount: it is given back at the processor, and then it is not charged.
        raise CardPaymentStands(state="partial")
    before = {"state": intent.state}
    await settle(session, till, row.external_ref, partial(_told, is_charged))
    after = {"state": intent.state, "reference": row.external_ref}
    await keep(session, who, Entry(MERCHANTS, "card_payments", intent_id, Action.CHANGED, before, after))


def _told(is_charged: bool, attempt: attempts.Attempt, now: datetime) -> attempts.Attempt:
    return attempts.told(attempt, now, is_charged=is_charged)
