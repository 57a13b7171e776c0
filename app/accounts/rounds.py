"""Rounds: something done in every account there is, or in those for which something is due."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any
from uuid import UUID

from app.accounts.store import accounts
from app.core.beat import UnfinishedError
from app.core.db import Database
from app.core.principal import Principal
from app.http.errors import InternalError
from app.http.failures import translate

log = logging.getLogger("studio.beat")


_MOST = 100


async def in_accounts_due(
    due: Callable[[int], Awaitable[Sequence[UUID]]],
    work: Callable[[UUID], Coroutine[Any, Any, bool]],
    *,
    at_once: int,
) -> None:
    """Do something in each account that is due, once, so many side by side, until none is that was not seen.

    `due` returns so many of them, the longest ago first. One that takes long holds one place, and none of the
    others up. Where `work`, which raises nothing, has not done all, `UnfinishedError` is raised in the end.
    """
    waiting, seen, is_whole = deque[UUID](), set[UUID](), True
    running = set[asyncio.Task[bool]]()
    try:
        while True:
            if not waiting:
                # Who has more to do than one turn holds is due again, and has its next in another round.
                waiting.extend(each for each in await due(_MOST + len(seen)) if each not in seen)
                seen.update(waiting)
            while waiting and len(running) < at_once:
                running.add(asyncio.create_task(work(waiting.popleft())))
            if not running:
                break
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            is_whole &= all(each.result() for each in done)
    finally:
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    if not is_whole:
        raise UnfinishedError


def in_every_account(
    work: Callable[[Database, Principal], Awaitable[int | None]],
) -> Callable[[Database], Awaitable[int]]:
    """Return what does something in all accounts, each in transactions of its own, and counts what it took.

    `work` returns how many rows it has taken away, if that is what it does. One that fails, as where there is
    too much to do, holds up none of the others; in the end `UnfinishedError` is raised for it. Where a defect
    stood in the way, the log tells where.
    """

    async def go_round(database: Database) -> int:
        async with database.directory() as connection:
            known = await accounts(connection)
        is_whole, taken_away = True, 0
        for name, account_id in known:
            try:
                taken_away += await work(database, Principal.system(account_id, name)) or 0
            except Exception as error:
                is_whole = False
                log.warning(
                    "account %s is left for the next time: %s",
                    account_id,
                    type(error).__name__,
                    exc_info=isinstance(translate(error), InternalError),
                )
        if not is_whole:
            raise UnfinishedError(taken_away=taken_away)
        return taken_away

    return go_round
