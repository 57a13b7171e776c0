"""Looking after the feed: comparing it with the records, which are the truth, and writing it anew."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.db import Database, Session, WriteSession
from app.core.principal import Principal
from app.sync import feed, records, registry, tallies
from app.sync.comparing import compare
from app.sync.draft import Draft
from app.sync.registry import Collection


@dataclass(frozen=True, slots=True)
class Found:
    """How many records the feed does not have as they are, and how many tallies are not what it comes to."""

    records: int
    tallies: int

    def __bool__(self) -> bool:
        """Say whether anything differs."""
        return bool(self.records or self.tallies)


async def verify(database: Database, who: Principal) -> Found:
    """Return what differs: the feed from the records, its tallies from the feed."""
    async with database.reading(who.account_id) as session:
        differing = sum(
            [len(page) for each in registry.collections() async for page in _differing(session, each)]
        )
        lacking = [await tallies.differing(session, each.number) for each in registry.collections()]
        return Found(differing, sum(len(each.amounts) for each in lacking if each))


async def rebuild(database: Database, who: Principal) -> Found:
    """Write anew what differs, records as a change phones will hear of, and return how much that was.

    An account that has lost its whole feed, tombstones too, gets a new epoch: phones start again.
    """
    async with database.writing(who.account_id) as session:
        if await feed.is_empty(session):
            await feed.begin_epoch(session)
    mended = sum([await _mend_all(database, who, each) for each in registry.collections()])
    return Found(mended, sum([await _count_anew(database, who, each) for each in registry.collections()]))


async def _count_anew(database: Database, who: Principal, collection: Collection) -> int:
    """Mend the tallies of one collection, if any differ: counted outside of the account's turn."""
    async with database.reading(who.account_id) as session:
        lacking = await tallies.differing(session, collection.number)
    if lacking is None:
        return 0
    async with database.writing(who.account_id) as session:
        await tallies.mend(session, lacking)
    return len(lacking.amounts)


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
