"""Looking after the feed: comparing it with the records, which are the truth, and writing it anew."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from app.core.db import Database, Session, WriteSession
from app.core.principal import Principal
from app.sync import feed, records, registry
from app.sync.feed import FeedRow, Key
from app.sync.fields import BOOKKEEPING, Values
from app.sync.registry import Collection
from app.sync.store import Draft
from app.sync.validation import canonical

Difference = tuple[Key, Values | None]
"""A record the feed does not have as it is: its values, none when there is no such record."""


async def verify(database: Database, who: Principal) -> int:
    """Return how many records the feed does not have as they are."""
    async with database.reading(who.account_id) as session:
        return sum([len(page) async for page in _differences(session)])


async def rebuild(database: Database, who: Principal) -> int:
    """Write anew what differs, as a change phones will hear of, and return how many records that were.

    An account that has lost its whole feed, tombstones too, gets a new epoch: phones start again.
    """
    mended = 0
    async with database.writing(who.account_id) as session:
        if await feed.is_empty(session):
            await feed.begin_epoch(session)
    for collection in registry.collections():
        mended += await _mend(database, who, collection)
    return mended


async def _mend(database: Database, who: Principal, collection: Collection) -> int:
    """Mend one collection page by page, each in a turn of its own, so that writers go on."""
    mended = 0
    async with database.reading(who.account_id) as session:
        async for page in _differing(session, collection):
            async with database.writing(who.account_id) as turn:
                await _mend_page(turn, who, collection, [key for key, _ in page])
            mended += len(page)
    return mended


async def _mend_page(session: WriteSession, who: Principal, collection: Collection, keys: list[Key]) -> None:
    """Read the records again: they may have changed since they were found to differ."""
    draft = await Draft.begin(session, who)
    await draft.load(keys)
    current = await records.some(session, collection, [record_id for _, record_id in keys])
    for key in keys:
        draft.mend(key, _values(collection, current[key[1]]) if key[1] in current else None)
    await draft.flush()


async def _differences(session: Session) -> AsyncIterator[list[Difference]]:
    for collection in registry.collections():
        async for page in _differing(session, collection):
            yield page


async def _differing(session: Session, collection: Collection) -> AsyncIterator[list[Difference]]:
    """Yield what differs in one collection: records first, then living rows of the feed without one."""
    async for page in records.scan(session, collection):
        rows = {UUID(row["id"]): _values(collection, row) for row in page}
        known = await feed.states(session, [(collection.number, each) for each in rows])
        wrong: list[Difference] = []
        for record_id, values in rows.items():
            row = known.get((collection.number, record_id))
            if row is None or row.values != values or not _is_stamped(collection, row, values):
                wrong.append(((collection.number, record_id), values))
        if wrong:
            yield wrong
    if orphans := await feed.orphans(session, collection.number, collection.name):
        yield [((collection.number, record_id), None) for record_id in orphans]


def _is_stamped(collection: Collection, row: FeedRow, values: Values) -> bool:
    stamp = collection.stamp
    return (row.anchors.day, row.anchors.private) == (stamp.day_of(values), stamp.is_private(values))


def _values(collection: Collection, row: Values) -> Values:
    """Return a row of the typed table, in the database's JSON, in canonical form."""
    kept = {name: row[name] for name in BOOKKEEPING}
    fields = {name: row[name] for name in collection.fields}
    for name in ("created_at", "updated_at"):
        kept[name] = datetime.fromisoformat(kept[name]).isoformat().replace("+00:00", "Z")
    return {**canonical(collection, fields), **kept}
