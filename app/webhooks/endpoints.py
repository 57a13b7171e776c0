"""The SQL by which webhooks and their deliveries are looked at; every statement names the account."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlalchemy import func
from sqlmodel import col, select

from app.accounts.models import ApiKey
from app.core.columns import named
from app.core.db import Session
from app.webhooks.models import Webhook, WebhookEvent
from app.webhooks.states import WebhookState

_DELIVERIES = f"""
SELECT {named(WebhookEvent, "e")},
    d.state, d.due_at, d.tries, d.replay, d.last_status, d.last_code, d.attempts, d.ended_at
FROM webhook_deliveries d
JOIN webhook_events e ON e.account_id = $1 AND e.event_id = d.event_id
WHERE d.account_id = $1 AND d.endpoint_id = $2
"""
_PAGE = f"""
{_DELIVERIES}
    AND ($3::text IS NULL OR d.state = $3) AND ($4::text IS NULL OR e.type = $4)
    AND ($5::uuid IS NULL OR d.event_id < $5)
ORDER BY d.event_id DESC LIMIT $6
"""
_ONE = f"{_DELIVERIES} AND d.event_id = $3"
_WAITING = """
SELECT endpoint_id, count(*) AS many FROM webhook_deliveries
WHERE account_id = $1 AND endpoint_id = ANY($2::uuid[]) AND state IN ('waiting', 'sending')
GROUP BY endpoint_id
"""
_FIRST = "SELECT min(revision) FROM webhook_events WHERE account_id = $1 AND happened_at >= $2"
_OWNERS = "SELECT key_id, owner_id FROM api_keys WHERE account_id = $1 AND key_id = ANY($2::uuid[])"
_EVENTS = """
SELECT count(*) FROM webhook_events
WHERE account_id = $1 AND revision BETWEEN $2 AND $3 AND type = ANY($4::text[])
"""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which deliveries are wanted: of a state, of a kind, behind one of them, so many."""

    state: WebhookState | None
    type: str | None
    behind: UUID | None
    most: int


async def read(session: Session, endpoint_id: UUID) -> Webhook | None:
    """Return a webhook."""
    found = await session.get(Webhook, (session.account_id, endpoint_id))
    return None if found is None or found.is_removed else found


async def page(
    session: Session, *, key_id: UUID | None = None, owner_id: UUID | None = None
) -> Sequence[Webhook]:
    """Return the webhooks of a key, of all keys of a user, or all, the newest first."""
    query = select(Webhook).where(col(Webhook.account_id) == session.account_id, ~col(Webhook.is_removed))
    if key_id is not None:
        query = query.where(col(Webhook.key_id) == key_id)
    if owner_id is not None:
        own = select(ApiKey.key_id).where(
            col(ApiKey.account_id) == session.account_id, col(ApiKey.owner_id) == owner_id
        )
        query = query.where(col(Webhook.key_id).in_(own))
    return (
        await session.exec(query.order_by(col(Webhook.created_at).desc(), col(Webhook.endpoint_id)))
    ).all()


async def count(session: Session) -> int:
    """Return how many webhooks the account has."""
    query = (
        select(func.count())
        .select_from(Webhook)
        .where(col(Webhook.account_id) == session.account_id, ~col(Webhook.is_removed))
    )
    return int((await session.exec(query)).one())


async def waiting(session: Session, ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many events wait for each of some webhooks."""
    rows = await session.raw.fetch(_WAITING, session.account_id, list(ids))
    return {row["endpoint_id"]: row["many"] for row in rows}


async def waiting_for(session: Session, endpoint_id: UUID) -> int:
    """Return how many events wait for a webhook."""
    return (await waiting(session, [endpoint_id])).get(endpoint_id, 0)


async def events(session: Session, first: int, last: int, kinds: Collection[str]) -> int:
    """Return how many events of some kinds there are from a revision to another."""
    return int(await session.raw.fetchval(_EVENTS, session.account_id, first, last, list(kinds)))


async def first_since(session: Session, since: datetime) -> int | None:
    """Return the revision of the first event from an instant on; none where nothing has happened."""
    found: int | None = await session.raw.fetchval(_FIRST, session.account_id, since)
    return found


async def owners(session: Session, key_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the owners of some keys."""
    rows = await session.raw.fetch(_OWNERS, session.account_id, list(key_ids))
    return {row["key_id"]: row["owner_id"] for row in rows}


async def deliveries(session: Session, endpoint_id: UUID, sought: Sought) -> list[asyncpg.Record]:
    """Return deliveries with their events, the newest event first."""
    wanted = sought.state, sought.type, sought.behind, sought.most
    return list(await session.raw.fetch(_PAGE, session.account_id, endpoint_id, *wanted))


async def delivery(session: Session, endpoint_id: UUID, event_id: UUID) -> asyncpg.Record | None:
    """Return one delivery with its event."""
    return await session.raw.fetchrow(_ONE, session.account_id, endpoint_id, event_id)
