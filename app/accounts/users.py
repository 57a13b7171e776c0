"""The users of an account: made, changed, given passwords, and never all administrators lost."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypedDict, Unpack
from uuid import UUID

from app.accounts import passwords, rights, store
from app.accounts.changes import change, tell
from app.accounts.endings import end_all
from app.accounts.errors import (
    EditionRequired,
    InvalidAccount,
    LastAdministrator,
    OwnDeactivation,
    StudioNotAllowed,
    UserNotFound,
)
from app.accounts.login import initials_key
from app.accounts.models import Account, Edition, User, UserList
from app.core import clock
from app.core.db import Database, Session, WriteSession
from app.core.ids import new_id
from app.core.principal import Level, Principal

_INITIALS = re.compile(r"[A-Za-z0-9]{1,10}")


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
    studios: Sequence[UUID] = ()
    group_id: UUID | None = None
    levels: dict[str, Level] = field(default_factory=dict)


class UserFields(TypedDict, total=False):
    """What may be changed of a user; what is not given stays."""

    initials: str
    first_name: str
    last_name: str
    display_name: str
    email: str | None
    is_active: bool
    is_administrator: bool
    must_reset: bool
    show_on_calendar: bool
    lists: list[str]
    departments: list[UUID]
    studios: list[UUID]
    group_id: UUID | None
    levels: dict[str, Level]


async def create_user(database: Database, account: Account, user: NewUser) -> User:
    """Make a user of an account. Announces `UserChanged`."""
    kept = await kept_password(user, account.account_name, account.company_name)
    async with database.writing(account.account_id) as session:
        who = Principal.system(account.account_id, account.account_name, account.time_zone)
        return await add_user(session, who, user, kept)


async def kept_password(user: NewUser, account_name: str, company_name: str) -> str:
    """Return what is kept of a new user's password, or refuse it; never to be called in a transaction."""
    require_initials(user.initials)
    passwords.require_acceptable(user.password, *known_words(user, account_name, company_name))
    return await passwords.hash_password(user.password)


def known_words(user: User | NewUser, account_name: str, company_name: str) -> list[str]:
    """Return what anybody may know of a user, and would try as a password first."""
    address, _, _ = (user.email or "").partition("@")
    names = (user.first_name, user.last_name, user.display_name or "")
    return [account_name, company_name, user.initials, *names, address]


async def add_user(session: WriteSession, who: Principal, new: NewUser, kept: str) -> User:
    """Make a user with a kept password and no more rights than who makes them; announces `UserChanged`."""
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
        is_administrator=new.is_administrator,
        is_active=True,
        departments=list(new.departments),
        studios=list(new.studios),
        lists=[entry.value for entry in new.lists],
        show_on_calendar=new.show_on_calendar,
        group_id=new.group_id,
        levels=rights.kept_levels(new.levels),
        created_at=now,
        changed_at=now,
    )
    await rights.require_group(session, user.group_id)
    await rights.require_no_more_than(session, who, user)
    await _require_studios(session, who, user.studios)
    session.add(user)
    await tell(session, who, user, *user.model_dump(exclude={"account_id", "created_at", "changed_at"}))
    return user


async def change_user(
    session: WriteSession,
    who: Principal,
    user_id: UUID,
    **given: Unpack[UserFields],
) -> User:
    """Change a user, which bites on their next request; announces `UserChanged`.

    Refuses to leave an account without an active administrator, to let somebody shut themselves out, and to
    let them change who may do more than they. Who has to reset the password is signed out everywhere.
    """
    user = await read_user(session, user_id)
    await rights.require_no_more_than(session, who, user)
    was_leading = user.is_administrator and user.is_active
    wanted = {**given, "levels": rights.kept_levels(given.get("levels", user.levels))}
    if "initials" in given:
        require_initials(given["initials"])
        wanted["initials_key"] = initials_key(given["initials"])
    if who.user_id == user_id and given.get("is_active") is False:
        raise OwnDeactivation
    if given.get("is_administrator"):
        wanted |= {"group_id": None, "levels": {}}
    await rights.require_group(session, given.get("group_id"))
    if given.get("studios", user.studios) != user.studios:
        await _require_studios(session, who, given["studios"])
    await change(session, who, user, wanted)
    if was_leading and not (user.is_administrator and user.is_active):
        await _require_administrator(session)
    await rights.require_no_more_than(session, who, user)
    if given.get("must_reset"):
        await end_all(session, who, "password_reset", user_id)
    return user


async def set_password(
    session: WriteSession, who: Principal, user_id: UUID, kept: str, *, must_reset: bool
) -> User:
    """Give a user another password, kept like that, and end all their sign-ins; announces `UserChanged`."""
    user = await read_user(session, user_id)
    await rights.require_no_more_than(session, who, user)
    await change(session, who, user, {"password_hash": kept, "must_reset": must_reset})
    await end_all(session, who, "password_reset", user_id)
    return user


async def read_user(session: Session, user_id: UUID) -> User:
    """Return a user there must be."""
    user = await store.read_user(session, user_id)
    if user is None:
        raise UserNotFound
    return user


def require_initials(initials: str) -> None:
    """Refuse what cannot be typed as initials."""
    if not _INITIALS.fullmatch(initials):
        raise InvalidAccount("Initials are one to ten letters or digits.", field="initials")


async def _require_studios(session: WriteSession, who: Principal, studios: Sequence[UUID]) -> None:
    """Refuse studios where an account has but one, and to give more of them than who gives them has."""
    if who.studios and not who.is_administrator and not (studios and set(studios) <= set(who.studios)):
        raise StudioNotAllowed
    if studios and (await session.get_one(Account, session.account_id)).edition != Edition.ENTERPRISE:
        raise EditionRequired(minimum_edition=Edition.ENTERPRISE)


async def _require_administrator(session: WriteSession) -> None:
    if not await store.has_administrator(session):
        raise LastAdministrator
