"""Studios made for a measure, with phones that have signed in."""

from uuid import UUID

import httpx

from app.accounts.devices import authorize
from app.accounts.lifecycle import NewUser, create_account, create_user
from app.accounts.models import Account
from app.core.principal import Principal
from benchmarks.ground import Ground, signed_in

PASSWORD = "a long walk by the sea"  # noqa: S105 - of accounts that live for minutes
_PER_LICENCE = 2


async def new_account(ground: Ground, name: str, licences: int = 1) -> Account:
    """Return a new account with an administrator JD."""
    return await create_account(
        ground.database,
        account_name=name,
        company_name="Measured",
        time_zone="America/New_York",
        country="US",
        licences=licences,
        administrator=NewUser("JD", PASSWORD, "Jo", "Doe"),
    )


async def new_studio(ground: Ground, name: str, phones: int) -> tuple[UUID, list[httpx.AsyncClient]]:
    """Return a new account and clients that send the tokens of its phones."""
    account = await new_account(ground, name, max(1, phones // _PER_LICENCE))
    user = await create_user(ground.database, account, NewUser("PK", PASSWORD, "Pat", "Kerr"))
    who = Principal.system(account.account_id)
    for _ in range(phones):
        async with ground.database.writing(account.account_id) as session:
            await authorize(session, who, user.user_id, None)
    clients = [await signed_in(ground.served.url, name, "PK", PASSWORD) for _ in range(phones)]
    return account.account_id, clients
