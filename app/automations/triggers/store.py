"""The only SQL of triggers; every statement names the account."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import func
from sqlmodel import col, select

from app.automations.triggers.days import HAPPENED
from app.automations.triggers.kinds import SPECS, Kind, Paused, Spec, State, Why
from app.automations.triggers.models import Occurrence, Trigger
from app.core.columns import named
from app.core.db import Session, WriteSession
from app.core.ids import new_id
from app.studio.finances.figures import zone_of
from app.sync.registry import Collection as Synced


@dataclass(frozen=True, slots=True)
class Watch:
    """What an active trigger looks out for."""

    trigger_id: UUID
    version: int
    kind: Kind
    type_id: UUID | None
    status_id: UUID | None
    value: str | None
    on_field: str | None
    offset_days: int
    at_time: time
    since: datetime
    swept_to: date | None
    filter_id: UUID | None
    is_automatic: bool

    @property
    def spec(self) -> Spec:
        """Return what there is to know of its kind."""
        return SPECS[self.kind]


@dataclass(frozen=True, slots=True)
class Raised:
    """An occurrence that is to be written down; with a code it is over before it has begun."""

    trigger_id: UUID
    collection: int
    record_id: UUID
    key: str
    due_at: datetime
    code: Why | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """An occurrence that something may still come of."""

    occurrence_id: UUID
    trigger_id: UUID
    collection: int
    record_id: UUID
    key: str
    state: State
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """What has become of an occurrence."""

    occurrence_id: UUID
    state: State
    code: Why | None = None
    action: str | None = None
    made_id: UUID | None = None


_IS_OPEN = "state IN ('raised', 'waiting')"
_WORKS = "t.is_active AND t.paused_code IS NULL"
_WATCHED = (
    "t.trigger_id, t.version, t.kind, t.type_id, t.status_id, t.value, t.on_field, t.offset_days, t.at_time,"
    " t.since, t.swept_to, t.filter_id, t.is_automatic"
)
_OPEN = "o.occurrence_id, o.trigger_id, o.collection, o.record_id, o.key, o.state, o.due_at"
_WATCHES = f"""
SELECT {_WATCHED} FROM triggers t
WHERE t.account_id = $1 AND {_WORKS} AND t.collection = ANY($2::int[])
"""
_WATCHES_OF = f"""
SELECT {_WATCHED} FROM triggers t
WHERE t.account_id = $1 AND {_WORKS} AND t.trigger_id = ANY($2::uuid[])
"""
_BY_DAYS = f"""
SELECT {_WATCHED} FROM triggers t
WHERE t.account_id = $1 AND {_WORKS} AND t.on_field IS NOT NULL AND (t.swept_to IS NULL OR t.swept_to < $2)
ORDER BY t.trigger_id
"""
_ZONE = "SELECT time_zone FROM companies WHERE account_id = $1 AND id = $1"
# What was looked at too early, and came to nothing, may come to something after all.
_RAISE = f"""
INSERT INTO trigger_occurrences AS kept (account_id, occurrence_id, trigger_id, collection, record_id, key,
    state, code, due_at, raised_at, ended_at)
SELECT $1, r.occurrence_id, r.trigger_id, r.collection, r.record_id, r.key,
    CASE WHEN r.code IS NULL THEN 'raised' ELSE 'skipped' END, r.code, r.due_at, $3::timestamptz,
    CASE WHEN r.code IS NULL THEN NULL ELSE $3::timestamptz END
FROM jsonb_to_recordset($2::text::jsonb) AS r(occurrence_id uuid, trigger_id uuid, collection int,
    record_id uuid, key text, code text, due_at timestamptz)
WHERE NOT (starts_with(r.key, '{HAPPENED}') AND EXISTS (
    SELECT FROM trigger_occurrences o
    WHERE o.account_id = $1 AND o.trigger_id = r.trigger_id AND o.record_id = r.record_id AND o.{_IS_OPEN}
        AND starts_with(o.key, '{HAPPENED}')))
ON CONFLICT (account_id, trigger_id, record_id, key) DO UPDATE
SET state = 'raised', code = NULL, due_at = excluded.due_at, raised_at = excluded.raised_at, ended_at = NULL,
    ended_by = NULL
WHERE excluded.state = 'raised' AND kept.state = 'skipped' AND kept.code IN ('no_longer_so', 'filtered')
RETURNING state
"""
_RAISE_SWEPT = f"""
INSERT INTO trigger_occurrences (account_id, occurrence_id, trigger_id, collection, record_id, key, state,
    due_at, raised_at)
SELECT $1, r.occurrence_id, r.trigger_id, r.collection, r.record_id, r.key, 'raised', r.due_at, $3
FROM jsonb_to_recordset($2::text::jsonb) AS r(occurrence_id uuid, trigger_id uuid, collection int,
    record_id uuid, key text, due_at timestamptz)
JOIN triggers t ON t.account_id = $1 AND t.trigger_id = r.trigger_id AND t.version = $4 AND {_WORKS}
ON CONFLICT DO NOTHING
"""
_SWEPT = "UPDATE triggers SET swept_to = $4 WHERE account_id = $1 AND trigger_id = $2 AND version = $3"
_RECORDS_GONE = f"""
UPDATE trigger_occurrences SET state = 'skipped', code = 'record_gone', ended_at = $3
WHERE account_id = $1 AND {_IS_OPEN} AND record_id = ANY($2::uuid[])
"""
# Of two that are one from now on, what was done for either is done; of what waits, one is enough.
_DONE_FOR_OTHER = f"""
UPDATE trigger_occurrences o SET state = 'skipped', code = 'done_already', ended_at = $4
FROM trigger_occurrences gone
WHERE o.account_id = $1 AND o.record_id = $3 AND o.{_IS_OPEN}
    AND gone.account_id = $1 AND gone.record_id = $2 AND gone.trigger_id = o.trigger_id AND gone.key = o.key
    AND gone.state = 'processed'
"""
_MOVE = f"""
UPDATE trigger_occurrences o SET record_id = $3
WHERE o.account_id = $1 AND o.record_id = $2 AND NOT EXISTS (
    SELECT FROM trigger_occurrences s
    WHERE s.account_id = $1 AND s.record_id = $3 AND s.trigger_id = o.trigger_id
        AND (s.key = o.key OR (starts_with(s.key, '{HAPPENED}') AND starts_with(o.key, '{HAPPENED}')
            AND s.{_IS_OPEN} AND o.{_IS_OPEN})))
"""
_LEFT_BEHIND = f"""
UPDATE trigger_occurrences SET state = 'skipped', code = 'done_already', ended_at = $3
WHERE account_id = $1 AND record_id = $2 AND {_IS_OPEN}
"""
_RAISED = f"""
SELECT {_OPEN} FROM trigger_occurrences o
JOIN triggers t ON t.account_id = $1 AND t.trigger_id = o.trigger_id AND {_WORKS}
WHERE o.account_id = $1 AND o.state = 'raised'
ORDER BY o.raised_at, o.occurrence_id LIMIT $2
"""
_DUE = f"""
SELECT {_OPEN} FROM trigger_occurrences o
JOIN triggers t ON t.account_id = $1 AND t.trigger_id = o.trigger_id AND {_WORKS} AND t.is_automatic
WHERE o.account_id = $1 AND o.state = 'waiting' AND o.due_at <= $2
ORDER BY o.due_at, o.occurrence_id LIMIT $3
"""
_SOME = (
    f"SELECT {_OPEN} FROM trigger_occurrences o WHERE o.account_id = $1 AND o.occurrence_id = ANY($2::uuid[])"
)
_WAITING_OF = f"""
SELECT {_OPEN} FROM trigger_occurrences o
WHERE o.account_id = $1 AND o.trigger_id = $2 AND o.state = 'waiting'
ORDER BY o.due_at, o.occurrence_id LIMIT $3
"""
_STILL_WAITING = f"""
SELECT o.occurrence_id FROM trigger_occurrences o
JOIN triggers t ON t.account_id = $1 AND t.trigger_id = o.trigger_id AND {_WORKS}
    AND t.version = ($3::jsonb ->> t.trigger_id::text)::int
WHERE o.account_id = $1 AND o.state = 'waiting' AND o.occurrence_id = ANY($2::uuid[])
"""
_END = """
UPDATE trigger_occurrences o
SET state = r.state, code = r.code, action = r.action, made_id = r.made_id,
    ended_at = CASE WHEN r.state = 'waiting' THEN NULL ELSE $4::timestamptz END, ended_by = $5
FROM jsonb_to_recordset($2::text::jsonb) AS r(occurrence_id uuid, state text, code text, action text,
    made_id uuid)
WHERE o.account_id = $1 AND o.occurrence_id = r.occurrence_id AND o.state = ANY($3::text[])
RETURNING o.occurrence_id
"""
_NEXT_DUE = f"""
SELECT min(CASE WHEN o.state = 'raised' THEN $2::timestamptz ELSE o.due_at END)
FROM trigger_occurrences o
JOIN triggers t ON t.account_id = $1 AND t.trigger_id = o.trigger_id AND {_WORKS}
WHERE o.account_id = $1 AND (o.state = 'raised' OR (o.state = 'waiting' AND t.is_automatic))
"""
_LAST_SWEPT = f"""
SELECT count(*) AS many, min(coalesce(t.swept_to, '-infinity'::date)) < $2 AS is_behind
FROM triggers t WHERE t.account_id = $1 AND {_WORKS} AND t.on_field IS NOT NULL
"""
_COUNTS = f"""
SELECT trigger_id, count(*) AS many FROM trigger_occurrences
WHERE account_id = $1 AND {_IS_OPEN} GROUP BY trigger_id
"""
_DROP_OPEN = f"DELETE FROM trigger_occurrences WHERE account_id = $1 AND trigger_id = $2 AND {_IS_OPEN}"
_GIVE_UP = f"""
UPDATE trigger_occurrences SET state = 'skipped', code = $3, ended_at = $4, ended_by = $5
WHERE account_id = $1 AND trigger_id = $2 AND {_IS_OPEN}
"""
_PAUSE_ONE = """
UPDATE triggers SET paused_code = $4 WHERE account_id = $1 AND trigger_id = $2 AND version = $3
"""
_PAUSE = "UPDATE triggers SET paused_code = $3 WHERE account_id = $1 AND {column} = $2"
_SENDS = f"SELECT EXISTS (SELECT FROM triggers t WHERE t.account_id = $1 AND t.template_id = $2 AND {_WORKS})"
_LETTER_ENDED = """
UPDATE trigger_occurrences SET letter_state = $3 WHERE account_id = $1 AND occurrence_id = $2
RETURNING collection, record_id
"""
_QUEUE = f"""
SELECT {named(Occurrence, "o")},
    t.name AS trigger_name, t.is_automatic, coalesce(l.state, o.letter_state) AS letter_stands
FROM trigger_occurrences o
LEFT JOIN triggers t ON t.account_id = $1 AND t.trigger_id = o.trigger_id
LEFT JOIN letters l ON l.account_id = $1 AND l.letter_id = o.made_id
WHERE o.account_id = $1 AND ($2::text IS NULL OR o.state = $2) AND ($3::uuid IS NULL OR o.trigger_id = $3)
    AND ($4::uuid IS NULL OR (o.raised_at, o.occurrence_id) < (
        SELECT raised_at, occurrence_id FROM trigger_occurrences
        WHERE account_id = $1 AND occurrence_id = $4))
ORDER BY o.raised_at DESC, o.occurrence_id DESC
LIMIT $5
"""
_ANNIVERSARIES = """
SELECT id, "{field}" AS value FROM clients b
WHERE account_id = $1 AND to_char("{field}", 'MM-DD') = ANY($2::text[])
    AND ($3::uuid IS NULL OR status_id = $3) AND id > $4
ORDER BY id LIMIT $5
"""
# The day it goes by lies in its key; what could be raised anew by a day to come is kept.
_FORGET = """
DELETE FROM trigger_occurrences WHERE account_id = $1 AND occurrence_id = ANY(ARRAY(
    SELECT occurrence_id FROM trigger_occurrences
    WHERE account_id = $1 AND ended_at < $2
        AND to_date(split_part(key, ':', 2), 'YYYY-MM-DD') < $3
    LIMIT $4))
"""


async def triggers(session: Session) -> Sequence[Trigger]:
    """Return all triggers, by name."""
    by_name = func.text_order(col(Trigger.name)).collate("C")
    found = select(Trigger).where(Trigger.account_id == session.account_id)
    return (await session.exec(found.order_by(by_name, col(Trigger.trigger_id)))).all()


async def trigger(session: Session, trigger_id: UUID) -> Trigger | None:
    """Return a trigger."""
    return await session.get(Trigger, (session.account_id, trigger_id))


async def some_triggers(session: Session, ids: Collection[UUID]) -> dict[UUID, Trigger]:
    """Return some triggers by their ids, those there are."""
    found = select(Trigger).where(
        Trigger.account_id == session.account_id, col(Trigger.trigger_id).in_(list(ids))
    )
    return {each.trigger_id: each for each in (await session.exec(found)).all()}


async def count(session: Session) -> int:
    """Count the triggers."""
    sql = "SELECT count(*) FROM triggers WHERE account_id = $1"
    return int(await session.raw.fetchval(sql, session.account_id))


async def waiting(session: Session) -> dict[UUID, int]:
    """Return how many occurrences of each trigger something may still come of."""
    rows = await session.raw.fetch(_COUNTS, session.account_id)
    return {row["trigger_id"]: row["many"] for row in rows}


async def zone(session: Session) -> str:
    """Return the name of the company's zone, by which its days begin and end."""
    return zone_of({"time_zone": await session.raw.fetchval(_ZONE, session.account_id) or "UTC"}, None).key


def watch_of(row: Any) -> Watch:
    """Return what a trigger looks out for."""
    return Watch(**{**dict(row), "kind": Kind(row["kind"])})


async def watches(session: Session, collections: Iterable[int]) -> list[Watch]:
    """Return the triggers that look at writes of some collections."""
    rows = await session.raw.fetch(_WATCHES, session.account_id, list(collections))
    return [watch_of(row) for row in rows]


async def watches_of(session: Session, ids: Collection[UUID]) -> dict[UUID, Watch]:
    """Return by id those of some triggers that work."""
    rows = await session.raw.fetch(_WATCHES_OF, session.account_id, list(ids))
    return {row["trigger_id"]: watch_of(row) for row in rows}


async def watches_by_days(session: Session, today: date) -> list[Watch]:
    """Return the triggers that go by days and have not looked through today."""
    return [watch_of(row) for row in await session.raw.fetch(_BY_DAYS, session.account_id, today)]


async def keep(session: WriteSession, raised: Iterable[Raised], now: datetime) -> bool:
    """Write down occurrences that are not known; say whether something is to be done about one."""
    rows = await session.raw.fetch(_RAISE, session.account_id, _told(raised), now)
    return any(row["state"] == State.RAISED for row in rows)


async def keep_swept(session: WriteSession, watch: Watch, raised: Iterable[Raised], now: datetime) -> None:
    """Write down what a sweep has found and is not known, while the trigger is as it was then."""
    await session.raw.execute(_RAISE_SWEPT, session.account_id, _told(raised), now, watch.version)


async def mark_swept(session: WriteSession, watch: Watch, to: date) -> None:
    """Say up to which day a trigger has looked through all records, while it is as it was then."""
    await session.raw.execute(_SWEPT, session.account_id, watch.trigger_id, watch.version, to)


async def records_gone(session: WriteSession, ids: Collection[UUID], now: datetime) -> None:
    """Give up what waits for records that are no more."""
    await session.raw.execute(_RECORDS_GONE, session.account_id, list(ids), now)


async def follow_merge(session: WriteSession, gone: UUID, stays: UUID, now: datetime) -> None:
    """Let what was raised by a client be raised by another, and nothing be done twice for the two."""
    await session.raw.execute(_DONE_FOR_OTHER, session.account_id, gone, stays, now)
    await session.raw.execute(_MOVE, session.account_id, gone, stays)
    await session.raw.execute(_LEFT_BEHIND, session.account_id, gone, now)


async def raised(session: Session, most: int) -> list[Open]:
    """Return so many occurrences nobody has looked at, the oldest first."""
    return _open(await session.raw.fetch(_RAISED, session.account_id, most))


async def due(session: Session, now: datetime, most: int) -> list[Open]:
    """Return so many occurrences that are done by themselves by now."""
    return _open(await session.raw.fetch(_DUE, session.account_id, now, most))


async def some(session: Session, ids: Collection[UUID]) -> dict[UUID, Open]:
    """Return some occurrences by their ids, in whatever state."""
    found = _open(await session.raw.fetch(_SOME, session.account_id, list(ids)))
    return {each.occurrence_id: each for each in found}


async def waiting_of(session: Session, trigger_id: UUID, most: int) -> list[Open]:
    """Return so many occurrences of a trigger that wait."""
    return _open(await session.raw.fetch(_WAITING_OF, session.account_id, trigger_id, most))


async def still_waiting(
    session: WriteSession, ids: Collection[UUID], versions: Mapping[UUID, int]
) -> set[UUID]:
    """Return those of some occurrences that wait, of triggers that are as they were."""
    told = orjson.dumps({str(each): version for each, version in versions.items()}).decode()
    rows = await session.raw.fetch(_STILL_WAITING, session.account_id, list(ids), told)
    return {row["occurrence_id"] for row in rows}


async def end(
    session: WriteSession,
    ended: Iterable[Ended],
    now: datetime,
    *,
    by: UUID | None = None,
    among: Collection[State],
) -> set[UUID]:
    """Write down what has become of those occurrences that are among some states, and return which were."""
    told = orjson.dumps(list(ended), default=str).decode()
    rows = await session.raw.fetch(_END, session.account_id, told, [*among], now, by)
    return {row["occurrence_id"] for row in rows}


async def next_due(session: Session, now: datetime) -> datetime | None:
    """Return when something is next to be done about an occurrence."""
    found: datetime | None = await session.raw.fetchval(_NEXT_DUE, session.account_id, now)
    return found


async def is_swept(session: Session, today: date) -> bool | None:
    """Say whether all triggers that go by days have looked through today; None where there is none."""
    [row] = await session.raw.fetch(_LAST_SWEPT, session.account_id, today)
    return not row["is_behind"] if row["many"] else None


async def drop_open(session: WriteSession, trigger_id: UUID) -> None:
    """Forget what waits of a trigger."""
    await session.raw.execute(_DROP_OPEN, session.account_id, trigger_id)


async def give_up(session: WriteSession, trigger_id: UUID, why: Why, now: datetime, by: UUID | None) -> None:
    """Skip what waits of a trigger."""
    await session.raw.execute(_GIVE_UP, session.account_id, trigger_id, why.value, now, by)


async def pause(session: WriteSession, trigger_id: UUID, version: int, why: Paused) -> None:
    """Have a trigger stand still, while it is as it was."""
    await session.raw.execute(_PAUSE_ONE, session.account_id, trigger_id, version, why.value)


async def pause_for_filter(session: WriteSession, filter_id: UUID) -> None:
    """Have all triggers stand still whose filter is gone."""
    sql = _PAUSE.format(column="filter_id")
    await session.raw.execute(sql, session.account_id, filter_id, Paused.FILTER_GONE.value)


async def pause_for_template(session: WriteSession, template_id: UUID) -> None:
    """Have all triggers stand still whose template is gone."""
    sql = _PAUSE.format(column="template_id")
    await session.raw.execute(sql, session.account_id, template_id, Paused.TEMPLATE_GONE.value)


async def sends(session: Session, template_id: UUID) -> bool:
    """Say whether a trigger that works sends by a template."""
    return bool(await session.raw.fetchval(_SENDS, session.account_id, template_id))


async def letter_ended(session: WriteSession, occurrence_id: UUID, state: str) -> tuple[int, UUID] | None:
    """Write down what has become of the letter of an occurrence, and return what record that is of."""
    row = await session.raw.fetchrow(_LETTER_ENDED, session.account_id, occurrence_id, state)
    return (row["collection"], row["record_id"]) if row else None


async def queue(
    session: Session, state: str | None, trigger_id: UUID | None, behind: UUID | None, most: int
) -> list[asyncpg.Record]:
    """Return a page of occurrences, the newest first."""
    return list(await session.raw.fetch(_QUEUE, session.account_id, state, trigger_id, behind, most))


async def anniversaries(
    session: Session,
    watch: Watch,
    month_days: Iterable[tuple[int, int]],
    after: UUID,
    most: int,
) -> list[tuple[UUID, date]]:
    """Return so many clients behind an id one of whose days comes back on some, each with that day."""
    told = sorted({f"{month:02}-{day:02}" for month, day in month_days})
    sql = _ANNIVERSARIES.format(field=watch.on_field)
    rows = await session.raw.fetch(sql, session.account_id, told, watch.status_id, after, most)
    return [(row["id"], row["value"]) for row in rows]


async def entries(session: Session, collection: str) -> list[tuple[UUID, str]]:
    """Return the entries of a list that may be chosen, in its order, each with what it is called."""
    sql = (
        f'SELECT id, description FROM "{collection}" WHERE account_id = $1 AND NOT is_inactive'
        " ORDER BY sort_order, id"
    )
    rows = await session.raw.fetch(sql, session.account_id)
    return [(row["id"], row["description"]) for row in rows]


async def there(session: Session, collection: Synced, ids: Collection[UUID]) -> set[UUID]:
    """Return those of some records of a collection that there are."""
    sql = f'SELECT id FROM "{collection.name}" WHERE account_id = $1 AND id = ANY($2::uuid[])'
    return {row["id"] for row in await session.raw.fetch(sql, session.account_id, list(ids))}


async def forget(session: Session, before: datetime, day: date, most: int) -> int:
    """Forget so many occurrences that ended before an instant and go by a day before another."""
    answer = await session.raw.execute(_FORGET, session.account_id, before, day, most)
    return int(answer.rpartition(" ")[2])


def _told(raised: Iterable[Raised]) -> str:
    rows = (
        {
            "occurrence_id": new_id(),
            "trigger_id": each.trigger_id,
            "collection": each.collection,
            "record_id": each.record_id,
            "key": each.key,
            "due_at": each.due_at,
            "code": each.code,
        }
        for each in raised
    )
    return orjson.dumps(list(rows), default=str).decode()


def _open(rows: Iterable[Any]) -> list[Open]:
    return [Open(**{**dict(row), "state": State(row["state"])}) for row in rows]
