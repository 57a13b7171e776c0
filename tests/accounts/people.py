"""Ways to give people rights, and to act as them."""

from app.accounts.lifecycle import set_security
from app.accounts.users import change_user
from app.core.principal import Level, Principal
from tests.accounts.studios import Studio, bearer

Headers = dict[str, str]


async def secured(studio: Studio) -> None:
    """Activate the account's security."""
    async with studio.database.writing(studio.account.account_id) as session:
        await set_security(session, Principal.system(studio.account.account_id), is_active=True)


async def give(studio: Studio, **levels: Level) -> None:
    """Give the photographer levels of their own, and no others."""
    async with studio.database.writing(studio.account.account_id) as session:
        who = Principal.system(studio.account.account_id)
        await change_user(session, who, studio.photographer.user_id, levels=levels)


async def at_a_desk(studio: Studio) -> Headers:
    """Sign the photographer in at a desk."""
    return bearer(await studio.signed_in(device=None))


async def version_of(studio: Studio) -> int:
    """Return how often the photographer was changed, and one."""
    [row] = await studio.execute(
        "SELECT version FROM users WHERE account_id = $1 AND user_id = $2", studio.photographer.user_id
    )
    return int(row["version"])
