"""Signing in: three words, and for a phone a place among the devices of its user."""

import unicodedata
from dataclasses import dataclass, replace
from typing import NoReturn
from uuid import UUID

from app.accounts import passwords, sign_ins, store
from app.accounts.budgets import (
    Budget,
    Count,
    bucket_of,
    budgets_of,
    count_failure,
    count_network,
    forget_failures,
    require_budgets,
    require_network,
)
from app.accounts.errors import (
    DeviceNotAuthorized,
    InvalidCredentials,
    NoDeviceSlot,
    PasswordResetRequired,
    SubscriptionInactive,
)
from app.accounts.events import GuessingStopped, Limit, SignInRefused
from app.accounts.models import CURRENT_STATES, Account, Device, User
from app.accounts.sign_ins import SignedIn
from app.accounts.standing import refuse_old, require_mobile, shut_out
from app.accounts.turns import turn_of
from app.core import clock
from app.core.db import Database, Session, WriteSession
from app.core.events import announce
from app.core.ids import new_id
from app.core.keys import KeyRing
from app.core.principal import Channel, Principal
from app.http.networks import network_of

RESET_PAGE = "/console/reset"
"""Where people reset a password in a browser."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The three words somebody signs in with."""

    account_name: str
    initials: str
    password: str


@dataclass(frozen=True, slots=True)
class Phone:
    """What a phone reports about itself."""

    uid: UUID
    name: str
    model: str
    platform: str
    app_version: str
    schema_version: int


@dataclass(frozen=True, slots=True)
class Known:
    """What was found under an account name and initials before the password was looked at.

    `account_id` is that of a bucket when there is no such account. `is_own` tells that the budget is the
    caller's own; `network` is where they are, `who` whom the trail names when the password is wrong.
    """

    who: Principal
    account_id: UUID
    user_id: UUID | None
    password_hash: str | None
    budgets: tuple[Budget, ...]
    is_own: bool
    network: str | None
    known_networks: frozenset[str] = frozenset()

    @property
    def strange_network(self) -> str | None:
        """Return what network a wrong password counts against: of who is known, none."""
        return None if self.is_own else self.network


def initials_key(initials: str) -> str:
    """Return what initials are found by: one form, one case, without the blanks phone keyboards add."""
    return unicodedata.normalize("NFKC", initials).strip().casefold()


async def login(
    database: Database,
    keys: KeyRing,
    credentials: Credentials,
    phone: Phone | None,
    *,
    minimum_schema_version: int,
    address: str,
) -> SignedIn:
    """Sign somebody in, a phone or, without one, a desk.

    The password is compared between two transactions and never inside one. Only who knows all three words
    hears anything but `invalid_credentials`; the further refusals come in the order subscription, edition,
    reset, authorization, slot, deactivation, age of the app.
    """
    known = await prove(database, keys, credentials, phone, address)
    fresh = await _stronger(credentials.password, known.password_hash)
    async with database.writing(known.account_id, is_urgent=True) as session:
        account, user = await recheck(session, known)
        _require_current(account, user, phone)
        device, is_new = await _slot(session, keys, user, phone) if phone else (None, False)
        refuse_old(phone.schema_version if phone else None, minimum_schema_version)
        user.password_hash = fresh or user.password_hash
        failures = await forget_failures(session, known.budgets)
        came = sign_ins.Came(network_of(address), known.known_networks, failures, is_new)
        return await sign_ins.begin(session, keys, (account, user, device), came)


async def prove(
    database: Database, keys: KeyRing, credentials: Credentials, phone: Phone | None, address: str
) -> Known:
    """Return whose three words these are."""
    name, key = credentials.account_name.strip().lower(), initials_key(credentials.initials)
    known = await _find(database, keys, (name, key), phone, address)
    await judge(database, keys, known, credentials.password)
    return known


async def judge(database: Database, keys: KeyRing, known: Known, password: str) -> None:
    """Compare a password when it is its turn; a wrong one is counted, and refused by no other sentence."""
    async with turn_of(known.budgets, is_own=known.is_own):
        await _require_room(database, keys, known)
        if not await passwords.verify(password, known.password_hash) or known.user_id is None:
            await _refuse(database, keys, known)


async def _find(
    database: Database, keys: KeyRing, named: tuple[str, str], phone: Phone | None, address: str
) -> Known:
    """Look up a user and their hash; an account or user that does not exist takes the same steps.

    Whose budget is spent is refused here, and takes no turn from anybody.
    """
    name, key = named
    network = network_of(address)
    async with database.directory() as connection:
        account_id = await store.find_account(connection, name)
    async with database.reading(account_id or bucket_of(keys, name), is_urgent=True) as session:
        user = await store.find_active_user(session, key)
        own, networks = await _own(session, user.user_id if user else session.account_id, phone, network)
        budgets = budgets_of(keys, name, key, own)
        await require_budgets(session, budgets)
    known = Known(
        who=_anybody(session.account_id, Channel.MOBILE if phone else Channel.DESK),
        account_id=session.account_id,
        user_id=user.user_id if user else None,
        password_hash=user.password_hash if user else None,
        budgets=budgets,
        is_own=own is not None,
        network=network,
        known_networks=networks,
    )
    await require_network(database, keys, known.strange_network)
    return known


async def _require_room(database: Database, keys: KeyRing, known: Known) -> None:
    """Refuse whose budgets were spent before it was their turn."""
    async with database.reading(known.account_id, is_urgent=True) as session:
        await require_budgets(session, known.budgets)
    await require_network(database, keys, known.strange_network)


async def _refuse(database: Database, keys: KeyRing, known: Known) -> NoReturn:
    """Count a wrong word and say no more than that one was."""
    is_flood = await count_network(database, keys, known.strange_network)
    async with database.writing(known.account_id, is_urgent=True) as session:
        await _tell(session, known, await count_failure(session, known.budgets), is_flood=is_flood)
    raise InvalidCredentials


async def _tell(session: WriteSession, known: Known, count: Count, *, is_flood: bool) -> None:
    """Announce a wrong password that is worth it, and which limits it has reached."""
    if count.is_told:
        refused = SignInRefused(
            known.account_id, known.user_id, known.network, count.failures, is_spent=bool(count.spent)
        )
        await announce(session, known.who, refused)
    reached = {budget.limit: budget.most for budget in count.spent}
    if is_flood:
        reached[Limit.NETWORK] = count.last
    for limit, failures in reached.items():
        user_id = known.user_id if limit is Limit.USER else None
        stopped = GuessingStopped(known.account_id, limit, user_id, known.network, failures)
        await announce(session, known.who, stopped)


def _anybody(account_id: UUID, channel: Channel) -> Principal:
    """Return somebody who has not shown who they are."""
    return replace(Principal.system(account_id), initials="", channel=channel, is_administrator=False)


async def _own(
    session: Session, user_id: UUID, phone: Phone | None, network: str | None
) -> tuple[str | None, frozenset[str]]:
    """Return by what a user has been known before, and at a desk from where they have signed in at desks.

    Who is no user has neither devices nor networks.
    """
    if phone is None:
        networks = await store.read_networks(session, user_id)
        return (f"network:{network}" if network in networks else None), networks
    devices = await store.list_devices(session, user_id)
    is_bound = any(device.device_uid == phone.uid for device in devices)
    return (f"device:{phone.uid}" if is_bound else None), frozenset()


async def _stronger(password: str, kept: str | None) -> str | None:
    """Return a new hash when the kept one was made with weaker parameters."""
    return await passwords.hash_password(password) if kept and passwords.needs_rehash(kept) else None


async def recheck(session: Session, known: Known) -> tuple[Account, User]:
    """Read the account and user again: neither may have changed since they were found."""
    account = await store.read_account(session)
    user = await store.read_user(session, known.user_id) if known.user_id else None
    if account is None or user is None or not user.is_active or user.password_hash != known.password_hash:
        raise InvalidCredentials
    return account, user


def _require_current(account: Account, user: User, phone: Phone | None) -> None:
    if account.subscription_state not in CURRENT_STATES:
        raise SubscriptionInactive
    if phone is not None:
        require_mobile(account.edition)
    if user.must_reset:
        raise PasswordResetRequired(f"People reset it at {RESET_PAGE} of this server.", page=RESET_PAGE)


async def _slot(session: WriteSession, keys: KeyRing, user: User, phone: Phone) -> tuple[Device, bool]:
    """Return the row of this phone, or bind it to the user's oldest free one, and say whether it is new.

    A phone whose own row was deactivated is refused and never falls through to a free row, or a lost phone
    could take its replacement's place.
    """
    rows = await store.list_devices(session, user.user_id)
    if not rows:
        raise DeviceNotAuthorized
    own = next((row for row in rows if row.device_uid == phone.uid), None)
    if own is not None and own.is_inactive:
        raise shut_out(keys, own.account_id, own.device_id, own.device_uid, own.wipe_nonce)
    row = own or next((row for row in rows if row.device_uid is None and not row.is_inactive), None)
    if row is None:
        raise NoDeviceSlot
    if own is None:
        row.device_uid, row.binding_id, row.bound_at = phone.uid, new_id(), clock.now()
        row.version += 1
    row.name, row.model, row.platform = phone.name, phone.model, phone.platform
    row.app_version, row.schema_version = phone.app_version, phone.schema_version
    return row, own is None
