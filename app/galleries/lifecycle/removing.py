"""Removing: files of pictures that are no more go from where they are kept, however often that is begun."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.accounts.store import set_removals_due
from app.core.db import Database, WriteSession
from app.galleries.lifecycle import store

SIZES = ("original", "web", "thumbnail")
BATCH = 200
"""How many pictures' files are removed at a time; no transaction is open over it."""


class Files(Protocol):
    """Where files are kept, such as a folder or a bucket."""

    async def remove(self, paths: Sequence[str]) -> None:
        """Remove files; one that is not there is no error."""


def paths_of(account_id: UUID, session_id: UUID, picture_id: UUID) -> list[str]:
    """Return where the files of a picture are."""
    return [f"{account_id}/{session_id}/{picture_id}/{size}" for size in SIZES]


async def let_go(session: WriteSession, sessions: Collection[UUID], at: datetime) -> None:
    """Delete the pictures of sessions; their files are removed by a job that finds them noted with that."""
    if await store.drop_pictures(session, sessions, at):
        await set_removals_due(session, at)


async def remove(files: Files, database: Database, account_id: UUID) -> int:
    """Remove the files of all pictures of an account that are no more; return of how many.

    What was removed is noted only then: a server that ends in between leaves it to be removed once more.
    """
    done, is_more = 0, True
    while is_more:
        async with database.reading(account_id) as session:
            batch = await store.removals(session, BATCH)
        await files.remove([path for each in batch for path in paths_of(account_id, *each)])
        async with database.writing(account_id) as session:
            is_more = await store.removed(session, [picture_id for _, picture_id in batch])
            if not is_more:
                await set_removals_due(session, None)
        done += len(batch)
    return done
