"""`account create`."""

from typing import Annotated

import typer

from app.accounts.lifecycle import NewUser, create_account
from app.accounts.models import Account, Edition
from app.cli.ground import console, database, migrated, run

cli = typer.Typer(no_args_is_help=True, help="Look after accounts.")


@cli.callback()
def accounts() -> None:
    """Keep `create` a command of its own, though it is the only one so far."""


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
