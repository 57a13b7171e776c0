"""The SQL by which letters, lanes and block lists are looked at; every statement names the account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from app.core.columns import named
from app.core.db import Session, WriteSession
from app.outbox.models import PostedLetter

_PAGE = f"""
SELECT {named(PostedLetter)} FROM letters
WHERE account_id = $1
    AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR channel = $3)
    AND ($4::uuid IS NULL OR client_id = $4) AND ($5::text IS NULL OR purpose = $5)
    AND ($6::uuid IS NULL OR (made_at, letter_id) < (
        SELECT made_at, letter_id FROM letters WHERE account_id = $1 AND letter_id = $6))
ORDER BY made_at DESC, letter_id DESC
LIMIT $7
"""
_LETTER = f"SELECT {named(PostedLetter)} FROM letters WHERE account_id = $1 AND letter_id = $2"
_LANES = """
SELECT n.channel, n.closed_until, n.closed_code,
    count(l.letter_id) FILTER (WHERE l.state = 'waiting') AS waiting,
    count(l.letter_id) FILTER (WHERE l.state = 'sending') AS sending,
    count(l.letter_id) FILTER (WHERE l.state = 'failed' AND l.made_at > $2) AS failed,
    count(l.letter_id) FILTER (WHERE l.state = 'blocked' AND l.made_at > $2) AS blocked,
    coalesce((SELECT sent FROM letter_counts c
        WHERE c.account_id = $1 AND c.channel = n.channel AND c.month = $3), 0) AS this_month,
    coalesce((SELECT sent FROM letter_counts c
        WHERE c.account_id = $1 AND c.channel = n.channel AND c.month = $4), 0) AS last_month
FROM letter_lanes n
LEFT JOIN letters l ON l.account_id = $1 AND l.channel = n.channel AND l.state NOT IN ('sent', 'cancelled')
WHERE n.account_id = $1
GROUP BY n.channel, n.closed_until, n.closed_code
ORDER BY n.channel
"""
_BLOCKS = """
SELECT channel, address_key AS address, reason, at, letter_id, by_id FROM letter_blocks
WHERE account_id = $1 AND channel = $2 AND ($3::text IS NULL OR address_key > $3)
ORDER BY address_key LIMIT $4
"""
_BLOCKED = """
SELECT channel, address_key AS address, reason, at, letter_id, by_id FROM letter_blocks
WHERE account_id = $1 AND channel = $2 AND address_key = $3
"""
_UNBLOCK = """
DELETE FROM letter_blocks WHERE account_id = $1 AND channel = $2 AND address_key = $3
"""
_FORGET = """
DELETE FROM letters WHERE account_id = $1 AND letter_id = ANY(ARRAY(
    SELECT letter_id FROM letters
    WHERE account_id = $1 AND ended_at < CASE WHEN is_bulk THEN $3::timestamptz ELSE $2::timestamptz END
    LIMIT $4))
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters are listed: all that are not said otherwise."""

    state: str | None
    channel: str | None
    client_id: UUID | None
    purpose: str | None
    behind: UUID | None
    most: int


async def page(session: Session, wanted: Wanted) -> Sequence[asyncpg.Record]:
    """Return letters, the newest first, and one more than wanted if there is."""
    asked = wanted.state, wanted.channel, wanted.client_id, wanted.purpose, wanted.behind
    return await session.raw.fetch(_PAGE, session.account_id, *asked, wanted.most + 1)


async def letter(session: Session, letter_id: UUID) -> asyncpg.Record | None:
    """Return a letter."""
    return await session.raw.fetchrow(_LETTER, session.account_id, letter_id)


async def lanes(session: Session, since: datetime, months: tuple[date, date]) -> Sequence[asyncpg.Record]:
    """Return how letters go by each channel, and how many went in this month and the last."""
    return await session.raw.fetch(_LANES, session.account_id, since, *months)


async def blocks(session: Session, channel: str, behind: str | None, most: int) -> Sequence[asyncpg.Record]:
    """Return so many addresses of a channel nothing goes to, behind one of them."""
    return await session.raw.fetch(_BLOCKS, session.account_id, channel, behind, most)


async def blocked(session: Session, channel: str, key: str) -> asyncpg.Record:
    """Return an address nothing goes to."""
    [row] = await session.raw.fetch(_BLOCKED, session.account_id, channel, key)
    return row


async def unblock(session: WriteSession, channel: str, key: str) -> bool:
    """Have letters go to an address again; say whether none did."""
    answer = await session.raw.execute(_UNBLOCK, session.account_id, channel, key)
    return bool(answer == "DELETE 1")


async def forget(session: Session, before: datetime, bulk_before: datetime, most: int) -> int:
    """Forget so many letters that ended before an instant, bulk ones before another; return how many."""
    answer = await session.raw.execute(_FORGET, session.account_id, before, bulk_before, most)
    return int(answer.rpartition(" ")[2])


_OF_COMMUNICATIONS = """
SELECT communication_id, state, count(*) AS many FROM letters
WHERE account_id = $1 AND communication_id = ANY($2::uuid[]) GROUP BY communication_id, state
"""
_WAITING_OF = """
SELECT letter_id FROM letters WHERE account_id = $1 AND communication_id = $2 AND state = 'waiting'
ORDER BY due_at, letter_id LIMIT $3
"""


async def counted(session: Session, ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Return how many letters of some communications are in each state."""
    found: dict[UUID, dict[str, int]] = {each: {} for each in ids}
    for row in await session.raw.fetch(_OF_COMMUNICATIONS, session.account_id, ids):
        found[row["communication_id"]][row["state"]] = row["many"]
    return found


async def waiting_of(session: Session, communication_id: UUID, most: int) -> list[UUID]:
    """Return so many letters of a communication that wait, those first that are next to be sent."""
    rows = await session.raw.fetch(_WAITING_OF, session.account_id, communication_id, most)
    return [row["letter_id"] for row in rows]
