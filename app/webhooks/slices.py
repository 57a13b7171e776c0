"""What concerns all of a webhook's deliveries, a slice at a time: no account's turn is held for any of it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from app.core.db import Session
from app.webhooks.kinds import asked_for
from app.webhooks.states import OVER

SLICE = 1_000
"""Deliveries that one transaction writes, and events that one looks through."""
# Whoever writes several deliveries of a webhook holds its row first: so no two of them wait for each other.
_HOLD = """
SELECT types, is_active, is_removed, paused_code, waits_until, replays_from, replays_to FROM webhook_endpoints
WHERE account_id = $1 AND endpoint_id = $2 FOR NO KEY UPDATE
"""
_REACHED = """
SELECT max(revision) FROM (
    SELECT revision FROM webhook_events
    WHERE account_id = $1 AND revision BETWEEN $2 AND $3
    ORDER BY revision LIMIT $4) AS next
"""
_FILL = """
INSERT INTO webhook_deliveries AS d
    (account_id, endpoint_id, event_id, state, due_at, tries, replay, attempts)
SELECT $1, $2, e.event_id, 'waiting', $6, 0, 1, '[]'
FROM webhook_events e
WHERE e.account_id = $1 AND e.revision BETWEEN $3 AND $4 AND e.type = ANY($5::text[])
ON CONFLICT (account_id, endpoint_id, event_id) DO UPDATE
SET state = 'waiting', due_at = excluded.due_at, tries = 0, replay = d.replay + 1, ended_at = NULL,
    claim = NULL
WHERE d.state <> 'sending'
"""
_FILLED = """
UPDATE webhook_endpoints
SET replays_from = CASE WHEN $3::bigint < replays_to THEN $3::bigint + 1 END,
    replays_to = CASE WHEN $3::bigint < replays_to THEN replays_to END
WHERE account_id = $1 AND endpoint_id = $2
"""
_SKIP = """
UPDATE webhook_deliveries SET state = 'skipped', last_code = 'paused', ended_at = $3, claim = NULL
WHERE account_id = $1 AND endpoint_id = $2 AND event_id = ANY(ARRAY(
    SELECT event_id FROM webhook_deliveries
    WHERE account_id = $1 AND endpoint_id = $2 AND state IN ('waiting', 'sending') LIMIT $4))
"""
_CLEAR = """
DELETE FROM webhook_deliveries
WHERE account_id = $1 AND endpoint_id = $2 AND event_id = ANY(ARRAY(
    SELECT event_id FROM webhook_deliveries WHERE account_id = $1 AND endpoint_id = $2 LIMIT $3))
"""
_DELETE = """
DELETE FROM webhook_endpoints p
WHERE account_id = $1 AND endpoint_id = $2 AND is_removed AND NOT EXISTS (
    SELECT FROM webhook_deliveries d WHERE d.account_id = $1 AND d.endpoint_id = p.endpoint_id)
"""


async def hold(session: Session, endpoint_id: UUID) -> asyncpg.Record | None:
    """Have whoever else writes deliveries of a webhook wait until this transaction ends; return its row."""
    return await session.raw.fetchrow(_HOLD, session.account_id, endpoint_id)


async def fill(session: Session, endpoint_id: UUID, now: datetime) -> bool:
    """Have a slice of what is to be replayed wait for a webhook; say whether there was any.

    All events of a revision are in one. Whoever has posted all that was due asks for the next: what happens
    meanwhile waits behind a slice, not behind all of them.
    """
    row = await hold(session, endpoint_id)
    if row is None or not row["is_active"] or row["replays_from"] is None:
        return False
    if row["waits_until"] and row["waits_until"] > now:
        return False
    first, last = row["replays_from"], row["replays_to"]
    reached = await session.raw.fetchval(_REACHED, session.account_id, first, last, SLICE)
    if reached is not None:
        kinds = list(asked_for(row["types"]))
        await session.raw.execute(_FILL, session.account_id, endpoint_id, first, reached, kinds, now)
    await session.raw.execute(_FILLED, session.account_id, endpoint_id, last if reached is None else reached)
    return True


async def clear(session: Session, endpoint_id: UUID, now: datetime) -> bool:
    """Clear a slice of what is left of a webhook that was deleted or is over; say whether there may be more.

    What waited for one that is gone, or whose key has ended, is skipped; of a deleted one nothing stays.
    """
    row = await hold(session, endpoint_id)
    if row is None:
        return False
    if row["is_removed"]:
        await session.raw.execute(_CLEAR, session.account_id, endpoint_id, SLICE)
        done = await session.raw.execute(_DELETE, session.account_id, endpoint_id)
        return not done.endswith(" 1")
    if row["is_active"] or row["paused_code"] not in OVER:
        return False
    done = await session.raw.execute(_SKIP, session.account_id, endpoint_id, now, SLICE)
    return done.endswith(f" {SLICE}")
