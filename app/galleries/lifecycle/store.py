"""The SQL of a gallery's life: which pictures are shown, and where it stands."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from secrets import token_urlsafe
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from app.core.db import Session, WriteSession
from app.core.ids import new_id
from app.studio.finances.figures import zone_of

ADDRESS_BYTES = 24
"""Random bytes of an address, 192 bits: nobody guesses one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which pictures of a session are shown: each of some, of some ratings, and those in some groups.

    `shown_groups` are the groups that are shown as such; None leaves that as it is.
    """

    pictures: tuple[UUID, ...] = ()
    ratings: tuple[str, ...] = ()
    groups: tuple[UUID, ...] = ()
    shown_groups: tuple[UUID, ...] | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a choice comes to.

    How many pictures it has and how many of those are ready, how many of its `pictures` and `groups` there
    are, and how many pictures and groups are shown otherwise now.
    """

    pictures: int
    ready: int
    named: int
    groups: int
    differing: int


NOTHING_CHOSEN = Chosen(0, 0, 0, 0, 0)


async def look_at(session: Session, session_id: UUID, choice: Choice) -> Chosen:
    """Return what a choice comes to among the pictures of a session."""
    [row] = await session.raw.fetch(_LOOK, session.account_id, session_id, *_values(choice))
    return Chosen(**row)


async def show(session: WriteSession, session_id: UUID, choice: Choice) -> None:
    """Have just the pictures of a choice shown, and the groups where it names those."""
    values = _values(choice)
    await session.raw.execute(_SHOW, session.account_id, session_id, *values[:3])
    if choice.shown_groups is not None:
        await session.raw.execute(_SHOW_GROUPS, session.account_id, session_id, values[3])


async def publish(session: WriteSession, sessions: Sequence[tuple[UUID, datetime]], by: UUID | None) -> None:
    """Give the galleries of sessions, each with the instant it went online, addresses that nobody guesses."""
    made = {new_id(): (session_id, token_urlsafe(ADDRESS_BYTES), at) for session_id, at in sessions}
    columns = (list(each) for each in zip(*made.values(), strict=True))
    found = await session.raw.fetch(_PUBLISH, session.account_id, by, list(made), *columns)
    new = [(sha256(made[row["id"]][1].encode()).digest(), row["id"]) for row in found]
    await session.raw.execute(
        _ADDRESS, session.account_id, [each for each, _ in new], [gallery_id for _, gallery_id in new]
    )


async def close(session: WriteSession, sessions: Collection[UUID], at: datetime) -> None:
    """End the galleries of sessions: their addresses lead nowhere from now on."""
    await session.raw.execute(_CLOSE, session.account_id, list(sessions), at)


async def forget(session: WriteSession, sessions: Collection[UUID]) -> None:
    """Forget the galleries of sessions that are no more, and where they were found."""
    ids = list(sessions)
    found = [row["id"] for row in await session.raw.fetch(_OF_SESSIONS, session.account_id, ids)]
    if found:
        await session.raw.execute(_FORGET_ADDRESSES, session.account_id, found)
    await session.raw.execute(_FORGET, session.account_id, ids)


async def zone(session: Session) -> ZoneInfo:
    """Return the zone of the company, by which galleries expire."""
    sql = "SELECT time_zone FROM companies WHERE account_id = $1 AND id = $1"
    return zone_of({"time_zone": await session.raw.fetchval(sql, session.account_id) or "UTC"}, None)


async def misplaced(session: Session, today: date, most: int) -> list[tuple[UUID, date | None]]:
    """Return so many sessions whose open gallery does not stand as its date says, each with that date."""
    rows = await session.raw.fetch(_MISPLACED, session.account_id, today, most)
    return [(row["id"], row["web_expire_date"]) for row in rows]


async def next_expiry(session: Session) -> date | None:
    """Return the next day on which an online gallery expires."""
    found: date | None = await session.raw.fetchval(_NEXT_EXPIRY, session.account_id)
    return found


async def gallery(session: Session, session_id: UUID) -> asyncpg.Record | None:
    """Return the latest publication of a session, and how many of its pictures there are and are shown."""
    return await session.raw.fetchrow(_GALLERY, session.account_id, session_id)


def _values(choice: Choice) -> tuple[list[UUID], list[str], list[UUID], list[UUID] | None]:
    shown = choice.shown_groups
    groups = None if shown is None else list(shown)
    return list(choice.pictures), list(choice.ratings), list(choice.groups), groups


_IS_CHOSEN = """p.state <> 'refused' AND (
    p.id = ANY($3::uuid[]) OR p.rating = ANY($4::text[]) OR EXISTS (
        SELECT FROM picture_group_members m
        WHERE m.account_id = $1 AND m.picture_id = p.id AND m.group_id = ANY($5::uuid[])
    )
)"""
_OF_THE_STUDIO = "g.account_id = $1 AND g.session_id = $2 AND NOT g.is_made_by_client"

_LOOK = f"""
WITH looked AS (
    SELECT p.id, p.state, p.is_online, {_IS_CHOSEN} AS is_chosen
    FROM pictures p WHERE p.account_id = $1 AND p.session_id = $2
)
SELECT count(*) FILTER (WHERE is_chosen) AS pictures,
    count(*) FILTER (WHERE is_chosen AND state = 'ready') AS ready,
    count(*) FILTER (WHERE state <> 'refused' AND id = ANY($3::uuid[])) AS named,
    (
        SELECT count(*) FROM picture_groups g
        WHERE g.account_id = $1 AND g.session_id = $2 AND g.id = ANY($5::uuid[])
    ) AS groups,
    count(*) FILTER (WHERE is_chosen <> is_online) + (
        SELECT count(*) FROM picture_groups g
        WHERE {_OF_THE_STUDIO} AND g.is_online <> (g.id = ANY($6::uuid[]))
    ) AS differing
FROM looked
"""
_SHOW = f"""
UPDATE pictures p SET is_online = NOT is_online
WHERE p.account_id = $1 AND p.session_id = $2 AND p.is_online <> ({_IS_CHOSEN})
"""
_SHOW_GROUPS = f"""
UPDATE picture_groups g SET is_online = NOT is_online
WHERE {_OF_THE_STUDIO} AND g.is_online <> (g.id = ANY($3::uuid[]))
"""
_PUBLISH = """
INSERT INTO galleries (account_id, published_by, id, session_id, address, published_at)
SELECT $1, $2, made.* FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::timestamptz[]) AS made
ON CONFLICT DO NOTHING
RETURNING id
"""
_ADDRESS = """
INSERT INTO gallery_addresses (account_id, address_hash, gallery_id)
SELECT $1, * FROM unnest($2::bytea[], $3::uuid[])
"""
_CLOSE = """
UPDATE galleries SET taken_down_at = $3
WHERE account_id = $1 AND session_id = ANY($2::uuid[]) AND taken_down_at IS NULL
"""
_OF_SESSIONS = "SELECT id FROM galleries WHERE account_id = $1 AND session_id = ANY($2::uuid[])"
_FORGET_ADDRESSES = "DELETE FROM gallery_addresses WHERE account_id = $1 AND gallery_id = ANY($2::uuid[])"
_FORGET = "DELETE FROM galleries WHERE account_id = $1 AND session_id = ANY($2::uuid[])"
_IS_OPEN = "gallery_state IN ('online', 'expired')"
_MISPLACED = f"""
SELECT id, web_expire_date FROM sessions
WHERE account_id = $1 AND {_IS_OPEN}
    AND (gallery_state = 'expired') <> coalesce(web_expire_date <= $2, false)
LIMIT $3
"""
_NEXT_EXPIRY = f"""
SELECT min(web_expire_date) FROM sessions WHERE account_id = $1 AND {_IS_OPEN} AND gallery_state = 'online'
"""
_GALLERY = """
SELECT g.address, g.published_at, g.published_by, g.taken_down_at, p.*
FROM (
    SELECT count(*) FILTER (WHERE state <> 'refused') AS images,
        count(*) FILTER (WHERE state <> 'refused' AND is_online) AS images_chosen
    FROM pictures WHERE account_id = $1 AND session_id = $2
) AS p
LEFT JOIN LATERAL (
    SELECT * FROM galleries WHERE account_id = $1 AND session_id = $2
    ORDER BY taken_down_at DESC NULLS FIRST LIMIT 1
) AS g ON true
"""
