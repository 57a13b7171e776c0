"""The only SQL of communications; every statement names the account."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import tuple_
from sqlmodel import col, select

from app.automations.communications.models import Communication, CommunicationRecipient
from app.core.db import Session, WriteSession

_COUNTS = """
SELECT count(*) AS total, count(*) FILTER (WHERE is_left_out) AS left_out,
    count(*) FILTER (WHERE NOT is_left_out AND code IS NULL AND made_id IS NULL) AS to_do,
    count(made_id) AS made,
    count(*) FILTER (WHERE NOT is_left_out AND code IS NOT NULL) AS not_made
FROM communication_recipients WHERE account_id = $1 AND communication_id = $2
"""
_FORGET = "DELETE FROM communication_recipients WHERE account_id = $1 AND communication_id = $2"
# Listed by name, as texts are put in order everywhere; of several at one address the first is reached.
_INSERT = """
WITH listed AS (
    SELECT r.*, row_number() OVER in_order AS place,
        r.key IS NOT NULL AND row_number() OVER (PARTITION BY r.key ORDER BY r.named, r.record_id) > 1
            AS is_again
    FROM (
        SELECT r.*, text_order(r.name) COLLATE "C" AS named
        FROM jsonb_to_recordset($3::text::jsonb) AS r(
            record_id uuid, client_id uuid, name text, address text, action text, code text, key text)
        LEFT JOIN clients c ON c.account_id = $1 AND c.id = r.client_id
        WHERE r.client_id IS NULL OR c.id IS NOT NULL
    ) r
    WINDOW in_order AS (ORDER BY r.named, r.record_id)
), kept AS (
    INSERT INTO communication_recipients
        (account_id, communication_id, record_id, place, client_id, name, address, action, is_left_out, code)
    SELECT $1::uuid, $2::uuid, record_id, place, client_id, name, address, action,
        code IS NOT NULL OR is_again, coalesce(code, CASE WHEN is_again THEN 'same_address' END)
    FROM listed
    RETURNING record_id
)
SELECT
"""
_TICK = """
UPDATE communication_recipients
SET is_left_out = $4, code = CASE WHEN $4 THEN code END
WHERE account_id = $1 AND communication_id = $2 AND record_id = ANY($3::uuid[])
    AND (code IS NULL OR code = 'same_address')
"""
_TO_DO = """
SELECT record_id, client_id FROM communication_recipients
WHERE account_id = $1 AND communication_id = $2 AND NOT is_left_out AND code IS NULL AND made_id IS NULL
    AND ($3::uuid[] IS NULL OR record_id = ANY($3))
ORDER BY place LIMIT $4
"""
_MARK = """
UPDATE communication_recipients t
SET made_id = r.made_id, code = r.code, action = coalesce(r.action, t.action),
    address = CASE WHEN r.made_id IS NULL THEN t.address ELSE r.address END
FROM jsonb_to_recordset($3::text::jsonb) AS r(
    record_id uuid, made_id uuid, code text, action text, address text)
WHERE t.account_id = $1 AND t.communication_id = $2 AND t.record_id = r.record_id
    AND t.made_id IS NULL AND t.code IS NULL
"""
_DUE = """
SELECT communication_id FROM communications
WHERE account_id = $1 AND (starts_at <= $2 OR state = 'cancelled') AND ended_at IS NULL
    AND communication_id <> ALL($3::uuid[])
ORDER BY starts_at, communication_id LIMIT 1
"""
_NEXT_DUE = """
SELECT min(CASE state WHEN 'cancelled' THEN changed_at ELSE starts_at END) FROM communications
WHERE account_id = $1 AND (starts_at IS NOT NULL OR state = 'cancelled') AND ended_at IS NULL
"""
_IS_USED = """
SELECT EXISTS (SELECT FROM communications WHERE account_id = $1 AND template_id = $2
    AND state IN ('draft', 'ready', 'scheduled', 'running'))
"""
# Somebody who was merged leaves their place to who stays; that one's own records keep theirs.
_MOVE_CLIENT = """
UPDATE communication_recipients SET client_id = $3 WHERE account_id = $1 AND client_id = $2
"""
_FORGET_OLD = """
DELETE FROM communications WHERE account_id = $1 AND communication_id = ANY(ARRAY(
    SELECT communication_id FROM communications WHERE account_id = $1 AND ended_at < $2 LIMIT $3))
"""


async def communication(session: Session, communication_id: UUID) -> Communication | None:
    """Return a communication."""
    return await session.get(Communication, (session.account_id, communication_id))


async def page(session: Session, after: UUID | None, most: int) -> Sequence[Communication]:
    """Return so many communications behind another, the newest first."""
    found = select(Communication).where(Communication.account_id == session.account_id)
    if after is not None:
        before = await communication(session, after)
        if before is None:
            return []
        place = tuple_(col(Communication.made_at), col(Communication.communication_id))
        found = found.where(place < (before.made_at, before.communication_id))
    newest = (col(Communication.made_at).desc(), col(Communication.communication_id).desc())
    return (await session.exec(found.order_by(*newest).limit(most))).all()


async def counts(session: Session, communication_id: UUID) -> Mapping[str, int]:
    """Return how many recipients there are, and how far they have come."""
    row = await session.raw.fetchrow(_COUNTS, session.account_id, communication_id)
    return dict(row) if row else {}


async def replace(
    session: WriteSession, communication_id: UUID, recipients: Sequence[Mapping[str, Any]]
) -> None:
    """Set the list of recipients; those whose client is gone by now are left away."""
    await session.raw.execute(_FORGET, session.account_id, communication_id)
    if recipients:
        text = orjson.dumps(recipients, default=str).decode()
        await session.raw.execute(_INSERT, session.account_id, communication_id, text)


async def recipients(
    session: Session, communication_id: UUID, after: int, most: int, *, is_left_out: bool | None
) -> Sequence[CommunicationRecipient]:
    """Return so many recipients behind a place."""
    found = select(CommunicationRecipient).where(
        CommunicationRecipient.account_id == session.account_id,
        CommunicationRecipient.communication_id == communication_id,
        CommunicationRecipient.place > after,
    )
    if is_left_out is not None:
        found = found.where(CommunicationRecipient.is_left_out == is_left_out)
    by_place = found.order_by(col(CommunicationRecipient.place))
    return (await session.exec(by_place.limit(most))).all()


async def some(
    session: Session, communication_id: UUID, ids: Collection[UUID]
) -> Sequence[CommunicationRecipient]:
    """Return those of some records that are on a list."""
    found = select(CommunicationRecipient).where(
        CommunicationRecipient.account_id == session.account_id,
        CommunicationRecipient.communication_id == communication_id,
        col(CommunicationRecipient.record_id).in_(ids),
    )
    return (await session.exec(found.order_by(col(CommunicationRecipient.place)))).all()


async def tick(
    session: WriteSession, communication_id: UUID, ids: Sequence[UUID], *, is_left_out: bool
) -> None:
    """Leave some recipients out, or in; whom nothing reaches stays out."""
    await session.raw.execute(_TICK, session.account_id, communication_id, ids, is_left_out)


async def to_do(
    session: Session, communication_id: UUID, most: int, ids: Sequence[UUID] | None = None
) -> dict[UUID, UUID | None]:
    """Return so many records for which nothing was made yet, each with its client; or those of some."""
    rows = await session.raw.fetch(_TO_DO, session.account_id, communication_id, ids, most)
    return {row["record_id"]: row["client_id"] for row in rows}


async def mark(session: WriteSession, communication_id: UUID, done: Sequence[Mapping[str, Any]]) -> None:
    """Write down what was made for some recipients, or why nothing was."""
    text = orjson.dumps(done, default=str).decode()
    await session.raw.execute(_MARK, session.account_id, communication_id, text)


async def due(session: Session, now: datetime, without: Collection[UUID] = ()) -> UUID | None:
    """Return the communication that is to be carried on first, of those whose time has come, but for some."""
    found: UUID | None = await session.raw.fetchval(_DUE, session.account_id, now, list(without))
    return found


async def next_due(session: Session) -> datetime | None:
    """Return when one is next to be carried on."""
    found: datetime | None = await session.raw.fetchval(_NEXT_DUE, session.account_id)
    return found


async def is_used(session: Session, template_id: UUID) -> bool:
    """Say whether a communication that is not over says what a template does."""
    return bool(await session.raw.fetchval(_IS_USED, session.account_id, template_id))


async def move_client(session: WriteSession, client_id: UUID, into: UUID) -> None:
    """Let what leads to a client lead to another."""
    await session.raw.execute(_MOVE_CLIENT, session.account_id, client_id, into)


async def forget(session: Session, before: datetime, most: int) -> int:
    """Forget so many communications that ended before an instant, and return how many that were."""
    answer = await session.raw.execute(_FORGET_OLD, session.account_id, before, most)
    return int(answer.removeprefix("DELETE "))


async def remove(session: WriteSession, row: Communication) -> None:
    """Remove a communication with its list."""
    await session.delete(row)
    await session.flush()
