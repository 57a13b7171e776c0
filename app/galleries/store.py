"""The only SQL of pictures; every statement names the account."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import func
from sqlmodel import col, select

from app.core.columns import named
from app.core.db import HERE, Session, WriteSession
from app.core.ids import NIL
from app.galleries.models import Picture, PictureGroup, PictureState, Rating
from app.galleries.upload_models import PictureSettings, PictureTask, PictureUpload, TaskKind, UploadState

Place = tuple[int, UUID]
"""Where a picture stands in its session, as pages go on behind it."""
BEFORE_ALL: Place = (-1, NIL)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pictures of a session are listed: all but for what is said."""

    session_id: UUID
    rating: Rating | None = None
    state: PictureState | None = None
    is_online: bool | None = None
    group_id: UUID | None = None


async def page(session: Session, wanted: Wanted, after: Place, most: int) -> list[tuple[Picture, list[UUID]]]:
    """Return so many pictures behind a place, in their order, each with the groups it is in."""
    rows = await session.raw.fetch(
        f"""
        SELECT {named(Picture, "p")}, ARRAY(
            SELECT m.group_id FROM picture_group_members m
            WHERE m.account_id = $1 AND m.picture_id = p.id ORDER BY m.group_id
        ) AS group_ids
        FROM pictures p
        WHERE p.account_id = $1 AND p.session_id = $2 AND (p.position, p.id) > ($3, $4)
            AND ($5::text IS NULL OR p.rating = $5) AND ($6::text IS NULL OR p.state = $6)
            AND ($7::boolean IS NULL OR p.is_online = $7)
            AND ($8::uuid IS NULL OR EXISTS (
                SELECT FROM picture_group_members g
                WHERE g.account_id = $1 AND g.group_id = $8 AND g.picture_id = p.id
            ))
        ORDER BY p.position, p.id LIMIT $9
        """,
        session.account_id,
        wanted.session_id,
        *after,
        wanted.rating,
        wanted.state,
        wanted.is_online,
        wanted.group_id,
        most,
    )
    return [(_picture(row), row["group_ids"]) for row in rows]


def _picture(row: Any) -> Picture:
    return Picture(**{name: row[name] for name in Picture.model_fields})


async def picture(session: Session, picture_id: UUID) -> Picture | None:
    """Return a picture."""
    return await session.get(Picture, (session.account_id, picture_id))


async def page_after(session: Session, after: UUID, most: int) -> Sequence[Picture]:
    """Return so many pictures of the account behind an id, in the order of their ids."""
    sql = select(Picture).where(col(Picture.account_id) == session.account_id, col(Picture.id) > after)
    return (await session.exec(sql.order_by(col(Picture.id)).limit(most))).all()


async def there(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Return of which ids there is a picture, an upload, or something to be done about either."""
    rows = await session.raw.fetch(_THERE, session.account_id, list(ids))
    return {row["id"] for row in rows}


_THERE = """
SELECT id FROM pictures WHERE account_id = $1 AND id = ANY($2::uuid[])
UNION SELECT id FROM picture_uploads WHERE account_id = $1 AND id = ANY($2::uuid[])
UNION SELECT picture_id FROM picture_tasks WHERE account_id = $1 AND picture_id = ANY($2::uuid[])
"""


async def some(session: Session, session_id: UUID, ids: Collection[UUID]) -> Sequence[Picture]:
    """Return those of some pictures that are a session's."""
    sql = select(Picture).where(
        col(Picture.account_id) == session.account_id,
        col(Picture.session_id) == session_id,
        col(Picture.id).in_([*ids]),
    )
    return (await session.exec(sql)).all()


async def count_known(session: Session, session_id: UUID, ids: Collection[UUID]) -> int:
    """Count those of some pictures that are a session's."""
    sql = "SELECT count(*) FROM pictures WHERE account_id = $1 AND session_id = $2 AND id = ANY ($3)"
    return int(await session.raw.fetchval(sql, session.account_id, session_id, [*ids]))


async def count_states(session: Session, session_id: UUID) -> dict[str, int]:
    """Count a session's pictures by state."""
    sql = "SELECT state, count(*) FROM pictures WHERE account_id = $1 AND session_id = $2 GROUP BY state"
    return {
        row["state"]: row["count"] for row in await session.raw.fetch(sql, session.account_id, session_id)
    }


async def count_online(session: Session, session_ids: Collection[UUID]) -> dict[UUID, int]:
    """Count the pictures of sessions that are online and ready, of those that have some."""
    rows = await session.raw.fetch(
        "SELECT session_id, count(*) FROM pictures WHERE account_id = $1 AND session_id = ANY ($2)"
        " AND is_online AND state = 'ready' GROUP BY session_id",
        session.account_id,
        [*session_ids],
    )
    return {row["session_id"]: row["count"] for row in rows}


_LOOK = """
    SELECT p.is_online AND p.state = 'ready' AS is_chosen, s.gallery_state, s.is_shown_online, s.is_cancelled,
        s.is_on_hold, s.gallery_images, s.date::text AS date, s.web_expire_date::text AS web_expire_date,
        c.has_galleries, c.is_expired_gallery_hidden, a.time_zone, a.subscription_state
    FROM pictures p
    JOIN sessions s ON s.account_id = p.account_id AND s.id = p.session_id
    JOIN companies c ON c.account_id = p.account_id
    JOIN accounts a ON a.account_id = p.account_id
    WHERE p.account_id = {account} AND p.id = $2 AND p.session_id = $3
"""
_LOOK_AT_ONCE = (
    f"SELECT looked.* FROM {HERE} CROSS JOIN LATERAL"
    f" ({_LOOK.format(account='here.account_id')} OFFSET 0) AS looked"
)


async def look(session: Session, session_id: UUID, picture_id: UUID) -> asyncpg.Record | None:
    """Return all by which it is judged whether a client sees a picture."""
    return await session.raw.fetchrow(_LOOK.format(account="$1"), session.account_id, picture_id, session_id)


async def glance(
    connection: "asyncpg.Connection[asyncpg.Record]", account_id: UUID, session_id: UUID, picture_id: UUID
) -> asyncpg.Record | None:
    """Return the same in a statement of its own, in no transaction."""
    return await connection.fetchrow(_LOOK_AT_ONCE, account_id, picture_id, session_id)


async def names_taken(session: Session, session_id: UUID, names: Collection[str]) -> set[str]:
    """Return those of some names in small letters that pictures of a session have."""
    rows = await session.raw.fetch(
        "SELECT lower(name) AS name FROM pictures"
        " WHERE account_id = $1 AND session_id = $2 AND lower(name) = ANY ($3)",
        session.account_id,
        session_id,
        [each.lower() for each in names],
    )
    return {row["name"] for row in rows}


async def is_number_taken(session: Session, session_id: UUID, number: str, names: Collection[str]) -> bool:
    """Say whether a picture of a session, of one of the names it may have then, has a number in any case."""
    sql = """
        SELECT EXISTS (
            SELECT FROM pictures WHERE account_id = $1 AND session_id = $2 AND lower(number) = lower($3)
                AND lower(name) = ANY (ARRAY(SELECT lower(name) FROM unnest($4::text[]) AS name))
        )"""
    return bool(await session.raw.fetchval(sql, session.account_id, session_id, number, [*names]))


async def rate(session: WriteSession, session_id: UUID, ids: Collection[UUID], rating: Rating) -> int:
    """Rate pictures of a session, and count those that were rated otherwise."""
    return await _set(session, session_id, ids, "rating", rating.value)


async def show(session: WriteSession, session_id: UUID, ids: Collection[UUID], *, is_online: bool) -> int:
    """Choose pictures of a session for its gallery or leave them out, and count those that were not so."""
    return await _set(session, session_id, ids, "is_online", is_online)


async def _set(session: WriteSession, session_id: UUID, ids: Collection[UUID], name: str, value: Any) -> int:
    done = await session.raw.execute(
        f"UPDATE pictures SET {name} = $4"
        f" WHERE account_id = $1 AND session_id = $2 AND id = ANY ($3) AND {name} <> $4",
        session.account_id,
        session_id,
        [*ids],
        value,
    )
    return int(done.split()[-1])


@dataclass(frozen=True, slots=True)
class Gone:
    """A picture that was deleted, and how many bytes its original has."""

    picture_id: UUID
    session_id: UUID
    size_bytes: int


async def delete(session: WriteSession, session_id: UUID, ids: Collection[UUID]) -> list[Gone]:
    """Delete pictures of a session with their places in groups."""
    rows = await session.raw.fetch(
        "DELETE FROM pictures WHERE account_id = $1 AND session_id = $2 AND id = ANY ($3)"
        " RETURNING id, session_id, size_bytes",
        session.account_id,
        session_id,
        [*ids],
    )
    return [Gone(*row) for row in rows]


async def delete_of_sessions(session: WriteSession, session_ids: Collection[UUID]) -> list[Gone]:
    """Delete all pictures of sessions with their places in groups."""
    rows = await session.raw.fetch(
        "DELETE FROM pictures WHERE account_id = $1 AND session_id = ANY ($2)"
        " RETURNING id, session_id, size_bytes",
        session.account_id,
        [*session_ids],
    )
    return [Gone(*row) for row in rows]


async def add_tasks(
    session: WriteSession, kind: TaskKind, pictures: Sequence[tuple[UUID, UUID]], due_at: datetime
) -> None:
    """Note what is to be done about pictures, each with its session, anew where it was noted before."""
    await session.raw.execute(
        "INSERT INTO picture_tasks (account_id, kind, picture_id, session_id, due_at, tries)"
        " SELECT $1, $2, made.*, $5, 0 FROM unnest($3::uuid[], $4::uuid[]) AS made"
        " ON CONFLICT (account_id, kind, picture_id) DO UPDATE SET due_at = excluded.due_at, tries = 0",
        session.account_id,
        kind.value,
        [picture_id for picture_id, _ in pictures],
        [session_id for _, session_id in pictures],
        due_at,
    )


async def of_no_session(session: Session, most: int) -> list[tuple[UUID, list[UUID]]]:
    """Return sessions that are not there any more, each with so many pictures it has left."""
    rows = await session.raw.fetch(
        """
        SELECT session_id, (array_agg(id))[:$2] AS ids FROM pictures p WHERE account_id = $1
            AND NOT EXISTS (SELECT FROM sessions s WHERE s.account_id = $1 AND s.id = p.session_id)
        GROUP BY session_id
        """,
        session.account_id,
        most,
    )
    return [(row["session_id"], row["ids"]) for row in rows]


async def delete_groups(session: WriteSession, session_ids: Collection[UUID]) -> None:
    """Delete the groups of sessions."""
    sql = "DELETE FROM picture_groups WHERE account_id = $1 AND session_id = ANY ($2)"
    await session.raw.execute(sql, session.account_id, [*session_ids])


async def next_position(session: Session, session_id: UUID) -> int:
    """Return the place behind all pictures of a session, and those on their way."""
    sql = """
        SELECT 1 + greatest(
            (SELECT max(position) FROM pictures WHERE account_id = $1 AND session_id = $2),
            (SELECT max(position) FROM picture_uploads WHERE account_id = $1 AND session_id = $2),
            0
        )"""
    return int(await session.raw.fetchval(sql, session.account_id, session_id))


async def stored(session: Session) -> tuple[int, int]:
    """Return how many bytes of originals an account keeps, and how many files are on their way."""
    sql = "SELECT kept_bytes, uploads FROM picture_storage WHERE account_id = $1"
    row = await session.raw.fetchrow(sql, session.account_id)
    return (row["kept_bytes"], row["uploads"]) if row else (0, 0)


async def store_more(session: WriteSession, kept_bytes: int, uploads: int) -> None:
    """Note that an account keeps so many bytes more, and has so many more files on their way, or fewer."""
    await session.raw.execute(
        "INSERT INTO picture_storage AS s (account_id, kept_bytes, uploads) VALUES ($1, $2, $3)"
        " ON CONFLICT (account_id) DO UPDATE"
        " SET kept_bytes = s.kept_bytes + excluded.kept_bytes, uploads = s.uploads + excluded.uploads",
        session.account_id,
        kept_bytes,
        uploads,
    )


async def upload(session: Session, upload_id: UUID) -> PictureUpload | None:
    """Return an upload."""
    return await session.get(PictureUpload, (session.account_id, upload_id))


async def uploads(session: Session, session_id: UUID, most: int) -> Sequence[PictureUpload]:
    """Return so many uploads of a session, in the order they were begun, those refused first."""
    sql = (
        select(PictureUpload)
        .where(
            col(PictureUpload.account_id) == session.account_id, col(PictureUpload.session_id) == session_id
        )
        .order_by(
            col(PictureUpload.state) != UploadState.REFUSED.value,
            col(PictureUpload.position),
            col(PictureUpload.id),
        )
        .limit(most)
    )
    return (await session.exec(sql)).all()


async def count_uploads(session: Session, session_id: UUID) -> dict[str, int]:
    """Count a session's uploads by state."""
    sql = (
        select(col(PictureUpload.state), func.count())
        .where(
            col(PictureUpload.account_id) == session.account_id, col(PictureUpload.session_id) == session_id
        )
        .group_by(col(PictureUpload.state))
    )
    return dict((await session.exec(sql)).all())


@dataclass(frozen=True, slots=True)
class Arrived:
    """Parts that have arrived, and how many bytes they have together."""

    parts: Sequence[UUID]
    size_bytes: int


async def go_on(session: Session, upload_id: UUID, begin: int, arrived: Arrived, until: datetime) -> bool:
    """Add parts to an upload that has come to `begin`, and say whether it had."""
    done = await session.raw.execute(
        "UPDATE picture_uploads SET received = received + $4, parts = parts || $5::uuid[], expires_at = $6"
        " WHERE account_id = $1 AND id = $2 AND received = $3 AND state = 'receiving'",
        session.account_id,
        upload_id,
        begin,
        arrived.size_bytes,
        arrived.parts,
        until,
    )
    return bool(done.endswith(" 1"))


async def add_task(
    session: WriteSession, kind: TaskKind, picture_id: UUID, session_id: UUID, due_at: datetime
) -> None:
    """Note what is to be done, anew where it was noted before."""
    await session.raw.execute(
        "INSERT INTO picture_tasks (account_id, kind, picture_id, session_id, due_at, tries)"
        " VALUES ($1, $2, $3, $4, $5, 0)"
        " ON CONFLICT (account_id, kind, picture_id) DO UPDATE SET due_at = excluded.due_at, tries = 0",
        session.account_id,
        kind.value,
        picture_id,
        session_id,
        due_at,
    )


async def end_task(session: WriteSession, kind: TaskKind, picture_ids: Collection[UUID]) -> int:
    """Forget what is done, or need not be done any more, and count what was noted."""
    done = await session.raw.execute(
        "DELETE FROM picture_tasks WHERE account_id = $1 AND kind = $2 AND picture_id = ANY ($3)",
        session.account_id,
        kind.value,
        [*picture_ids],
    )
    return int(done.split()[-1])


async def move_task(session: WriteSession, kind: TaskKind, picture_id: UUID, due_at: datetime) -> None:
    """Put something off, or bring it forward."""
    await session.raw.execute(
        "UPDATE picture_tasks SET due_at = $4 WHERE account_id = $1 AND kind = $2 AND picture_id = $3",
        session.account_id,
        kind.value,
        picture_id,
        due_at,
    )


async def claim(session: WriteSession, now: datetime, until: datetime, most: int) -> list[PictureTask]:
    """Return so many tasks that are due, the longest ago first; until an instant they are nobody else's."""
    rows = await session.raw.fetch(
        f"""
        UPDATE picture_tasks t SET due_at = $3, tries = t.tries + 1
        FROM (
            SELECT kind, picture_id FROM picture_tasks WHERE account_id = $1 AND due_at <= $2
            ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED
        ) AS found
        WHERE t.account_id = $1 AND t.kind = found.kind AND t.picture_id = found.picture_id
        RETURNING {named(PictureTask, "t")}
        """,
        session.account_id,
        now,
        until,
        most,
    )
    return [PictureTask(**{name: row[name] for name in PictureTask.model_fields}) for row in rows]


async def next_due(session: Session) -> datetime | None:
    """Return when something is next to be done about a picture of the account."""
    sql = "SELECT min(due_at) FROM picture_tasks WHERE account_id = $1"
    found: datetime | None = await session.raw.fetchval(sql, session.account_id)
    return found


async def settings(session: Session) -> PictureSettings | None:
    """Return how the company wants its pictures shown, if it has ever said so."""
    return await session.get(PictureSettings, session.account_id)


async def outdated(session: Session, as_of: datetime, most: int) -> list[tuple[UUID, UUID]]:
    """Return so many pictures that are shown as other settings had it, each with its session."""
    rows = await session.raw.fetch(
        f"SELECT id, session_id FROM pictures p WHERE {_OUTDATED} AND NOT EXISTS ("
        " SELECT FROM picture_tasks t WHERE t.account_id = $1 AND t.kind = 'render' AND t.picture_id = p.id"
        ") LIMIT $3",
        session.account_id,
        as_of,
        most,
    )
    return [(row["id"], row["session_id"]) for row in rows]


async def count_outdated(session: Session, as_of: datetime) -> int:
    """Count the pictures that are shown as other settings had it."""
    sql = f"SELECT count(*) FROM pictures WHERE {_OUTDATED}"
    return int(await session.raw.fetchval(sql, session.account_id, as_of))


_OUTDATED = "account_id = $1 AND state = 'ready' AND rendered_as_of IS DISTINCT FROM $2"


async def groups(session: Session, session_id: UUID) -> list[tuple[PictureGroup, int]]:
    """Return the groups of a session, the oldest first, each with how many pictures it has."""
    rows = await session.raw.fetch(
        f"""
        SELECT {named(PictureGroup, "g")}, (
            SELECT count(*) FROM picture_group_members m WHERE m.account_id = $1 AND m.group_id = g.id
        ) AS pictures
        FROM picture_groups g WHERE g.account_id = $1 AND g.session_id = $2 ORDER BY g.made_at, g.id
        """,
        session.account_id,
        session_id,
    )
    return [
        (PictureGroup(**{name: row[name] for name in PictureGroup.model_fields}), row["pictures"])
        for row in rows
    ]


async def group(session: Session, group_id: UUID) -> PictureGroup | None:
    """Return a group."""
    return await session.get(PictureGroup, (session.account_id, group_id))


async def count_members(session: Session, group_id: UUID) -> int:
    """Count the pictures of a group."""
    sql = "SELECT count(*) FROM picture_group_members WHERE account_id = $1 AND group_id = $2"
    return int(await session.raw.fetchval(sql, session.account_id, group_id))


async def add_members(session: WriteSession, group_id: UUID, ids: Collection[UUID]) -> None:
    """Put pictures into a group."""
    await session.raw.execute(
        "INSERT INTO picture_group_members (account_id, group_id, picture_id)"
        " SELECT $1, $2, unnest($3::uuid[]) ON CONFLICT DO NOTHING",
        session.account_id,
        group_id,
        [*ids],
    )


async def remove_members(session: WriteSession, group_id: UUID, ids: Collection[UUID]) -> None:
    """Take pictures out of a group."""
    await session.raw.execute(
        "DELETE FROM picture_group_members WHERE account_id = $1 AND group_id = $2 AND picture_id = ANY ($3)",
        session.account_id,
        group_id,
        [*ids],
    )
