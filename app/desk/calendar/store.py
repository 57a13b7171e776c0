"""The SQL of the schedule: bookings day by day, what stands beside them, and the feeds that tell of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import delete, func
from sqlmodel import col, select

from app.core.db import Session, WriteSession
from app.desk.calendar.models import CalendarFeed
from app.sync import registry
from app.sync.feed import by_key

_MOST_SPECIAL = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What somebody may view of bookings: which kinds, and the names of clients."""

    sessions: bool
    appointments: bool
    clients: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whose bookings of which days are looked for, and what of them their reader may see.

    Of one studio those without any are too.
    """

    first: date
    last: date
    users: Sequence[UUID]
    resources: Sequence[UUID]
    studio: UUID | None
    sight: Sight


@dataclass(frozen=True, slots=True)
class Ground:
    """What a schedule stands on: the company's settings, if it has any, and who and what there is, by id."""

    company: dict[str, Any]
    zones: dict[UUID, str]
    users: dict[UUID, str]
    resources: dict[UUID, dict[str, Any]]
    has_studio: bool


async def read_ground(
    session: Session, users: Iterable[UUID], resources: Iterable[UUID], studio: UUID | None
) -> Ground:
    """Return the settings, the zones of studios that have one, and those users and resources that exist."""
    of = (session.account_id, list(users), list(resources), studio)
    [row] = await session.raw.fetch(_GROUND, *of)
    told = {name: orjson.loads(row[name] or b"{}") for name in ("company", "zones", "users", "resources")}
    return Ground(
        company=told["company"],
        zones=_by_id(told["zones"]),
        users=_by_id(told["users"]),
        resources=_by_id(told["resources"]),
        has_studio=row["has_studio"],
    )


def _by_id(told: dict[str, Any]) -> dict[UUID, Any]:
    return {UUID(key): value for key, value in told.items()}


async def bookings(session: Session, wanted: Wanted, most: int) -> list[asyncpg.Record]:
    """Return so many bookings by local date and start."""
    return await session.raw.fetch(*statement(session.account_id, wanted, most))


def statement(account_id: UUID, wanted: Wanted, most: int) -> tuple[Any, ...]:
    """Return what finds bookings, with its arguments."""
    days = (wanted.first, wanted.last)
    whose = (wanted.users, wanted.resources, wanted.studio)
    sight = (wanted.sight.sessions, wanted.sight.appointments, wanted.sight.clients)
    numbers = (registry.number_of("sessions"), registry.number_of("appointments"))
    return _BOOKINGS, account_id, *days, *whose, *sight, *numbers, most


async def special_events(
    session: Session, first: date, last: date, studio: UUID | None
) -> list[asyncpg.Record]:
    """Return holidays and special events on any of some days, those that begin first first."""
    number = registry.number_of("special_events")
    return await session.raw.fetch(_SPECIAL, session.account_id, first, last, studio, number, _MOST_SPECIAL)


async def count_feeds(session: Session, user_id: UUID) -> int:
    """Return how many feeds a user has."""
    query = select(func.count()).select_from(CalendarFeed).where(*_of(session, user_id))
    return (await session.exec(query)).one()


async def feeds_of(session: Session, user_id: UUID) -> Sequence[CalendarFeed]:
    """Return a user's feeds, the oldest first."""
    query = select(CalendarFeed).where(*_of(session, user_id))
    return (await session.exec(query.order_by(col(CalendarFeed.created_at), col(CalendarFeed.feed_id)))).all()


def _of(session: Session, user_id: UUID) -> tuple[Any, ...]:
    return col(CalendarFeed.account_id) == session.account_id, col(CalendarFeed.user_id) == user_id


async def find_feed(session: Session, feed_id: UUID) -> CalendarFeed | None:
    """Return a feed of the account."""
    return await session.get(CalendarFeed, (session.account_id, feed_id))


async def feed_of_secret(session: Session, secret_hash: bytes) -> CalendarFeed | None:
    """Return the feed whose secret has a hash."""
    query = select(CalendarFeed).where(
        col(CalendarFeed.account_id) == session.account_id, col(CalendarFeed.secret_hash) == secret_hash
    )
    return (await session.exec(query)).one_or_none()


async def remove_feed(session: WriteSession, feed_id: UUID) -> None:
    """Delete a feed."""
    query = delete(CalendarFeed).where(
        col(CalendarFeed.account_id) == session.account_id, col(CalendarFeed.feed_id) == feed_id
    )
    await session.exec(query)


async def stamp_read(session: Session, feed_id: UUID, at: datetime) -> None:
    """Note when a feed was read."""
    sql = "UPDATE calendar_feeds SET last_read_at = $3 WHERE account_id = $1 AND feed_id = $2"
    await session.raw.execute(sql, session.account_id, feed_id, at)


_GROUND = """
SELECT
    (SELECT json_build_object('opening_hours', opening_hours, 'work_week', work_week,
                              'conflict_policy', conflict_policy, 'name_order', name_order)
     FROM companies WHERE account_id = $1 AND id = $1)::text AS company,
    (SELECT json_object_agg(id, time_zone) FROM studios
     WHERE account_id = $1 AND time_zone IS NOT NULL)::text AS zones,
    (SELECT json_object_agg(id, display_name) FROM staff
     WHERE account_id = $1 AND id = ANY ($2::uuid[]))::text AS users,
    (SELECT json_object_agg(id, json_build_object('description', description, 'colour', colour))
     FROM resources WHERE account_id = $1 AND id = ANY ($3::uuid[]))::text AS resources,
    EXISTS (SELECT FROM studios WHERE account_id = $1 AND id = $4 AND NOT is_inactive) AS has_studio
"""

_COLUMNS = """t.id AS record_id, t.status_id, t.client_id, t.studio_id, t.created_at, t.updated_at,
    t.is_confirmed, t.is_cancelled"""

# Day by day by its index, whatever a plan that knows no figures expects of a range.
_DAYS = "generate_series($2::date, $3::date, interval '1 day') AS days(day)"
_OF_A_DAY = "WHERE account_id = $1 AND date = days.day::date OFFSET 0"
_FOUND = f"""
    SELECT 1 AS kind, NULL::uuid AS event_id, t.description, t.session_type_id AS type_id,
        NULL::text AS type_other, t.date, t.start_time, t.end_time,
        array_remove(ARRAY[t.photographer_id, t.assistant_id], NULL) AS user_ids, t.resource_ids,
        t.location_id, t.location_other, NULL::text AS colour, t.is_on_hold, {_COLUMNS}
    FROM {_DAYS} CROSS JOIN LATERAL (SELECT * FROM sessions {_OF_A_DAY}) AS t
    WHERE $7::boolean
    UNION ALL
    SELECT 2, e.id, e.description, t.session_type_id,
        NULL, e.date, e.start_time, e.end_time,
        coalesce(e.photographer_ids, '{{}}') || coalesce(e.assistant_ids, '{{}}'),
        coalesce(e.resource_ids, '{{}}'), e.location_id, NULL, NULL, t.is_on_hold, {_COLUMNS}
    FROM sessions t, jsonb_to_recordset(t.events)
        AS e(id uuid, description text, date date, start_time time, end_time time, is_hidden boolean,
             photographer_ids uuid[], assistant_ids uuid[], resource_ids uuid[], location_id uuid)
    WHERE $7::boolean AND t.account_id = $1 AND t.events <> '[]' AND e.date BETWEEN $2 AND $3
        AND NOT coalesce(e.is_hidden, false)
    UNION ALL
    SELECT 3, NULL, t.description, t.appointment_type_id,
        t.appointment_type_other, t.date, t.start_time, t.end_time,
        t.user_ids, t.resource_ids, t.location_id, t.location_other, t.colour, false, {_COLUMNS}
    FROM {_DAYS} CROSS JOIN LATERAL (SELECT * FROM appointments {_OF_A_DAY}) AS t
    WHERE $8::boolean"""
_ORDER = "date, start_time NULLS FIRST, end_time NULLS FIRST, kind, record_id, event_id NULLS FIRST"
_BOOKINGS = f"""
WITH picked AS MATERIALIZED (
    SELECT * FROM ({_FOUND}) AS found
    WHERE (user_ids && $4::uuid[] OR resource_ids && $5::uuid[])
        AND ($6::uuid IS NULL OR studio_id IS NULL OR studio_id = $6)
    ORDER BY {_ORDER} LIMIT $12
)
SELECT p.kind, p.record_id, p.event_id, p.description, p.date, p.start_time, p.end_time, p.studio_id,
    p.user_ids, p.resource_ids, p.client_id, p.status_id, p.is_confirmed, p.is_cancelled, p.is_on_hold,
    p.created_at, p.updated_at, f.body_revision AS revision,
    coalesce(kinds.description, p.type_other) AS type_name, coalesce(p.colour, kinds.colour) AS colour,
    steps.description AS status_name,
    coalesce(places.description, p.location_other) AS location, places.address::text AS address,
    c.first_name, c.last_name, c.company_name, c.organization
FROM picked p
CROSS JOIN LATERAL (
    SELECT body_revision FROM feed
    WHERE account_id = $1 AND collection = CASE p.kind WHEN 3 THEN $11::int ELSE $10::int END
        AND {by_key("p.record_id")} OFFSET 0
) AS f
LEFT JOIN LATERAL (
    SELECT description, colour FROM session_types
    WHERE p.kind < 3 AND account_id = $1 AND id = p.type_id
    UNION ALL
    SELECT description, colour FROM appointment_types
    WHERE p.kind = 3 AND account_id = $1 AND id = p.type_id
    OFFSET 0
) AS kinds ON true
LEFT JOIN LATERAL (
    SELECT description FROM session_statuses
    WHERE p.kind < 3 AND account_id = $1 AND id = p.status_id
    UNION ALL
    SELECT description FROM appointment_statuses
    WHERE p.kind = 3 AND account_id = $1 AND id = p.status_id
    OFFSET 0
) AS steps ON true
LEFT JOIN LATERAL (
    SELECT description, address FROM locations WHERE account_id = $1 AND id = p.location_id OFFSET 0
) AS places ON true
LEFT JOIN LATERAL (
    SELECT first_name, last_name, company_name, (
        SELECT name FROM organizations o WHERE o.account_id = $1 AND o.id = clients.organization_id
    ) AS organization
    FROM clients WHERE $9::boolean AND account_id = $1 AND id = p.client_id OFFSET 0
) AS c ON true
ORDER BY {_ORDER}
"""
"""Bookings of some users and resources, and the names of what each of them names, by its key."""

_SPECIAL = f"""
WITH picked AS MATERIALIZED (
    SELECT id, description, event_kind = 'holiday' AS is_holiday, date, coalesce(end_date, date) AS end_date,
        studio_id, colour, created_at, updated_at
    FROM special_events
    WHERE account_id = $1 AND date <= $3 AND coalesce(end_date, date) >= $2
        AND ($4::uuid IS NULL OR studio_id IS NULL OR studio_id = $4)
    ORDER BY date, id LIMIT $6
)
SELECT p.*, f.body_revision AS revision FROM picked p
CROSS JOIN LATERAL (
    SELECT body_revision FROM feed
    WHERE account_id = $1 AND collection = $5 AND {by_key("p.id")} OFFSET 0
) AS f
ORDER BY p.date, p.id
"""
