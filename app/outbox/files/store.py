"""The only SQL about files that go with letters; every statement names the account."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from app.core.db import Session, WriteSession
from app.outbox.models import LetterFile

_LISTED = """
SELECT file_id, name, media_type, size, made_at, made_by FROM letter_files
WHERE account_id = $1 ORDER BY made_at DESC, file_id DESC
"""
_ROOM = """
SELECT count(*) AS files, coalesce(sum(size), 0)::bigint AS bytes FROM letter_files WHERE account_id = $1
"""
_SIZES = "SELECT file_id, size FROM letter_files WHERE account_id = $1 AND file_id = ANY($2::uuid[])"
_GOES = """
SELECT EXISTS (SELECT FROM letters
    WHERE account_id = $1 AND state IN ('waiting', 'sending') AND content -> 'file_ids' ? $2::text)
"""


@dataclass(frozen=True, slots=True)
class Room:
    """How many files an account has, and of how many bytes."""

    files: int
    bytes: int


async def listed(session: Session) -> Sequence[asyncpg.Record]:
    """Return all files without what is in them, the newest first."""
    return await session.raw.fetch(_LISTED, session.account_id)


async def room(session: Session) -> Room:
    """Return how much is kept."""
    [row] = await session.raw.fetch(_ROOM, session.account_id)
    return Room(**row)


async def sizes(session: Session, ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the bytes of some files, of those there are."""
    rows = await session.raw.fetch(_SIZES, session.account_id, list(ids))
    return {row["file_id"]: row["size"] for row in rows}


async def file(session: Session, file_id: UUID) -> LetterFile | None:
    """Return a file with what is in it."""
    return await session.get(LetterFile, (session.account_id, file_id))


async def goes_with_a_letter(session: Session, file_id: UUID) -> bool:
    """Say whether a letter that waits, or is being sent, has a file with it."""
    return bool(await session.raw.fetchval(_GOES, session.account_id, str(file_id)))


async def add(session: WriteSession, row: LetterFile) -> None:
    """Keep a file."""
    session.add(row)
    await session.flush()


async def remove(session: WriteSession, row: LetterFile) -> None:
    """Forget a file."""
    await session.delete(row)
    await session.flush()
