"""How far local copies have come for certain: told by the cursors they come back with, never by answers."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.core import clock
from app.core.db import Database, Session
from app.core.principal import Principal
from app.http.failures import what_passes_left
from app.sync.cursor import Cursor, Sealer

ABSENCE = timedelta(days=180)
"""How long a copy nobody has heard of may hold back what is forgotten."""

_AGAIN = timedelta(days=1)
_MOST_CURSORS = 8
_MOST_NOTED = 20_000
_noted: OrderedDict[tuple[UUID, int], datetime] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Came:
    """What a copy has come back with: its cursor, or nothing, and then where it begins and what it wants."""

    cursor: str | None
    revision: int
    collections: list[str] | None


@dataclass(frozen=True, slots=True)
class Position:
    """How far a copy has come, and when it told."""

    revision: int
    seen_at: datetime


async def note(database: Database, who: Principal, sealer: Sealer, came: Came) -> None:
    """Write down how far a copy has come, if that is news; to be called behind the answer.

    It takes no turn among the account's writers: a position that a crash loses is only an older one, and
    what an older one keeps is kept for longer. A copy that stands still costs nothing, and where there is too
    much to do, or no database, it is left to the next time.
    """
    if who.copy_id is None or _is_noted(who.copy_id, came.cursor):
        return
    found = sealer.open(came.cursor) if came.cursor else None
    # What lies between two consistent points begins at the first of them, which has been noted.
    if found and found.transit:
        return
    with what_passes_left():
        async with database.beside(who.account_id) as session:
            await keep(session, who.copy_id, found, came)
        _remember(who.copy_id, came.cursor)


async def keep(session: Session, copy_id: UUID, found: Cursor | None, came: Came) -> None:
    """Write down a position: that of a cursor, lower than before too, as of a phone's own backup.

    Who comes without one may still have another, as when somebody only compares: a position that is known
    stays until they come with a new one.
    """
    collections = found.collections if found else came.collections
    key = (session.account_id, copy_id, ",".join(sorted(set(collections or ()))))
    revision = found.revision if found else came.revision
    await session.raw.execute(_KEEP, *key, revision, clock.now(), found is not None)
    if found is None:
        await session.raw.execute(_KEEP_FEW, session.account_id, copy_id, _MOST_CURSORS)


async def lowest(session: Session, copies: Mapping[UUID, datetime | None]) -> int | None:
    """Return the lowest position of some copies, by their last sync: none where no position holds anything.

    What a copy has acknowledged that has synced and whose position is not known is nothing: 0.
    """
    since = clock.now() - ABSENCE
    rows = await session.raw.fetch(_POSITIONS, session.account_id, list(copies), since)
    known: dict[UUID, int] = {row["copy_id"]: row["revision"] for row in rows}
    unknown = [0 for each, seen in copies.items() if seen and seen > since and each not in known]
    return min([*known.values(), *unknown], default=None)


async def latest(session: Session, copies: Sequence[UUID]) -> dict[UUID, Position]:
    """Return the position each of some copies last came back with, those that are known."""
    rows = await session.raw.fetch(_LATEST, session.account_id, copies)
    return {row["copy_id"]: Position(row["revision"], row["seen_at"]) for row in rows}


async def forget(session: Session, copies: Mapping[UUID, datetime | None], most: int) -> int:
    """Forget so many positions of copies that will not come back, or were not heard of for too long."""
    values = session.account_id, list(copies), clock.now() - ABSENCE, most
    return int(await session.raw.fetchval(_FORGET, *values))


def _is_noted(copy_id: UUID, cursor: str | None) -> bool:
    at = _noted.get((copy_id, hash(cursor)))
    return cursor is not None and at is not None and clock.now() - at < _AGAIN


def _remember(copy_id: UUID, cursor: str | None) -> None:
    if cursor is None:
        return
    _noted[copy_id, hash(cursor)] = clock.now()
    _noted.move_to_end((copy_id, hash(cursor)))
    if len(_noted) > _MOST_NOTED:
        _noted.popitem(last=False)


_KEEP = """
INSERT INTO acknowledged_positions AS known (account_id, copy_id, collections, revision, seen_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account_id, copy_id, collections) DO UPDATE
SET revision = CASE WHEN $6 THEN excluded.revision ELSE known.revision END, seen_at = excluded.seen_at
"""

_KEEP_FEW = """
DELETE FROM acknowledged_positions
WHERE account_id = $1 AND copy_id = $2 AND collections NOT IN (
    SELECT collections FROM acknowledged_positions
    WHERE account_id = $1 AND copy_id = $2 ORDER BY seen_at DESC LIMIT $3
)
"""

_POSITIONS = """
SELECT copy_id, min(revision) AS revision FROM acknowledged_positions
WHERE account_id = $1 AND copy_id = ANY($2::uuid[]) AND seen_at > $3
GROUP BY copy_id
"""

_LATEST = """
SELECT DISTINCT ON (copy_id) copy_id, revision, seen_at FROM acknowledged_positions
WHERE account_id = $1 AND copy_id = ANY($2::uuid[])
ORDER BY copy_id, seen_at DESC
"""

_FORGET = """
WITH chosen AS MATERIALIZED (
    SELECT copy_id, collections FROM acknowledged_positions
    WHERE account_id = $1 AND (copy_id <> ALL($2::uuid[]) OR seen_at <= $3) LIMIT $4
), gone AS (
    DELETE FROM acknowledged_positions known USING chosen
    WHERE known.account_id = $1 AND known.copy_id = chosen.copy_id AND known.collections = chosen.collections
    RETURNING 1
)
SELECT count(*) FROM gone
"""
