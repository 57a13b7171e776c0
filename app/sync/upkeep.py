"""Looking after the feed: comparing it with the records, which are the truth, and writing it anew."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from app.core.db import Database, Session, WriteSession
from app.core.principal import Principal
from app.sync import feed, records, registry
from app.sync.comparing import compare
from app.sync.registry import Collection
from app.sync.store import Draft


async def verify(database: Database, who: Principal) -> int:
    """Return how many records the feed does not have as they are."""
    async with database.reading(who.account_id) as session:
        return sum([len(page) for each in registry.collections() async for page in _differing(session, each)])


async def rebuild(database: Database, who: Principal) -> int:
    """Write anew what differs, as a change phones will hear of, and return how many records that were.

    An account that has lost its whole feed, tombstones too, gets a new epoch: phones start again.
    """
    mended = 0
    async with database.writing(who.account_id) as session:
        if await feed.is_empty(session):
            await feed.begin_epoch(session)
    for collection in registry.collections():
        mended += await _mend_all(database, who, collection)
    return mended


async def mend(session: WriteSession, who: Principal, collection: Collection, ids: Sequence[UUID]) -> None:
    """Write some records anew as they are now: they may have changed since they were found to differ."""
    draft = await Draft.begin(session, who)
    keys = [(collection.number, each) for each in ids]
    await draft.load(keys)
    current = await records.some(session, collection, ids)
    for key in keys:
        draft.mend(key, current.get(key[1]))
    draft.restamp(key for key in keys if key[1] in current)
    await draft.flush()


async def _mend_all(database: Database, who: Principal, collection: Collection) -> int:
    """Mend one collection page by page, each in a turn of its own, so that writers go on."""
    mended = 0
    async with database.reading(who.account_id) as session:
        async for ids in _differing(session, collection):
            async with database.writing(who.account_id) as turn:
                await mend(turn, who, collection, ids)
            mended += len(ids)
    return mended


async def _differing(session: Session, collection: Collection) -> AsyncIterator[Sequence[UUID]]:
    """Yield what differs in one collection: records first, then living rows of the feed without one."""
    version = await feed.schema_of(session)
    async for page in records.scan(session, collection):
        if wrong := (await compare(session, collection, page, version)).wrong:
            yield wrong
    if orphans := await feed.orphans(session, collection.number, collection.name):
        yield orphans
