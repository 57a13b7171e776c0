"""Rounds: something done in every account there is, one after the other."""

import logging
from collections.abc import Awaitable, Callable

from app.accounts.store import accounts
from app.core.beat import UnfinishedError
from app.core.db import Database
from app.core.principal import Principal
from app.http.errors import InternalError
from app.http.failures import translate

log = logging.getLogger("studio.beat")


def in_every_account(
    work: Callable[[Database, Principal], Awaitable[object]],
) -> Callable[[Database], Awaitable[None]]:
    """Return what does something in all accounts, each in transactions of its own.

    One that fails, as where there is too much to do, holds up none of the others; in the end
    `UnfinishedError` is raised for it. Where a defect stood in the way, the log tells where.
    """

    async def go_round(database: Database) -> None:
        async with database.directory() as connection:
            known = await accounts(connection)
        is_whole = True
        for name, account_id in known:
            try:
                await work(database, Principal.system(account_id, name))
            except Exception as error:
                is_whole = False
                log.warning(
                    "account %s is left for the next time: %s",
                    account_id,
                    type(error).__name__,
                    exc_info=isinstance(translate(error), InternalError),
                )
        if not is_whole:
            raise UnfinishedError

    return go_round
