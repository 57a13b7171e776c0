"""Looking after card payments nobody has heard the end of, until it is known or told to a person."""

import logging
from asyncio import gather
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from uuid import UUID

from app.accounts import store as accounts
from app.cards import attempts, reserving, saving, store
from app.cards.gateway import Booked, Gateway, Look, Settled, Unavailable
from app.cards.models import CardAttempt, CardMerchant
from app.cards.sending import look_up, take_back
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
_AT_ONCE = 5
"""How many attempts of an account are claimed, and asked about together: others of it have their turn."""
_A_FEW = 100
"""How many reservations are let go, or tokens sealed anew, in one transaction."""
_PATIENCE = timedelta(days=3)
"""So long after it was charged a payment is settled, or it is missed."""
log = logging.getLogger("studio.cards")


async def look_after(till: Till, account_id: UUID) -> int:
    """Look after what is due in one account, several at once, and return how many attempts that were.

    What nobody has charged is let go first. One attempt that fails holds up none of the others, and is raised
    in the end.
    """
    claim = new_id()
    async with till.database.writing(account_id) as session:
        await _let_go(session)
    async with till.database.writing(account_id) as session:
        rows = await _claimed(session, claim)
        merchant, gateway = await _gateway(session, till)
    asked = []
    for row in rows:
        # Another merchant than it was sent to would say that there is no such payment.
        is_known = merchant is not None and till.is_of(merchant, row.merchant_print, row.sent_at)
        asked.append(_resolve(till, gateway if is_known else None, row, claim))
    found = await gather(*asked, return_exceptions=True)
    async with till.database.writing(account_id) as session:
        await accounts.set_cards_due(session, await store.next_due(session))
    for each in found:
        if isinstance(each, BaseException):
            raise each
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
    return await _compared(till, merchant, told, day)


async def seal_anew(till: Till, account_id: UUID) -> int:
    """Seal by the newest key what an older one has sealed, a few at a time, and return how much that was."""
    async with till.database.reading(account_id) as session:
        merchant = await store.merchant(session)
        kept = [merchant.credentials, merchant.transaction_key] if merchant else []
        is_old = any(each and not till.vault.is_newest(each) for each in kept)
        if not is_old and not await store.tokens(session, till.vault.newest, 1):
            return 0
    done = 0
    while more := await _sealed_anew(till, account_id):
        done += more
    return done


async def _sealed_anew(till: Till, account_id: UUID) -> int:
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
        for token in await store.tokens(session, vault.newest, _A_FEW):
            what = saving.purpose(token.card_id)
            token.token = vault.seal(account_id, what, vault.open(account_id, what, token.token))
            session.add(token)
            done += 1
        await session.flush()
    return done


async def _let_go(session: WriteSession) -> None:
    """End the reservations nobody has charged in time, or a few of many."""
    for intent in await store.expired(session, clock.now(), _A_FEW):
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


async def _gateway(session: WriteSession, till: Till) -> tuple[CardMerchant | None, Gateway | None]:
    """Return the merchant and the way to the processor; none where there is none any more, which is told."""
    merchant = await store.merchant(session)
    if merchant is None or not till.processors.serves(merchant.environment):
        return None, None
    try:
        return merchant, till.gateway(merchant)
    except SealBroken:
        log.exception("the credentials of account %s do not open", session.account_id)
        return None, None


async def _resolve(till: Till, gateway: Gateway | None, row: CardAttempt, claim: UUID) -> None:
    """Ask about one attempt; what is not found often enough is voided by our reference, to be sure.

    Without a way to who was asked, nothing is heard of it.
    """
    before, sale = attempt_of(row), booked_of(row)
    if gateway is not None and before.is_reversed:
        after = await take_back(till, gateway, row.account_id, sale, claim)
    else:
        look = await look_up(gateway, row.external_ref) if gateway else Unavailable("no processor")
        hears = partial(_looked_up, look) if gateway else _unheard
        async with till.database.writing(row.account_id) as session:
            after = await settle(session, till, row.external_ref, hears, claim)
        is_doubtful = after.is_waiting_for_absence or after.is_reversed or after.is_to_be_made_sure
        if gateway is not None and is_doubtful:
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
    # It was taken back by somebody else meanwhile, who goes on with that.
    return attempt if attempt.is_reversed else attempts.looked_up(attempt, look, now)


def _unheard(attempt: attempts.Attempt, now: datetime) -> attempts.Attempt:
    if attempt.is_reversed or attempt.is_to_be_made_sure:
        return attempts.unheard(attempt, now)
    return attempts.looked_up(attempt, Unavailable("no processor"), now)


async def _compared(till: Till, merchant: CardMerchant, told: Sequence[Settled], day: date) -> list[str]:
    """Compare line by line; what was charged at another merchant than the present one is not in its books."""
    differences: list[str] = []
    account_id = merchant.account_id
    async with till.database.writing(account_id) as session:
        known = {
            each.external_ref: each
            for each in await store.attempts_of(session, [t.external_ref for t in told])
        }
        for each in told:
            row = known.get(each.external_ref)
            if row is None:
                done = "settled" if each.minor > 0 else "given back"
                differences.append(f"{each.external_ref}: {done}, and not known here")
            elif each.minor != _signed(row) or not row.is_booked:
                differences.append(
                    f"{each.external_ref}: settled as {each.minor}, here {row.state} {_signed(row)}"
                )
            else:
                put(row, attempts.settled(attempt_of(row)))
                session.add(row)
        await session.flush()
        late = datetime.combine(day, time(), UTC) - _PATIENCE
        standing = [
            row
            for row in await store.booked_on(session, late, late + timedelta(days=1))
            if row.state == AttemptState.APPROVED and till.is_of(merchant, row.merchant_print, row.sent_at)
        ]
        # What was given back whole before it was settled is not settled at all.
        sales = [row.gives_back or row.external_ref for row in standing]
        taken_back = await store.sales_taken_back(session, sales)
        differences += [
            f"{row.external_ref}: approved, and not settled"
            for row, sale in zip(standing, sales, strict=True)
            if sale not in taken_back
        ]
    for difference in differences:
        log.error("settlement of account %s on %s: %s", account_id, day, difference)
    return differences


def _signed(row: CardAttempt) -> int:
    return -row.minor if row.gives_back else row.minor
