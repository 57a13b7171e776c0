"""`account create` and `account number`."""

from enum import StrEnum
from typing import Annotated

import typer

from app.accounts.lifecycle import create_account
from app.accounts.models import Account, Edition
from app.accounts.users import NewUser
from app.cli.ground import account_of, console, database, fail, migrated, run
from app.studio.rules import counters

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
            )

    with migrated() as url:
        account = run(made(url))
    console.print(f"The account {account.account_name} is there; {initials} can sign in on a desk.")


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


async def _set(url: str, account: str, kind: Kind, last: int) -> bool:
    async with database(url) as opened:
        account_id = await account_of(opened, account)
        if account_id is None:
            return False
        async with opened.writing(account_id) as session:
            await counters.put_back(session, kind.value, last)
        return True
