"""By whom an account's cards are charged: credentials are set and removed, and never told back."""

from dataclasses import dataclass
from datetime import timedelta

from app.accounts.features import Feature, declare, require
from app.audit.trail import Action, Entry, keep
from app.cards import gate, store
from app.cards.errors import (
    EnvironmentRefused,
    MerchantInUse,
    MerchantNotFound,
    ProcessorRefusedCredentials,
)
from app.cards.gateway import NotSent
from app.cards.models import CardMerchant
from app.cards.processors import Environment
from app.cards.sending import Opens, tried
from app.cards.till import Till
from app.cards.transit.adapter import Credentials, Key
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.principal import Level, Principal
from app.core.vault import SealBroken

MERCHANTS = declare(
    Feature(
        "card_merchants",
        "Card processing",
        "The credentials by which the company's cards are charged.",
        Level.NO_ACCESS,
        is_guarded=True,
    )
)
_SUBJECT = "card_merchants"
_MOMENT = timedelta(microseconds=1)
"""What keeps apart by time what is set twice at one instant."""


@dataclass(frozen=True, slots=True)
class NewMerchant:
    """By whom cards are to be charged from now on."""

    environment: Environment
    is_active: bool
    credentials: Credentials


async def read(session: Session) -> CardMerchant:
    """Return by whom the account's cards are charged."""
    found = await store.merchant(session)
    if found is None:
        raise MerchantNotFound
    return found


async def set_up(till: Till, opens: Opens, new: NewMerchant) -> CardMerchant:
    """Try credentials at the processor, with no transaction open, and set by whom cards are charged.

    They are tried where cards would be charged by them. What the processor refuses changes nothing; where it
    does not answer they are kept, and told as not accepted yet.
    """
    async with opens() as work:
        require(work.who, MERCHANTS, Level.ADD_MODIFY)
        await _refuse(work.session, till, new)
        is_tried = new.is_active and gate.is_served(await gate.company(work.session))
    key = await _tried(till, new) if is_tried else None
    async with opens() as work:
        require(work.who, MERCHANTS, Level.ADD_MODIFY)
        return await put(work.session, work.who, till, new, key)


async def _tried(till: Till, new: NewMerchant) -> Key | None:
    """Return the key the processor gives for credentials; none where it does not answer."""
    way, keys = till.trial(new.environment, new.credentials)
    failed = await tried(way)
    if isinstance(failed, NotSent) and failed.refuses_merchant:
        raise ProcessorRefusedCredentials(reason=failed.reason)
    return keys.made


async def put(
    session: WriteSession, who: Principal, till: Till, new: NewMerchant, key: Key | None = None
) -> CardMerchant:
    """Set by whom cards are charged; the key of before was another merchant's, or is no longer good.

    Refused where it is another merchant while one is still to be asked what became of a payment.
    """
    before = await _refuse(session, till, new)
    now = clock.now()
    if before:
        now = max(now, before.changed_at + _MOMENT)
    told_before = _told(before) if before else None
    found = before or CardMerchant(
        account_id=session.account_id,
        environment="",
        is_active=False,
        credentials=b"",
        changed_at=now,
    )
    found.environment, found.is_active = new.environment.value, new.is_active
    found.credentials = till.sealed(session.account_id, new.credentials)
    found.transaction_key = till.sealed_key(session.account_id, key) if key else None
    found.key_made_at = key.made_at if key else None
    found.changed_at = now
    session.add(found)
    await session.flush()
    action = Action.CHANGED if before else Action.CREATED
    await keep(
        session, who, Entry(MERCHANTS, _SUBJECT, session.account_id, action, told_before, _told(found))
    )
    return found


async def remove(session: WriteSession, who: Principal) -> None:
    """Forget the credentials; refused while the processor is still to be asked what became of a payment."""
    found = await read(session)
    await _refuse_in_doubt(session)
    await store.remove_merchant(session, found)
    entry = Entry(MERCHANTS, _SUBJECT, session.account_id, Action.DELETED, _told(found), None)
    await keep(session, who, entry)


async def _refuse(session: Session, till: Till, new: NewMerchant) -> CardMerchant | None:
    """Refuse what cannot be set now, and return by whom cards were charged before."""
    if not till.processors.serves(new.environment):
        raise EnvironmentRefused(environment=new.environment)
    before = await store.merchant(session)
    if before:
        await _refuse_leaving(session, till, before, new)
    return before


async def _refuse_leaving(session: Session, till: Till, before: CardMerchant, new: NewMerchant) -> None:
    try:
        is_same = till.print_of(before) == new.credentials.print_in(new.environment.value)
    except SealBroken:
        is_same = False
    if not is_same:
        await _refuse_in_doubt(session)


async def _refuse_in_doubt(session: Session) -> None:
    if count := await store.count_asked(session):
        raise MerchantInUse(count=count)


def _told(merchant: CardMerchant) -> dict[str, object]:
    return {"environment": merchant.environment, "is_active": merchant.is_active}
