"""How accounts come to be and change."""

import re
from dataclasses import replace
from functools import cache
from zoneinfo import available_timezones

from app.accounts import store
from app.accounts.changes import change
from app.accounts.errors import AccountNameTaken, InvalidAccount, SecurityStays
from app.accounts.events import AccountCreated, account_fields
from app.accounts.models import Account, Edition, SubscriptionState
from app.accounts.users import NewUser, add_user, kept_password, require_initials
from app.core import clock
from app.core.db import Database, WriteSession
from app.core.events import announce
from app.core.ids import new_id
from app.core.principal import Principal
from app.core.revisions import AccountClock

_ACCOUNT_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_COUNTRY = re.compile(r"[A-Z]{2}")


async def create_account(
    database: Database,
    *,
    account_name: str,
    company_name: str,
    time_zone: str,
    country: str,
    administrator: NewUser,
    edition: Edition = Edition.PROFESSIONAL,
    licences: int = 1,
    subscription_state: SubscriptionState = SubscriptionState.TRIAL,
) -> Account:
    """Make an account, its clock and its first administrator. Announces `AccountCreated` and `UserChanged`.

    The name is a host name's label, the time zone an IANA name, the country an ISO code of two letters.
    """
    _require_names(account_name.lower(), administrator, time_zone, country, licences)
    kept = await kept_password(administrator, account_name, company_name)
    now = clock.now()
    account = Account(
        account_id=new_id(),
        account_name=account_name.lower(),
        company_name=company_name,
        edition=edition,
        licences=licences,
        subscription_state=subscription_state,
        time_zone=time_zone,
        country=country,
        created_at=now,
        changed_at=now,
    )
    async with database.writing(account.account_id) as session:
        who = Principal.system(account.account_id, account.account_name, time_zone)
        if not await store.enter_name(session, account.account_name):
            raise AccountNameTaken
        session.add(AccountClock(account_id=account.account_id, epoch=new_id()))
        session.add(account)
        await session.flush()
        await announce(session, who, AccountCreated(**account_fields(account)))
        await add_user(session, who, replace(administrator, is_administrator=True), kept)
    return account


async def change_account(
    session: WriteSession,
    who: Principal,
    *,
    edition: Edition | None = None,
    licences: int | None = None,
    subscription_state: SubscriptionState | None = None,
    time_zone: str | None = None,
    company_name: str | None = None,
    country: str | None = None,
) -> Account:
    """Change what an account has bought or where it is; announces `AccountChanged`.

    Licences may fall below the devices in use: those keep working, and no new one is authorized.
    """
    if time_zone is not None:
        _require_time_zone(time_zone)
    if licences is not None:
        _require_licences(licences)
    if country is not None:
        _require_country(country)
    given = {
        "edition": edition,
        "licences": licences,
        "subscription_state": subscription_state,
        "time_zone": time_zone,
        "company_name": company_name,
        "country": country,
    }
    account = await session.get_one(Account, session.account_id)
    return await change(
        session, who, account, {key: value for key, value in given.items() if value is not None}
    )


async def set_security(session: WriteSession, who: Principal, *, is_active: bool) -> Account:
    """Let the levels of features count from now on, and for good; announces `AccountChanged`."""
    account = await session.get_one(Account, session.account_id)
    if account.is_security_active and not is_active:
        raise SecurityStays
    return await change(session, who, account, {"is_security_active": is_active})


def _require_names(
    account_name: str, administrator: NewUser, time_zone: str, country: str, licences: int
) -> None:
    if not _ACCOUNT_NAME.fullmatch(account_name):
        raise InvalidAccount("An account name is letters, digits and inner hyphens.", field="account_name")
    _require_country(country)
    _require_time_zone(time_zone)
    _require_licences(licences)
    require_initials(administrator.initials)


def _require_country(country: str) -> None:
    if not _COUNTRY.fullmatch(country):
        raise InvalidAccount("A country is an ISO code of two capitals.", field="country")


@cache
def _time_zones() -> frozenset[str]:
    """Return the names the machine knows, which it has to look for in hundreds of files."""
    return frozenset(available_timezones())


def _require_time_zone(time_zone: str) -> None:
    if time_zone not in _time_zones():
        raise InvalidAccount("A time zone is an IANA name.", field="time_zone")


def _require_licences(licences: int) -> None:
    if licences < 0:
        raise InvalidAccount("Licences are counted from nought.", field="licences")
