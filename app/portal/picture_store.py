"""The SQL of what a client sees and marks: pictures that are online, page by page, and groups of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

import asyncpg

from app.core import clock
from app.core.db import Session, WriteSession
from app.core.ids import new_id

MOST_GROUPS = 30
"""So many groups of their own a client has."""
FAVOURITES = "Favourites"

_SHOWN = "p.account_id = $1 AND p.session_id = $2 AND p.is_online AND p.state = 'ready'"
_IN = """EXISTS (SELECT FROM picture_group_members m
    WHERE m.account_id = p.account_id AND m.group_id = {group} AND m.picture_id = p.id)"""
_COLUMNS = (
    "p.id, p.name, p.number, p.width, p.height, p.media_type, p.rendered_as_of,"
    f" {_IN.format(group='$3')} AS is_favourite"
)
_THERE = (
    "(SELECT a.position, a.id FROM pictures a WHERE a.account_id = $1 AND a.session_id = $2 AND a.id = $5)"
)
_WANTED = f"{_SHOWN} AND ($4::uuid IS NULL OR {_IN.format(group='$4')})"
_PAGE = f"""
SELECT {_COLUMNS} FROM pictures p
WHERE {_WANTED} AND ($5::uuid IS NULL OR (p.position, p.id) > {_THERE})
ORDER BY p.position, p.id LIMIT $6
"""
_BEFORE = f"""
SELECT {_COLUMNS} FROM pictures p
WHERE {_WANTED} AND (p.position, p.id) < {_THERE}
ORDER BY p.position DESC, p.id DESC LIMIT $6
"""
_ONE = f"SELECT {_COLUMNS} FROM pictures p WHERE {_SHOWN} AND p.id = $4"
_NUMBERED = f"SELECT p.number FROM pictures p WHERE {_SHOWN} AND p.id = $3"
_BY_NUMBER = f"SELECT {_COLUMNS} FROM pictures p WHERE {_SHOWN} AND p.number = ANY($4::text[])"
_COUNT = f"SELECT count(*) FROM pictures p WHERE {_SHOWN}"
_GROUPS = f"""
SELECT g.id, g.name, g.is_made_by_client, (
    SELECT count(*) FROM picture_group_members n
    JOIN pictures p ON p.account_id = n.account_id AND p.id = n.picture_id
    WHERE n.account_id = g.account_id AND n.group_id = g.id AND {_SHOWN}) AS pictures
FROM picture_groups g
WHERE g.account_id = $1 AND g.session_id = $2 AND (g.is_made_by_client OR g.is_online)
ORDER BY g.made_at, g.id
"""
_ADD_GROUP = """
INSERT INTO picture_groups (account_id, id, session_id, name, is_online, is_made_by_client, made_at)
VALUES ($1, $2, $3, $4, false, true, $5) ON CONFLICT (account_id, id) DO NOTHING
"""
_OWN = "account_id = $1 AND session_id = $2 AND id = $3 AND is_made_by_client"
_PUT_IN = """
INSERT INTO picture_group_members (account_id, group_id, picture_id) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as it is shown."""

    id: UUID
    name: str
    number: str
    width: int | None
    height: int | None
    media_type: str
    rendered_as_of: datetime | None
    is_favourite: bool


def favourites_of(session_id: UUID) -> UUID:
    """Return the id of the group that holds the favourites of a session's client."""
    return uuid5(session_id, "favourites")


async def page(
    session: Session, session_id: UUID, group_id: UUID | None, after: UUID | None, most: int
) -> list[Shown]:
    """Return so many pictures of a session, or of a group, behind one of them."""
    asked = session_id, favourites_of(session_id), group_id, after, most
    return [Shown(**row) for row in await session.raw.fetch(_PAGE, session.account_id, *asked)]


async def before(session: Session, session_id: UUID, group_id: UUID | None, of: UUID) -> Shown | None:
    """Return the picture before another."""
    asked = session_id, favourites_of(session_id), group_id, of, 1
    row = await session.raw.fetchrow(_BEFORE, session.account_id, *asked)
    return Shown(**row) if row else None


async def one(session: Session, session_id: UUID, picture_id: UUID) -> Shown | None:
    """Return a picture, if it is shown."""
    asked = session_id, favourites_of(session_id), picture_id
    row = await session.raw.fetchrow(_ONE, session.account_id, *asked)
    return Shown(**row) if row else None


async def number_of(session: Session, session_id: UUID, picture_id: UUID) -> str | None:
    """Return what orders and the yearbook call a picture, if it is shown."""
    found: str | None = await session.raw.fetchval(_NUMBERED, session.account_id, session_id, picture_id)
    return found


async def numbered(session: Session, session_id: UUID, numbers: Collection[str]) -> dict[str, Shown]:
    """Return the pictures that orders call by some numbers, those that are shown."""
    asked = session_id, favourites_of(session_id), list(numbers)
    rows = await session.raw.fetch(_BY_NUMBER, session.account_id, *asked) if numbers else []
    return {row["number"]: Shown(**row) for row in rows}


async def count(session: Session, session_id: UUID) -> int:
    """Return how many pictures are shown."""
    return int(await session.raw.fetchval(_COUNT, session.account_id, session_id))


async def groups(session: Session, session_id: UUID) -> Sequence[asyncpg.Record]:
    """Return the client's own groups and those online, with how many pictures are shown of each."""
    return await session.raw.fetch(_GROUPS, session.account_id, session_id)


async def groups_with(session: Session, picture_id: UUID) -> set[UUID]:
    """Return the groups a picture is in."""
    sql = "SELECT group_id FROM picture_group_members WHERE account_id = $1 AND picture_id = $2"
    return {row["group_id"] for row in await session.raw.fetch(sql, session.account_id, picture_id)}


async def own_groups(session: Session, session_id: UUID) -> dict[UUID, str]:
    """Return the names of the groups a client has made, but for the favourites."""
    sql = (
        "SELECT id, name FROM picture_groups WHERE account_id = $1 AND session_id = $2 AND is_made_by_client"
    )
    rows = await session.raw.fetch(sql, session.account_id, session_id)
    return {row["id"]: row["name"] for row in rows if row["id"] != favourites_of(session_id)}


async def add_group(session: WriteSession, session_id: UUID, name: str) -> UUID:
    """Make a group for a client."""
    group_id = new_id()
    await session.raw.execute(_ADD_GROUP, session.account_id, group_id, session_id, name, clock.now())
    return group_id


async def rename_group(session: WriteSession, session_id: UUID, group_id: UUID, name: str) -> None:
    """Give a group of the client's own another name."""
    sql = f"UPDATE picture_groups SET name = $4 WHERE {_OWN}"
    await session.raw.execute(sql, session.account_id, session_id, group_id, name)


async def remove_group(session: WriteSession, session_id: UUID, group_id: UUID) -> None:
    """Remove a group of the client's own; its pictures stay."""
    await session.raw.execute(
        f"DELETE FROM picture_groups WHERE {_OWN}", session.account_id, session_id, group_id
    )


async def mark(session: WriteSession, session_id: UUID, picture_id: UUID, *, is_favourite: bool) -> None:
    """Put a picture among the favourites, or take it out."""
    group_id = favourites_of(session_id)
    if is_favourite:
        await session.raw.execute(
            _ADD_GROUP, session.account_id, group_id, session_id, FAVOURITES, clock.now()
        )
    await put(session, group_id, picture_id, is_in=is_favourite)


async def put(session: WriteSession, group_id: UUID, picture_id: UUID, *, is_in: bool) -> None:
    """Put a picture into a group, or take it out."""
    sql = "DELETE FROM picture_group_members WHERE account_id = $1 AND group_id = $2 AND picture_id = $3"
    await session.raw.execute(_PUT_IN if is_in else sql, session.account_id, group_id, picture_id)


async def numbers_of(session: Session, session_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    """Return what orders call some pictures, those that are shown."""
    sql = f"SELECT p.id, p.number FROM pictures p WHERE {_SHOWN} AND p.id = ANY($3::uuid[])"
    return {
        row["id"]: row["number"]
        for row in await session.raw.fetch(sql, session.account_id, session_id, list(ids))
    }
