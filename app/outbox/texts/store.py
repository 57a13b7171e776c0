"""The only SQL of texts: lines, whose a number is, and who wants no more; each names the account."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlmodel import select

from app.core.columns import named
from app.core.db import Session, WriteSession
from app.outbox.models import PostedLetter, TextLine

_COMPANY = "SELECT country, time_zone FROM companies WHERE account_id = $1 AND id = $1"
_SENT = """
SELECT sent FROM letter_counts
WHERE account_id = $1 AND channel = 'text' AND month = date_trunc('month', $2::date)::date
"""
_CLIENTS = """
SELECT DISTINCT client_id FROM client_likenesses
WHERE account_id = $1 AND kind = 'phone' AND value = ANY($2::text[]) LIMIT 200
"""
_LAST_TEXTED = """
SELECT client_id FROM letters
WHERE account_id = $1 AND client_id = ANY($2::uuid[]) AND channel = 'text' AND $3 = ANY(to_addresses)
ORDER BY made_at DESC LIMIT 1
"""
_OTHERS = """
SELECT provider_ref FROM letters WHERE account_id = $1 AND provider_ref = ANY($2::text[])
"""
_STOP = """
INSERT INTO letter_blocks AS known (account_id, channel, address_key, reason, at, letter_id, phones)
VALUES ($1, 'text', $2, 'stopped', $3, $4, $5::text::jsonb)
ON CONFLICT (account_id, channel, address_key) DO UPDATE
SET phones = coalesce(known.phones, '[]') || excluded.phones WHERE known.reason = 'stopped'
"""
_START = """
DELETE FROM letter_blocks
WHERE account_id = $1 AND channel = 'text' AND address_key = $2 AND reason = 'stopped'
RETURNING phones::text AS phones
"""
_LETTER = f"""
SELECT {named(PostedLetter)} FROM letters
WHERE account_id = $1 AND channel = 'text' AND (letter_id = $2 OR $2 IS NULL AND provider_ref = $3)
LIMIT 1
"""
_ADOPT = """
UPDATE letters SET state = 'sent', claim = NULL, ended_at = $3, provider_ref = $4, last_code = NULL,
    last_said = NULL, done_addresses = to_addresses, sealed = NULL, doubted_at = NULL
WHERE account_id = $1 AND letter_id = $2
"""
_GIVE_UP = f"""
UPDATE letters SET state = 'failed', ended_at = $2, last_code = 'doubtful', last_said = NULL, sealed = NULL
WHERE account_id = $1 AND channel = 'text' AND state = 'waiting' AND doubted_at IS NOT NULL
RETURNING {named(PostedLetter)}
"""
_FAIL = """
UPDATE letters SET state = 'failed', ended_at = $3, last_code = $4, last_said = $5, done_addresses = '{}'
WHERE account_id = $1 AND letter_id = $2 AND state = 'sent'
"""


@dataclass(frozen=True, slots=True)
class Company:
    """Where the company is."""

    country: str | None
    time_zone: str


async def company(session: Session) -> Company:
    """Return where the company is."""
    row = await session.raw.fetchrow(_COMPANY, session.account_id)
    return Company(row["country"], row["time_zone"]) if row else Company(None, "UTC")


async def line(session: Session) -> TextLine | None:
    """Return the account's text line."""
    kept = select(TextLine).where(TextLine.account_id == session.account_id)
    return (await session.exec(kept)).one_or_none()


async def remove(session: WriteSession, kept: TextLine) -> None:
    """Forget it."""
    await session.delete(kept)
    await session.flush()


async def sent_in_month(session: Session, day: date) -> int:
    """Return how many texts went in the month of a day."""
    return int(await session.raw.fetchval(_SENT, session.account_id, day) or 0)


async def clients_with(session: Session, digits: Sequence[str]) -> list[UUID]:
    """Return the clients one of whose numbers has some digits and no others."""
    rows = await session.raw.fetch(_CLIENTS, session.account_id, digits)
    return [row["client_id"] for row in rows]


async def last_texted(session: Session, clients: Collection[UUID], number: str) -> UUID | None:
    """Return to which of some clients a number was texted last."""
    found: UUID | None = await session.raw.fetchval(_LAST_TEXTED, session.account_id, list(clients), number)
    return found


async def other_letters(session: Session, refs: Collection[str]) -> set[str]:
    """Return which of the provider's messages are known as letters."""
    rows = await session.raw.fetch(_OTHERS, session.account_id, list(refs))
    return {row["provider_ref"] for row in rows}


async def stop(
    session: WriteSession, number: str, at: datetime, letter_id: UUID | None, phones: list[dict[str, str]]
) -> None:
    """Have no text go to a number, and keep which clients' phones were marked for texts until now."""
    told = orjson.dumps(phones).decode()
    await session.raw.execute(_STOP, session.account_id, number, at, letter_id, told)


async def start(session: WriteSession, number: str) -> list[dict[str, str]] | None:
    """Let texts go to a number again, and return whose phones were marked; none if it never stopped."""
    row = await session.raw.fetchrow(_START, session.account_id, number)
    if row is None:
        return None
    found: list[dict[str, str]] = orjson.loads(row["phones"] or "[]")
    return found


async def letter(session: Session, letter_id: UUID | None, ref: str) -> asyncpg.Record | None:
    """Return the letter of some news: by its id, else by the provider's name of it."""
    return await session.raw.fetchrow(_LETTER, session.account_id, letter_id, ref)


async def adopt(session: WriteSession, row: Any, now: datetime, ref: str) -> None:
    """Write down that a letter was taken in, as the provider says."""
    await session.raw.execute(_ADOPT, session.account_id, row["letter_id"], now, ref)


async def give_up_in_doubt(session: WriteSession, now: datetime) -> list[asyncpg.Record]:
    """Look no more for texts in doubt, and return them."""
    return list(await session.raw.fetch(_GIVE_UP, session.account_id, now))


async def fail(session: WriteSession, row: Any, now: datetime, code: str, said: str | None) -> bool:
    """Write down that a letter that was taken in did not arrive; say whether that is news."""
    answer = await session.raw.execute(_FAIL, session.account_id, row["letter_id"], now, code, said)
    return bool(answer != "UPDATE 0")
