"""What is done by itself: the rooms of the accounts for which something is due, on a beat."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from app.accounts.rounds import in_accounts_due, in_every_account
from app.accounts.store import accounts_with_automations_due, set_automations_due
from app.automations.communications import running
from app.automations.triggers import upkeep
from app.core import clock
from app.core.beat import Job
from app.core.db import Database, Session
from app.core.errors import AppError

log = logging.getLogger("studio.beat")
EVERY = timedelta(seconds=5)
AT_ONCE = 5
"""How many accounts are looked after side by side."""
LATER = timedelta(minutes=1)
"""After how long an account is looked at again for which that has failed: others come first meanwhile."""


class LookAfter(Protocol):
    """Does what is due in an account; links in letters begin with an address, or are blank without one."""

    def __call__(  # noqa: D102
        self, database: Database, account_id: UUID, *, public_url: str | None = None
    ) -> Awaitable[None]: ...


@dataclass(frozen=True, slots=True)
class Room:
    """What does things by itself in an account, and says when it next has something to do."""

    look_after: LookAfter
    next_due: Callable[[Session], Awaitable[datetime | None]]


ROOMS = (
    Room(upkeep.look_after, upkeep.next_due),
    Room(running.carry_on, running.next_due),
)


async def look_after_all(database: Database, public_url: str | None, rooms: Sequence[Room] = ROOMS) -> None:
    """Have done what is due in all accounts, some at a time; those for which nothing is are not asked.

    One that fails, or takes long, holds up none of the others; in the end `UnfinishedError` is raised for one
    that failed.
    """

    async def due(most: int) -> list[UUID]:
        async with database.directory() as connection:
            return await accounts_with_automations_due(connection, clock.now(), most)

    async def look(account_id: UUID) -> bool:
        return await look_after(database, account_id, public_url, rooms)

    await in_accounts_due(due, look, at_once=AT_ONCE)


async def look_after(
    database: Database, account_id: UUID, public_url: str | None, rooms: Sequence[Room] = ROOMS
) -> bool:
    """Have done what is due in an account, say when something next is, and whether nothing has failed."""
    is_well = True
    for room in rooms:
        try:
            await room.look_after(database, account_id, public_url=public_url)
        except Exception:
            is_well = False
            log.exception("account %s is left for the next time", account_id)
    with suppress(AppError):
        # The account's clock is held: nothing that comes meanwhile is passed over.
        async with database.writing(account_id) as session:
            found = [at for room in rooms if (at := await room.next_due(session))]
            due = min(found, default=None)
            if not is_well:
                due = max(due or clock.now(), clock.now() + LATER)
            await set_automations_due(session, due)
    return is_well


def jobs_of(public_url: str | None) -> tuple[Job, ...]:
    """Return what is done by itself about accounts; links in letters begin with an address."""

    async def automations(database: Database) -> None:
        await look_after_all(database, public_url)

    return (
        Job("automations", EVERY, automations),
        Job("forget occurrences", timedelta(days=1), in_every_account(upkeep.forget_old)),
    )
