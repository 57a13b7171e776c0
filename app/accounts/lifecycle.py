"""How accounts and users come to be and change: for the command line and the demo studio."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy.exc import IntegrityError

from app.accounts import passwords, store
from app.accounts.errors import AccountNameTaken, InitialsTaken, InvalidAccount, UnknownUser
from app.accounts.events import AccountChanged, AccountCreated, account_fields, user_changed
from app.accounts.login import initials_key
from app.accounts.models import Account, Edition, SubscriptionState, User, UserList
from app.core import clock
from app.core.db import Database, WriteSession
from app.core.events import announce
from app.core.ids import new_id
from app.core.principal import Principal
from app.core.revisions import AccountClock

_ACCOUNT_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_INITIALS = re.compile(r"[A-Za-z0-9]{1,10}")
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class NewUser:
    """What is said of a user who is about to be made."""

    initials: str
    password: str
    first_name: str
    last_name: str
    display_name: str | None = None
    email: str | None = None
    is_administrator: bool = False
    must_reset: bool = False
    show_on_calendar: bool = True
    lists: Sequence[UserList] = ()
    departments: Sequence[UUID] = ()


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
    kept = await _kept_password(administrator, account_name)
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
        await _add_user(session, who, administrator, kept, is_administrator=True)
    return account


async def create_user(database: Database, account: Account, user: NewUser) -> User:
    """Make a user of an account. Announces `UserChanged`."""
    _require_initials(user.initials)
    kept = await _kept_password(user, account.account_name)
    async with database.writing(account.account_id) as session:
        who = Principal.system(account.account_id, account.account_name, account.time_zone)
        return await _add_user(session, who, user, kept, is_administrator=user.is_administrator)


async def change_account(
    session: WriteSession,
    who: Principal,
    *,
    edition: Edition | None = None,
    licences: int | None = None,
    subscription_state: SubscriptionState | None = None,
    time_zone: str | None = None,
) -> Account:
    """Change what an account has bought or where it is; announces `AccountChanged`.

    Licences may fall below the devices in use: those keep working, and no new one is authorized.
    """
    account = await session.get_one(Account, session.account_id)
    if time_zone is not None:
        _require_time_zone(time_zone)
    if licences is not None:
        _require_licences(licences)
    given = {
        "edition": edition,
        "licences": licences,
        "subscription_state": subscription_state,
        "time_zone": time_zone,
    }
    _change(account, {name: value for name, value in given.items() if value is not None})
    await session.flush()
    await announce(session, who, AccountChanged(**account_fields(account)))
    return account


async def change_user(
    session: WriteSession,
    who: Principal,
    user_id: UUID,
    *,
    is_active: bool | None = None,
    is_administrator: bool | None = None,
    must_reset: bool | None = None,
) -> User:
    """Change a user's standing, which bites on their next request; announces `UserChanged`."""
    user = await store.read_user(session, user_id)
    if user is None:
        raise UnknownUser
    given = {"is_active": is_active, "is_administrator": is_administrator, "must_reset": must_reset}
    _change(user, {name: value for name, value in given.items() if value is not None})
    await _flush_user(session)
    await announce(session, who, user_changed(user))
    return user


async def _add_user(
    session: WriteSession, who: Principal, new: NewUser, kept: str, *, is_administrator: bool
) -> User:
    now = clock.now()
    user = User(
        account_id=session.account_id,
        user_id=new_id(),
        initials=new.initials,
        initials_key=initials_key(new.initials),
        password_hash=kept,
        must_reset=new.must_reset,
        first_name=new.first_name,
        last_name=new.last_name,
        display_name=new.display_name or f"{new.first_name} {new.last_name}",
        email=new.email,
        is_administrator=is_administrator,
        is_active=True,
        departments=list(new.departments),
        lists=[entry.value for entry in new.lists],
        show_on_calendar=new.show_on_calendar,
        created_at=now,
        changed_at=now,
    )
    session.add(user)
    await _flush_user(session)
    await announce(session, who, user_changed(user))
    return user


async def _flush_user(session: WriteSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        raise InitialsTaken from error


def _change(row: Account | User, given: dict[str, Any]) -> None:
    for name, value in given.items():
        setattr(row, name, value)
    row.changed_at = clock.now()


async def _kept_password(user: NewUser, account_name: str) -> str:
    passwords.require_acceptable(user.password, account_name, user.initials, user.last_name)
    return await passwords.hash_password(user.password)


def _require_names(
    account_name: str, administrator: NewUser, time_zone: str, country: str, licences: int
) -> None:
    if not _ACCOUNT_NAME.fullmatch(account_name):
        raise InvalidAccount("An account name is letters, digits and inner hyphens.", field="account_name")
    if not _COUNTRY.fullmatch(country):
        raise InvalidAccount("A country is an ISO code of two capitals.", field="country")
    _require_time_zone(time_zone)
    _require_licences(licences)
    _require_initials(administrator.initials)


def _require_time_zone(time_zone: str) -> None:
    if time_zone not in available_timezones():
        raise InvalidAccount("A time zone is an IANA name.", field="time_zone")


def _require_licences(licences: int) -> None:
    if licences < 0:
        raise InvalidAccount("Licences are counted from nought.", field="licences")


def _require_initials(initials: str) -> None:
    if not _INITIALS.fullmatch(initials):
        raise InvalidAccount("Initials are one to ten letters or digits.", field="initials")
