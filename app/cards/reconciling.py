"""Looking after card payments nobody has heard the end of, until it is known or told to a person."""

import logging
from asyncio import Semaphore, gather
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from uuid import UUID

from app.accounts import store as accounts
from app.cards import attempts, reserving, saving, store
from app.cards.charging import take_back
from app.cards.gateway import Booked, Gateway, Look, Settled, Unavailable
from app.cards.models import CardAttempt
from app.cards.settling import attempt_of, booked_of, put, settle
from app.cards.states import AttemptState
from app.cards.till import CREDENTIALS, TRANSACTION_KEY, Till
from app.core import clock
from app.core.beat import UnfinishedError
from app.core.db import WriteSession
from app.core.ids import new_id
from app.core.principal import Principal
from app.core.vault import SealBroken

CLAIMED_FOR = timedelta(minutes=2)
"""For so long nobody else looks after what somebody has claimed; longer than all they ask may take."""
_AT_ONCE = 10
_TOGETHER = 5
"""How many attempts of an account are claimed, and asked about together: others of it have their turn."""
_PATIENCE = timedelta(days=3)
"""So long after it was charged a payment is settled, or it is missed."""
log = logging.getLogger("studio.cards")


async def look_after(till: Till, account_id: UUID) -> int:
    """Look after what is due in one account, several at once, and return how many attempts that were.

    One that fails holds up none of the others, and is raised in the end.
    """
    claim = new_id()
    async with till.database.writing(account_id) as session:
        rows = await _claimed(session, claim)
        gateway = await _gateway(session, till)
    turn = Semaphore(_TOGETHER)

    async def resolve(row: CardAttempt) -> None:
        async with turn:
            await _resolve(till, gateway, row, claim)

    found = await gather(*map(resolve, rows), return_exceptions=True)
    async with till.database.writing(account_id) as session:
        await accounts.set_cards_due(session, await store.next_due(session))
    for each in found:
        if isinstance(each, BaseException):
            raise each
    async with till.database.writing(account_id) as session:
        await _let_go(session)
        await accounts.set_cards_due(session, await store.next_due(session))
    return len(rows)


async def compare(till: Till, account_id: UUID, day: date) -> list[str]:
    """Compare what the processor has settled on a day with what stands here, and return what differs.

    What agrees is settled from then on. Raises `UnfinishedError` where the processor cannot be asked.
    """
    async with till.database.reading(account_id) as session:
        merchant = await store.merchant(session)
    if merchant is None or not merchant.is_active or not till.processors.serves(merchant.environment):
        return []
    told = await till.gateway(merchant).settled(day)
    if isinstance(told, Unavailable):
        raise UnfinishedError(told.reason)
    return await _compared(till, account_id, told, day)


async def seal_anew(till: Till, account_id: UUID) -> int:
    """Seal by the newest key what an older one has sealed, and return how much that was."""
    vault, done = till.vault, 0
    async with till.database.writing(account_id) as session:
        merchant = await store.merchant(session)
        if merchant and not vault.is_newest(merchant.credentials):
            opened = vault.open(account_id, CREDENTIALS, merchant.credentials)
            merchant.credentials = vault.seal(account_id, CREDENTIALS, opened)
            session.add(merchant)
            done += 1
        key = merchant.transaction_key if merchant else None
        if merchant and key and not vault.is_newest(key):
            opened = vault.open(account_id, TRANSACTION_KEY, key)
            merchant.transaction_key = vault.seal(account_id, TRANSACTION_KEY, opened)
            session.add(merchant)
            done += 1
        for token in await store.tokens(session):
            if not vault.is_newest(token.token):
                what = saving.purpose(token.card_id)
                token.token = vault.seal(account_id, what, vault.open(account_id, what, token.token))
                session.add(token)
                done += 1
        await session.flush()
    return done


async def _let_go(session: WriteSession) -> None:
    """End the reservations nobody has charged in time."""
    for intent in await store.expired(session, clock.now()):
        account = await accounts.read_account(session)
        zone = account.time_zone if account else "UTC"
        await reserving.end(session, Principal.system(session.account_id, "", zone), intent, "expired")


async def _claimed(session: WriteSession, claim: UUID) -> Sequence[CardAttempt]:
    now = clock.now()
    rows = await store.claimable(session, now, _AT_ONCE)
    for row in rows:
        put(row, attempts.begun(attempt_of(row), now + CLAIMED_FOR))
        row.claim = claim
        session.add(row)
    await session.flush()
    return rows


async def _gateway(session: WriteSession, till: Till) -> Gateway | None:
    """Return the way to the processor; none where there is none any more, which is told."""
    merchant = await store.merchant(session)
    if merchant is None or not till.processors.serves(merchant.environment):
        return None
    try:
        return till.gateway(merchant)
    except SealBroken:
        log.exception("the credentials of account %s do not open", session.account_id)
        return None


async def _resolve(till: Till, gateway: Gateway | None, row: CardAttempt, claim: UUID) -> None:
    """Ask about one attempt; what is not found often enough is voided by our reference, to be sure."""
    before, sale = attempt_of(row), booked_of(row)
    if gateway is not None and before.is_reversed:
        after = await take_back(till, gateway, row.account_id, sale, claim)
    else:
        look = await gateway.lookup(row.external_ref) if gateway else Unavailable("no processor")
        async with till.database.writing(row.account_id) as session:
            after = await settle(session, till, row.external_ref, partial(_looked_up, look), claim)
        if gateway is not None and (after.is_waiting_for_absence or after.is_reversed):
            named = after.receipt.transaction_id if after.receipt else None
            sale = Booked(sale.external_ref, sale.amount, named)
            after = await take_back(till, gateway, row.account_id, sale, claim)
    if after.state is AttemptState.MANUAL and before.state is not AttemptState.MANUAL:
        log.error(
            "what became of a card payment of account %s is not known: payment %s, reference %s",
            row.account_id,
            row.intent_id,
            row.external_ref,
        )


def _looked_up(look: Look, attempt: attempts.Attempt, now: datetime) -> attempts.Attempt:
    if attempt.is_reversed:
        return attempts.still_reversing(attempt, now)
    return attempts.looked_up(attempt, look, now)


async def _compared(till: Till, account_id: UUID, told: Sequence[Settled], day: date) -> list[str]:
    differences: list[str] = []
    async with till.database.writing(account_id) as session:
        known = {
            each.external_ref: each
            for each in await store.attempts_of(session, [t.external_ref for t in told])
        }
        for each in told:
            row = known.get(each.external_ref)
            if each.minor < 0:
                continue
            if row is None:
                differences.append(f"{each.external_ref}: settled, and not known here")
            elif row.minor != each.minor or not row.is_booked:
                differences.append(
                    f"{each.external_ref}: settled as {each.minor}, here {row.state} {row.minor}"
                )
            else:
                put(row, attempts.settled(attempt_of(row)))
                session.add(row)
        await session.flush()
        late = datetime.combine(day, time(), UTC) - _PATIENCE
        standing = await store.booked_on(session, late, late + timedelta(days=1))
        differences += [
            f"{row.external_ref}: approved, and not settled"
            for row in standing
            if row.state == AttemptState.APPROVED
        ]
    for difference in differences:
        log.error("settlement of account %s on %s: %s", account_id, day, difference)
    return differences
