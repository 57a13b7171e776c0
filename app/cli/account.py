"""`account create`, `change`, `list`, `password`, `number`, `key` and `audit`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from app.accounts import passwords
from app.accounts.devices import Pool, pool_of
from app.accounts.errors import UnknownUser
from app.accounts.lifecycle import change_account, create_account
from app.accounts.login import initials_key
from app.accounts.models import Account, Edition, SubscriptionState
from app.accounts.operator import hash_of, new_key
from app.accounts.store import accounts, find_active_user
from app.accounts.users import NewUser, known_words, set_password
from app.audit.chain import Checked, check
from app.audit.forgetting import forget
from app.audit.store import BEGINNING, Head
from app.cli.ground import account_of, blaming, console, database, fail, migrated, print_table, run
from app.core import clock
from app.core.db import WriteSession
from app.core.principal import Principal
from app.core.settings import settings
from app.studio.rules import counters

Standing = tuple[Account, Pool]
cli = typer.Typer(no_args_is_help=True, help="Look after accounts.")


class Kind(StrEnum):
    """What has running numbers."""

    CLIENTS = "clients"
    SESSIONS = "sessions"
    INVOICES = "invoices"
    TASKS = "tasks"


@cli.command()
def create(
    name: Annotated[str, typer.Argument(help="What phones sign in with: letters, digits, inner hyphens.")],
    *,
    company: Annotated[str, typer.Option(help="Company name.")],
    time_zone: Annotated[str, typer.Option(help="Such as America/New_York.")],
    country: Annotated[str, typer.Option(help="Two letters, such as US.")],
    initials: Annotated[str, typer.Option(help="The first administrator's initials.")],
    first_name: Annotated[str, typer.Option(help="The first administrator's first name.")],
    last_name: Annotated[str, typer.Option(help="The first administrator's last name.")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
    licences: Annotated[int, typer.Option(min=1, help="Paid user licences; each allows two devices.")] = 1,
    edition: Annotated[Edition, typer.Option(help="What was bought.")] = Edition.PROFESSIONAL,
    subscription: Annotated[SubscriptionState, typer.Option(help="How it stands.")] = SubscriptionState.TRIAL,
) -> None:
    """Make an account with its first administrator."""

    async def made(url: str) -> Account:
        async with database(url) as opened:
            return await create_account(
                opened,
                account_name=name,
                company_name=company,
                time_zone=time_zone,
                country=country,
                administrator=NewUser(initials, password, first_name, last_name),
                edition=edition,
                licences=licences,
                subscription_state=subscription,
            )

    with migrated() as url:
        account = run(made(url))
    console.print(f"The account {account.account_name} is there; {initials} can sign in on a desk.")


@cli.command()
def change(
    name: Annotated[str, typer.Argument(help="Account name.")],
    *,
    company: Annotated[str | None, typer.Option(help="Company name.")] = None,
    edition: Annotated[Edition | None, typer.Option(help="What was bought.")] = None,
    licences: Annotated[int | None, typer.Option(min=0, help="Paid user licences.")] = None,
    subscription: Annotated[SubscriptionState | None, typer.Option(help="How it stands.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Such as America/New_York.")] = None,
    country: Annotated[str | None, typer.Option(help="Two letters, such as US.")] = None,
) -> None:
    """Change what an account has bought or where it is; it bites on everybody's next request."""

    async def changed(url: str) -> Standing:
        async with _account(url, name) as (session, account):
            who = Principal.system(account.account_id, account.account_name, account.time_zone)
            await change_account(
                session,
                who,
                edition=edition,
                licences=licences,
                subscription_state=subscription,
                time_zone=time_zone,
                company_name=company,
                country=country,
            )
            return account, await pool_of(session, account)

    with migrated() as url:
        account, pool = run(changed(url))
    over = f", {pool.over} too many, which go on; no new one is authorized" if pool.over else ""
    console.print(f"{account.account_name}: {pool.in_use} of {pool.limit} devices are in use{over}.")


@cli.command("list")
def list_accounts() -> None:
    """List all accounts: what they have bought, how they stand, and their devices."""
    with migrated() as url:
        rows = [_row(*standing) for standing in run(_standings(url))]
    print_table(("Account", "Company", "Edition", "Subscription", "Licences", "Devices"), rows)


@cli.command()
def password(
    name: Annotated[str, typer.Argument(help="Account name.")],
    initials: Annotated[str, typer.Argument(help="The user's initials.")],
    *,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
) -> None:
    """Give a user a password that must be changed at once, as when the last administrator forgot theirs."""

    async def given(url: str) -> None:
        async with _account(url, name) as (session, account):
            user = await find_active_user(session, initials_key(initials))
            if user is None:
                raise UnknownUser
            known = known_words(user, account.account_name, account.company_name)
            passwords.require_acceptable(password, *known)
            kept = await passwords.hash_password(password)
            who = Principal.system(account.account_id, account.account_name, account.time_zone)
            await set_password(session, who, user.user_id, kept, must_reset=True)

    with migrated() as url:
        run(given(url))
    console.print(f"{initials} is signed out everywhere, and changes the password at /console/reset.")


@cli.command()
def key() -> None:
    """Make a key for the operator, and say what the server is to be told of it."""
    made = new_key()
    console.print(f"The operator's key, which is kept nowhere: {made}", markup=False, highlight=False)
    console.print(f"OPERATOR_KEY_HASH={hash_of(made)}", markup=False, highlight=False)


@cli.command()
def number(
    account: Annotated[str, typer.Argument(help="Account name.")],
    kind: Annotated[Kind, typer.Argument(help="What is numbered.")],
    last: Annotated[int, typer.Argument(min=0, max=counters.HIGHEST, help="The number to go on behind.")],
) -> None:
    """Say behind which number an account goes on; numbers in use are passed over."""
    with migrated() as url:
        if not run(_set(url, account, kind, last)):
            fail(f"There is no account {account}.")
    console.print(f"The next of the {kind.value} gets the first free number from {last + 1} on.")


@cli.command()
def audit(
    name: Annotated[str, typer.Argument(help="Account name.")],
    *,
    noted: Annotated[
        str | None, typer.Option(help="What this said earlier and was noted elsewhere, such as 117:9f86….")
    ] = None,
    is_forgetting: Annotated[
        bool, typer.Option("--forget", help="Forget what is older than AUDIT_DAYS, if the trail holds.")
    ] = False,
) -> None:
    """Check the audit trail of an account: that no entry was changed, taken out or put in."""
    head, days = _head(noted), settings().audit_days
    if is_forgetting and days is None:
        fail("AUDIT_DAYS is not set: the trail is kept for ever.")
    with migrated() as url:
        found = run(_checked(url, name, head))
        _require_whole(name, found, head)
        if is_forgetting and days is not None:
            count, found = run(_forgotten(url, name, found, clock.now() - timedelta(days=days)))
            console.print(f"Entries of {name} forgotten: {count}.")
    since = f" from entry {found.began.position + 1} on" if found.began.position else ""
    console.print(
        f"The trail of {name} holds{since}. Note elsewhere: {found.head.position}:{found.head.hash.hex()}"
    )


def _require_whole(name: str, found: Checked, noted: Head) -> None:
    began = found.began.position
    if found.broken is not None:
        fail(
            f"The trail of {name} is broken at entry {found.broken}; "
            f"{found.head.position - began} before it hold."
        )
    if 0 < noted.position < began:
        fail(f"The trail of {name} holds from entry {began + 1} on; what was noted is forgotten.")


def _head(noted: str | None) -> Head:
    if noted is None:
        return BEGINNING
    position, _, made = noted.partition(":")
    try:
        return Head(int(position), bytes.fromhex(made))
    except ValueError:
        fail("What was noted is a number, a colon and a hash.")


async def _forgotten(url: str, name: str, checked: Checked, until: datetime) -> tuple[int, Checked]:
    """Forget as who owns the tables: the app itself may only add."""
    variable, owner = settings().migrated_by
    async with database(owner or url) as owned:
        account_id = await account_of(owned, name)
        if account_id is None:
            fail(f"There is no account {name}.")
        with blaming(variable):
            return await forget(owned, Principal.system(account_id, name), checked, until)


async def _checked(url: str, name: str, noted: Head) -> Checked:
    async with database(url) as opened:
        account_id = await account_of(opened, name)
        if account_id is None:
            fail(f"There is no account {name}.")
        return await check(opened, account_id, noted)


def _row(account: Account, pool: Pool) -> tuple[str, ...]:
    return (
        account.account_name,
        account.company_name,
        account.edition,
        account.subscription_state,
        str(account.licences),
        f"{pool.in_use} of {pool.limit}",
    )


async def _standings(url: str) -> list[Standing]:
    found: list[Standing] = []
    async with database(url) as opened:
        async with opened.directory() as connection:
            known = await accounts(connection)
        for _, account_id in known:
            async with opened.reading(account_id) as session:
                account = await session.get_one(Account, account_id)
                found.append((account, await pool_of(session, account)))
    return found


@asynccontextmanager
async def _account(url: str, name: str) -> AsyncIterator[tuple[WriteSession, Account]]:
    """Lend an account that is to be changed."""
    async with database(url) as opened:
        account_id = await account_of(opened, name)
        if account_id is None:
            fail(f"There is no account {name}.")
        async with opened.writing(account_id) as session:
            yield session, await session.get_one(Account, account_id)


async def _set(url: str, account: str, kind: Kind, last: int) -> bool:
    async with database(url) as opened:
        account_id = await account_of(opened, account)
        if account_id is None:
            return False
        async with opened.writing(account_id) as session:
            await counters.put_back(session, kind.value, last)
        return True
