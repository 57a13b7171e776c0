"""Studios made for a measure, with phones that have signed in."""

from uuid import UUID

import httpx

from app.accounts.devices import authorize
from app.accounts.lifecycle import NewUser, create_account, create_user
from app.core.principal import Principal
from benchmarks.ground import Ground, signed_in

_PASSWORD = "a long walk by the sea"  # noqa: S105 - of an account that lives for a minute
_PER_LICENCE = 2


async def new_studio(ground: Ground, name: str, phones: int) -> tuple[UUID, list[httpx.AsyncClient]]:
    """Return a new account and clients that send the tokens of its phones."""
    account = await create_account(
        ground.database,
        account_name=name,
        company_name="Measured",
        time_zone="America/New_York",
        country="US",
        licences=max(1, phones // _PER_LICENCE),
        administrator=NewUser("JD", _PASSWORD, "Jo", "Doe"),
    )
    user = await create_user(ground.database, account, NewUser("PK", _PASSWORD, "Pat", "Kerr"))
    who = Principal.system(account.account_id)
    for _ in range(phones):
        async with ground.database.writing(account.account_id) as session:
            await authorize(session, who, user.user_id, None)
    clients = [await signed_in(ground.served.url, name, "PK", _PASSWORD) for _ in range(phones)]
    return account.account_id, clients
