"""The only SQL of what comes in by email; every statement names the account."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from app.core.db import Session, WriteSession

_LETTERS = """
SELECT letter_id, collection, purpose, client_id, message_id, to_addresses FROM letters
WHERE account_id = $1 AND message_id = ANY($2::text[])
"""
_CLIENTS = """
SELECT client_id FROM client_likenesses
WHERE account_id = $1 AND kind = 'email' AND value = lower(btrim($2)) ORDER BY client_id LIMIT 50
"""
_WRITTEN_LAST = """
SELECT asked.client_id FROM unnest($2::uuid[]) AS asked(client_id)
CROSS JOIN LATERAL (
    SELECT made_at FROM letters
    WHERE account_id = $1 AND client_id = asked.client_id AND channel = 'email'
    ORDER BY made_at DESC LIMIT 1
) AS last
ORDER BY last.made_at DESC, asked.client_id LIMIT 1
"""
_CAME_BACK = """
UPDATE letters SET last_code = $3, last_said = $4
WHERE account_id = $1 AND letter_id = $2 AND state = 'sent'
"""
_PROGRESS = """
UPDATE mail_servers SET in_last = greatest(in_last, $3)
WHERE account_id = $1 AND in_validity = $2
"""
_BEGIN_ANEW = "UPDATE mail_servers SET in_validity = $2, in_last = $3 WHERE account_id = $1"
_LOOKED = """
UPDATE mail_servers
SET in_checked_at = $3, in_code = CASE WHEN $4::text IS NULL AND in_code = $5 THEN in_code ELSE $4 END
WHERE account_id = $1 AND version = $2
"""


async def letters(session: Session, message_ids: Sequence[str]) -> dict[str, asyncpg.Record]:
    """Return letters of the account by their `Message-ID`s."""
    rows = await session.raw.fetch(_LETTERS, session.account_id, message_ids)
    return {row["message_id"]: row for row in rows}


async def clients(session: Session, address: str) -> list[UUID]:
    """Return the clients an email address is known of."""
    rows = await session.raw.fetch(_CLIENTS, session.account_id, address)
    return [row["client_id"] for row in rows]


async def written_to_last(session: Session, clients: Sequence[UUID]) -> UUID | None:
    """Return which of some clients an email was last written to, if any was to one of them."""
    found: UUID | None = await session.raw.fetchval(_WRITTEN_LAST, session.account_id, clients)
    return found


async def came_back(session: WriteSession, letter_id: UUID, code: str, said: str | None) -> None:
    """Write down what was reported of a letter that was sent."""
    await session.raw.execute(_CAME_BACK, session.account_id, letter_id, code, said)


async def progress(session: WriteSession, validity: int, uid: int) -> None:
    """Write down that a mailbox was read so far."""
    await session.raw.execute(_PROGRESS, session.account_id, validity, uid)


async def begin_anew(session: WriteSession, validity: int, newest: int) -> None:
    """Have a mailbox be read from behind its newest email on."""
    await session.raw.execute(_BEGIN_ANEW, session.account_id, validity, newest)


async def looked(session: Session, version: int, at: datetime, code: str | None, *, standing: str) -> bool:
    """Write down when a mailbox was last looked into, and what stood in the way; say whether it is the same.

    One code is `standing` where nothing does: somebody is to see it.
    """
    arguments = (session.account_id, version, at, code, standing)
    answer = await session.raw.execute(_LOOKED, *arguments)
    return bool(answer != "UPDATE 0")
