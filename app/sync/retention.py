"""What is kept no longer than it is needed: deletions every copy has heard of, verdicts their phones have."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from app.accounts.features import SECURITY
from app.accounts.store import list_copies
from app.audit.trail import Action, Entry, keep
from app.core import clock
from app.core.batches import in_batches
from app.core.db import Database, Session, WriteSession
from app.core.principal import Principal
from app.sync import counting, positions, streams
from app.sync.positions import ABSENCE

BATCH = 1_000
"""How many rows go in one transaction: what it locks is soon free again."""


@dataclass(frozen=True, slots=True)
class Trimmed:
    """How many tombstones, states of records that had ended, and verdicts went."""

    tombstones: int
    states: int
    verdicts: int

    def __bool__(self) -> bool:
        """Say whether there were any."""
        return bool(self.tombstones or self.states or self.verdicts)


async def trim(database: Database, who: Principal) -> Trimmed:
    """Forget what nobody needs in one account, in short transactions; cut, a later call does the rest."""
    async with database.reading(who.account_id) as session:
        copies = await list_copies(session)
    await in_batches(partial(_forget_counts, database, who), BATCH)
    tombstones, states = await collect(database, who, copies)
    return Trimmed(tombstones, states, await trim_verdicts(database, who))


async def collect(
    database: Database, who: Principal, copies: Mapping[UUID, datetime | None]
) -> tuple[int, int]:
    """Forget the deletions, and the states that have ended, which all copies that may come back know of.

    First the floor is raised, in the account's turn: from then on older cursors are refused. What lies below
    goes in the order of its revisions and beside that turn. The answer to no cursor is another one by that,
    nor the verdict on any change: the ids of what was deleted are kept.
    """
    async with database.writing(who.account_id) as turn:
        floor = await raise_floor(turn, who, copies)
        # More than that at once go by the days.
        await positions.forget(turn, copies, BATCH)
    return await _in_batches(database, who, _BURY, floor), await _in_batches(database, who, _END, floor)


async def raise_floor(session: WriteSession, who: Principal, copies: Mapping[UUID, datetime | None]) -> int:
    """Raise the floor to the lowest position of the copies, to the present if there are none; return it.

    What is forgotten by that of deleted records is in the audit trail.
    """
    sql = "SELECT floor, revision FROM account_clock WHERE account_id = $1"
    [row] = await session.raw.fetch(sql, session.account_id)
    lowest = await positions.lowest(session, copies)
    floor = max(int(row["floor"]), int(row["revision"]) if lowest is None else lowest)
    if floor > row["floor"]:
        await session.raw.execute(_RAISE, session.account_id, floor)
        if records := await session.raw.fetchval(_DOOMED, session.account_id, row["floor"], floor):
            before, after = {"floor": row["floor"]}, {"floor": floor, "records": records}
            forgotten = Entry(SECURITY, "deleted_records", None, Action.FORGOTTEN, before, after)
            await keep(session, who, forgotten)
    return floor


async def trim_verdicts(database: Database, who: Principal) -> int:
    """Delete verdicts which their phones have, or which nobody has asked for in a long time; count them.

    Their fingerprints stay, as many as a stream may have: a number is known again, and what it was used for.
    """
    trimmed = 0
    async with database.reading(who.account_id) as session:
        waiting = await streams.waiting(session, clock.now() - ABSENCE)
    while waiting:
        for each in waiting:
            async with database.writing(who.account_id) as turn:
                trimmed += await streams.trim(turn, each, BATCH)
        async with database.reading(who.account_id) as session:
            waiting = await streams.waiting(session, clock.now() - ABSENCE)
    return trimmed


async def _forget_counts(database: Database, who: Principal) -> int:
    async with database.beside(who.account_id) as session:
        return await counting.forget(session, BATCH)


async def _in_batches(database: Database, who: Principal, statement: str, floor: int) -> int:
    async def some() -> int:
        async with database.beside(who.account_id) as session:
            return await _batch(session, statement, floor)

    return await in_batches(some, BATCH)


async def _batch(session: Session, statement: str, floor: int) -> int:
    return int(await session.raw.fetchval(statement, session.account_id, floor, BATCH))


_RAISE = "UPDATE account_clock SET floor = $2 WHERE account_id = $1"
_DOOMED = """
SELECT count(*) FROM feed WHERE account_id = $1 AND is_deleted AND revision > $2 AND revision <= $3
"""

# A row somebody else has locked is left for the next time: two that wait for each other would both be lost.
# Chosen once and by itself: a plan may look at what stands in an IN again for each row, and find others.
_BURY = """
WITH chosen AS MATERIALIZED (
    SELECT collection, record_id FROM feed
    WHERE account_id = $1 AND is_deleted AND revision <= $2
    ORDER BY revision, collection, record_id
    LIMIT $3
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM feed USING chosen
    WHERE feed.account_id = $1 AND feed.collection = chosen.collection
      AND feed.record_id = chosen.record_id AND feed.is_deleted
    RETURNING feed.collection, feed.record_id, feed.merged_into, feed.private, feed.owners
), kept AS (
    INSERT INTO deleted_records (account_id, collection, record_id, merged_into, private, owners)
    SELECT $1, collection, record_id, merged_into, private, owners FROM gone
    ON CONFLICT (account_id, collection, record_id) DO UPDATE
    SET (merged_into, private, owners) = (excluded.merged_into, excluded.private, excluded.owners)
)
SELECT count(*) FROM gone
"""

_END = """
WITH chosen AS MATERIALIZED (
    SELECT collection, record_id, until FROM feed_past
    WHERE account_id = $1 AND until <= $2
    ORDER BY until
    LIMIT $3
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM feed_past USING chosen
    WHERE feed_past.account_id = $1 AND feed_past.collection = chosen.collection
      AND feed_past.record_id = chosen.record_id AND feed_past.until = chosen.until
    RETURNING 1
)
SELECT count(*) FROM gone
"""
