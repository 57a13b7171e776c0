"""Opening the demo studio: its account, its two users and the slots for their phones."""

from dataclasses import dataclass

from app.accounts import devices, lifecycle, store
from app.accounts.errors import UnknownUser
from app.accounts.login import initials_key
from app.accounts.models import Account, Edition, SubscriptionState, User, UserList
from app.accounts.users import NewUser, create_user
from app.core.db import Database
from app.core.principal import Principal
from app.demo.scene import COMPANY, Colleague
from app.demo.sign_in import DemoUser, SignIn
from app.studio.starter import starter_id

TIME_ZONE = "America/New_York"
LICENCES = 5
"""Of which each has two places for devices: who tries one client after the other has enough of them."""
SLOTS = 4, 2
"""Places that are free at first, of the administrator and of the user; the others are given at a desk."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The studio before its first client."""

    who: Principal
    staff: tuple[Colleague, Colleague]
    sign_in: SignIn


async def open_studio(db: Database, name: str, passwords: tuple[str, str]) -> Opened:
    """Make the account with an administrator and a user: with free slots for phones of both."""
    account = await _account(db, name, passwords[0])
    second = await create_user(db, account, _photographer(account, passwords[1]))
    who = Principal.system(account.account_id, account.account_name, account.time_zone)
    async with db.writing(account.account_id) as session:
        first = await store.find_active_user(session, initials_key("JD"))
        if first is None:
            raise UnknownUser
        for user in (first,) * SLOTS[0] + (second,) * SLOTS[1]:
            await devices.authorize(session, who, user.user_id, None)
            await session.flush()
    users = (
        DemoUser(first.initials, passwords[0], "administrator"),
        DemoUser(second.initials, passwords[1], "user"),
    )
    return Opened(who, (_colleague(first), _colleague(second)), SignIn(account.account_name, users))


async def _account(db: Database, name: str, password: str) -> Account:
    return await lifecycle.create_account(
        db,
        account_name=name,
        company_name=COMPANY,
        time_zone=TIME_ZONE,
        country="US",
        administrator=NewUser(
            initials="JD",
            password=password,
            first_name="Jo",
            last_name="Doyle",
            email="jo@harborlight.example",
            is_administrator=True,
            lists=(UserList.PHOTOGRAPHER, UserList.SALES_REP),
        ),
        edition=Edition.PROFESSIONAL,
        licences=LICENCES,
        subscription_state=SubscriptionState.ACTIVE,
    )


def _photographer(account: Account, password: str) -> NewUser:
    return NewUser(
        initials="MK",
        password=password,
        first_name="Mira",
        last_name="Keller",
        email="mira@harborlight.example",
        lists=(UserList.PHOTOGRAPHER, UserList.ASSISTANT, UserList.SALES_REP),
        departments=(starter_id(account.account_id, "departments", "photography"),),
    )


def _colleague(user: User) -> Colleague:
    return Colleague(str(user.user_id), user.initials, user.display_name)
