"""By whom an account's cards are charged: credentials are set and removed, and never told back."""

from dataclasses import dataclass
from datetime import timedelta

from app.accounts.features import Feature, declare
from app.audit.trail import Action, Entry, keep
from app.cards import store
from app.cards.errors import EnvironmentRefused, MerchantInUse, MerchantNotFound
from app.cards.models import CardMerchant
from app.cards.processors import Environment
from app.cards.till import Till
from app.cards.transit.adapter import Credentials
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


async def put(session: WriteSession, who: Principal, till: Till, new: NewMerchant) -> CardMerchant:
    """Set by whom cards are charged; the key of before was another merchant's, or is no longer good.

    Refused where it is another merchant while one is still to be asked what became of a payment.
    """
    if not till.processors.serves(new.environment):
        raise EnvironmentRefused(environment=new.environment)
    before = await store.merchant(session)
    now = clock.now()
    if before:
        await _refuse_leaving(session, till, before, new)
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
    found.transaction_key = found.key_made_at = None
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
