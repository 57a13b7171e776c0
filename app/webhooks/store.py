"""The SQL by which events are written down, claimed and marked; every statement names the account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from app.core.columns import named
from app.core.db import Session, WriteSession
from app.webhooks.kinds import TEST
from app.webhooks.models import Webhook, WebhookEvent
from app.webhooks.states import OVER, WebhookPause, WebhookState

_ASKED = "p.types::text[] && ARRAY[{name}, split_part({name}, '.', 1) || '.*', '*']::text[]"
"""Says whether a webhook p asks for a kind of event; what may be asked for is told by `kinds.patterns_of`."""
_KEEP = f"""
WITH told AS (
    SELECT h.* FROM unnest($4::uuid[], $5::text[], $6::uuid[], $7::uuid[], $8::text[])
        AS h(event_id, type, record_id, into_id, key)
    WHERE EXISTS (
        SELECT FROM webhook_endpoints p
        WHERE p.account_id = $1 AND p.is_active AND {_ASKED.format(name="h.type")})
), kept AS (
    INSERT INTO webhook_events
        (account_id, event_id, type, record_id, into_id, key, revision, happened_at)
    SELECT $1, event_id, type, record_id, into_id, key, $2, $3 FROM told
    ON CONFLICT DO NOTHING
    RETURNING event_id, type
), owed AS (
    INSERT INTO webhook_deliveries
        (account_id, endpoint_id, event_id, state, due_at, tries, replay, attempts)
    SELECT $1, p.endpoint_id, k.event_id, 'waiting', $3, 0, 0, '[]'
    FROM kept k
    JOIN webhook_endpoints p ON p.account_id = $1 AND p.is_active AND {_ASKED.format(name="k.type")}
    RETURNING 1
)
SELECT count(*) FROM owed
"""
_ADD_TEST = """
WITH kept AS (
    INSERT INTO webhook_events (account_id, event_id, type, revision, happened_at)
    VALUES ($1, $3, $4, $5, $6)
)
INSERT INTO webhook_deliveries
    (account_id, endpoint_id, event_id, state, due_at, tries, replay, attempts)
VALUES ($1, $2, $3, 'waiting', $6, 0, 0, '[]')
"""
_OVER = ", ".join(f"'{each}'" for each in sorted(OVER))
_DUE = f"""
SELECT p.endpoint_id, p.is_active FROM webhook_endpoints p
WHERE p.account_id = $1 AND CASE
    WHEN p.is_removed THEN true
    WHEN p.is_active THEN (p.waits_until IS NULL OR p.waits_until <= $2)
        AND (p.replays_from IS NOT NULL OR EXISTS (
            SELECT FROM webhook_deliveries d
            WHERE d.account_id = $1 AND d.endpoint_id = p.endpoint_id
                AND d.state IN ('waiting', 'sending') AND d.due_at <= $2))
    ELSE p.paused_code IN ({_OVER}) AND EXISTS (
        SELECT FROM webhook_deliveries d
        WHERE d.account_id = $1 AND d.endpoint_id = p.endpoint_id AND d.state IN ('waiting', 'sending')) END
"""
_NEXT_DUE = f"""
SELECT min(CASE
    WHEN p.is_removed THEN $2::timestamptz
    WHEN p.is_active AND p.replays_from IS NOT NULL THEN greatest($2, p.waits_until)
    WHEN p.is_active THEN greatest(d.due_at, p.waits_until)
    WHEN p.paused_code IN ({_OVER}) AND d.due_at IS NOT NULL THEN $2::timestamptz END)
FROM webhook_endpoints p
LEFT JOIN LATERAL (
    SELECT due_at FROM webhook_deliveries
    WHERE account_id = $1 AND endpoint_id = p.endpoint_id AND state IN ('waiting', 'sending')
    ORDER BY due_at LIMIT 1) AS d ON true
WHERE p.account_id = $1 AND (d.due_at IS NOT NULL OR p.replays_from IS NOT NULL OR p.is_removed)
"""
# An array is made once: a joined subquery may be run again for each row, and take as many each time.
_CLAIM = f"""
UPDATE webhook_deliveries d SET state = 'sending', claim = $3, due_at = $5, tries = d.tries + 1
FROM webhook_events e
WHERE d.account_id = $1 AND d.endpoint_id = $2
    AND d.event_id = ANY(ARRAY(
        SELECT event_id FROM webhook_deliveries
        WHERE account_id = $1 AND endpoint_id = $2 AND state IN ('waiting', 'sending') AND due_at <= $4
        ORDER BY due_at, event_id LIMIT $6
        FOR UPDATE SKIP LOCKED))
    AND e.account_id = $1 AND e.event_id = d.event_id
RETURNING d.tries, {named(WebhookEvent, "e")}
"""
_MARK = """
UPDATE webhook_deliveries d
SET state = m.state, due_at = coalesce(m.due_at, d.due_at), claim = NULL, ended_at = m.ended_at,
    last_status = m.status, last_code = m.code,
    attempts = CASE
        WHEN m.attempt IS NULL THEN d.attempts
        WHEN jsonb_array_length(d.attempts) >= $4 THEN d.attempts - 0 || m.attempt::jsonb
        ELSE d.attempts || m.attempt::jsonb END
FROM unnest($5::uuid[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::int[], $10::text[], $11::text[])
    AS m(event_id, state, due_at, ended_at, status, code, attempt)
WHERE d.account_id = $1 AND d.endpoint_id = $2 AND d.event_id = m.event_id AND d.claim = $3
"""
_WENT_WELL = """
UPDATE webhook_endpoints SET failing_since = NULL, failures = 0
WHERE account_id = $1 AND endpoint_id = $2 AND (failing_since IS NOT NULL OR failures > 0)
"""
_WENT_WRONG = """
UPDATE webhook_endpoints
SET failing_since = coalesce(failing_since, $3), failures = failures + $4
WHERE account_id = $1 AND endpoint_id = $2
RETURNING failing_since, failures
"""
_WAIT = """
UPDATE webhook_endpoints SET waits_until = greatest(waits_until, $3)
WHERE account_id = $1 AND endpoint_id = $2
"""
_PAUSE = """
UPDATE webhook_endpoints
SET is_active = false, paused_code = $3, changed_at = $4, version = version + 1,
    replays_from = CASE WHEN $5 THEN NULL ELSE replays_from END
WHERE account_id = $1 AND endpoint_id = $2 AND is_active
RETURNING key_id, url, failing_since
"""
_LISTEN = """
UPDATE account_clock SET is_listened_to = EXISTS (
    SELECT FROM webhook_endpoints WHERE account_id = $1 AND is_active)
WHERE account_id = $1 AND is_listened_to <> EXISTS (
    SELECT FROM webhook_endpoints WHERE account_id = $1 AND is_active)
"""
_AGAIN = """
UPDATE webhook_deliveries
SET state = 'waiting', due_at = $4, tries = 0, replay = replay + 1, ended_at = NULL, claim = NULL
WHERE account_id = $1 AND endpoint_id = $2 AND event_id = $3 AND state <> 'sending'
"""
_REPLAY = """
UPDATE webhook_endpoints SET replays_from = least(replays_from, $3), replays_to = $4
WHERE account_id = $1 AND endpoint_id = $2
"""
_HOLD_ALL = """
SELECT FROM webhook_endpoints WHERE account_id = $1 ORDER BY endpoint_id FOR NO KEY UPDATE
"""
_FORGET = """
WITH old AS (
    SELECT event_id, revision FROM webhook_events
    WHERE account_id = $1 AND happened_at < $2 ORDER BY revision LIMIT $3
), gone AS (
    DELETE FROM webhook_events WHERE account_id = $1 AND event_id IN (SELECT event_id FROM old)
), known AS (
    UPDATE webhook_endpoints
    SET heard_from = greatest(heard_from, (SELECT max(revision) + 1 FROM old)),
        heard_since = greatest(coalesce(heard_since, changed_at), $2)
    WHERE account_id = $1 AND EXISTS (SELECT FROM old)
)
SELECT count(*) FROM old
"""
_EXPIRING = """
SELECT id, web_expire_date FROM sessions
WHERE account_id = $1 AND gallery_state = 'online' AND web_expire_date > $2 AND web_expire_date <= $3
"""
_TO_BE_SWEPT = f"""
SELECT min(coalesce(p.swept_to, 'epoch')) FROM webhook_endpoints p
WHERE p.account_id = $1 AND p.is_active AND {_ASKED.format(name="$2::text")}
"""
_SWEPT = "UPDATE webhook_endpoints SET swept_to = $2 WHERE account_id = $1 AND is_active"


ATTEMPTS = 12
"""How many tries of a delivery are kept."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of one process, from an instant until another: then anybody may take what it has not marked."""

    token: UUID
    now: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of one try: the delivery's state, when it is due again or has ended, and what is logged."""

    event_id: UUID
    state: WebhookState
    due_at: datetime | None
    ended_at: datetime | None
    status: int | None
    code: str | None
    attempt: dict[str, Any] | None


async def keep(session: WriteSession, revision: int, now: datetime, rows: Sequence[tuple[Any, ...]]) -> int:
    """Keep the events somebody asks for, with a delivery for each who does; return how many of these."""
    columns = [list(each) for each in zip(*rows, strict=True)]
    return int(await session.raw.fetchval(_KEEP, session.account_id, revision, now, *columns))


async def add_test(
    session: WriteSession, endpoint_id: UUID, event_id: UUID, at: tuple[int, datetime]
) -> None:
    """Keep a test that is told to one webhook, whatever it asks for, at a revision and an instant."""
    await session.raw.execute(_ADD_TEST, session.account_id, endpoint_id, event_id, TEST, *at)


async def due(session: Session, now: datetime) -> dict[UUID, bool]:
    """Return the webhooks something is to be done about now: whether it is to be told to, or cleared away."""
    rows = await session.raw.fetch(_DUE, session.account_id, now)
    return {row["endpoint_id"]: row["is_active"] for row in rows}


async def next_due(session: Session, now: datetime) -> datetime | None:
    """Return when a webhook is next to be told something, or cleared away."""
    found: datetime | None = await session.raw.fetchval(_NEXT_DUE, session.account_id, now)
    return found


async def endpoint(session: Session, endpoint_id: UUID) -> asyncpg.Record | None:
    """Return a webhook that is told things."""
    sql = (
        f"SELECT {named(Webhook)} FROM webhook_endpoints"
        " WHERE account_id = $1 AND endpoint_id = $2 AND is_active"
    )
    return await session.raw.fetchrow(sql, session.account_id, endpoint_id)


async def claim(session: Session, endpoint_id: UUID, claim: Claim, most: int) -> list[asyncpg.Record]:
    """Take so many deliveries that are due, and return their events."""
    values = endpoint_id, claim.token, claim.now, claim.until, most
    return list(await session.raw.fetch(_CLAIM, session.account_id, *values))


async def mark(session: Session, endpoint_id: UUID, token: UUID, marks: Sequence[Mark]) -> None:
    """Write down what became of some deliveries, those that are still this claim's."""
    rows = [
        (
            each.event_id,
            each.state.value,
            each.due_at,
            each.ended_at,
            each.status,
            each.code,
            orjson.dumps(each.attempt).decode() if each.attempt else None,
        )
        for each in marks
    ]
    columns = [list(each) for each in zip(*rows, strict=True)]
    await session.raw.execute(_MARK, session.account_id, endpoint_id, token, ATTEMPTS, *columns)


async def went_well(session: Session, endpoint_id: UUID) -> None:
    """Write down that a webhook has taken something."""
    await session.raw.execute(_WENT_WELL, session.account_id, endpoint_id)


async def went_wrong(session: Session, endpoint_id: UUID, now: datetime, many: int) -> tuple[datetime, int]:
    """Write down that it has taken nothing, so many times; return since when, and how many by now."""
    row = await session.raw.fetchrow(_WENT_WRONG, session.account_id, endpoint_id, now, many)
    return (row["failing_since"], row["failures"]) if row else (now, 0)


async def wait(session: Session, endpoint_id: UUID, until: datetime) -> None:
    """Have a webhook told nothing until an instant."""
    await session.raw.execute(_WAIT, session.account_id, endpoint_id, until)


async def pause(
    session: WriteSession, endpoint_id: UUID, code: WebhookPause, now: datetime
) -> asyncpg.Record | None:
    """Tell a webhook nothing any more; none where it was told nothing before.

    What waited waits on for a webhook that fails; of one that is gone, or whose key has ended, it is skipped,
    by `slices.clear`.
    """
    wanted = endpoint_id, code.value, now, code in OVER
    return await session.raw.fetchrow(_PAUSE, session.account_id, *wanted)


async def set_listened(session: WriteSession) -> None:
    """Say in the account's clock whether any webhook is told anything."""
    await session.raw.execute(_LISTEN, session.account_id)


async def again(session: WriteSession, endpoint_id: UUID, event_id: UUID, now: datetime) -> bool:
    """Have a delivery wait once more, unless it is under way, and say whether it does."""
    done = await session.raw.execute(_AGAIN, session.account_id, endpoint_id, event_id, now)
    return bool(done.endswith(" 1"))


async def replay(session: WriteSession, endpoint_id: UUID, first: int, last: int) -> None:
    """Have all events from a revision to another put in line for a webhook once more, by `slices.fill`."""
    await session.raw.execute(_REPLAY, session.account_id, endpoint_id, first, last)


async def forget(session: Session, before: datetime, most: int) -> int:
    """Forget so many events from before an instant with their deliveries, and return how many.

    The webhooks are held first, as by all who write deliveries of theirs, and always in one order.
    """
    await session.raw.execute(_HOLD_ALL, session.account_id)
    return int(await session.raw.fetchval(_FORGET, session.account_id, before, most))


async def swept_to(session: Session, kind: str) -> date | None:
    """Return up to which day was swept for all who ask for a kind; none where nobody does."""
    found: date | None = await session.raw.fetchval(_TO_BE_SWEPT, session.account_id, kind)
    return found


async def expiring(session: Session, today: date, days: int) -> list[tuple[UUID, date]]:
    """Return the sessions whose gallery expires within so many days, with the day."""
    rows = await session.raw.fetch(_EXPIRING, session.account_id, today, today + timedelta(days=days))
    return [(row["id"], row["web_expire_date"]) for row in rows]


async def sweep_to(session: WriteSession, today: date) -> None:
    """Write down that was swept up to a day."""
    await session.raw.execute(_HOLD_ALL, session.account_id)
    await session.raw.execute(_SWEPT, session.account_id, today)
