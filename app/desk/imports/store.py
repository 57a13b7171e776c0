"""The SQL of imports: files row by row, what is done with each, and who is like whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from app.core.db import Session, WriteSession
from app.desk.imports.targets import Kind
from app.desk.imports.values import DateOrder
from app.readers.tables import Row

KEPT = timedelta(days=7)
"""How long an import is kept, whatever became of it: nobody needs somebody else's file for longer."""
MOST = 20
"""How many imports somebody may keep."""
LISTED = 100
"""How many imports an administrator is told, who sees everybody's."""
_AT_ONCE = 1_000


class State(StrEnum):
    """How far an import has come."""

    WAITING = "waiting"
    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    UNDOING = "undoing"
    UNDONE = "undone"


class Fate(StrEnum):
    """What would become of a row by the last check, or has become of it by the run, and by undoing that."""

    CREATE = "create"
    DUPLICATE = "duplicate"
    ERROR = "error"
    CREATED = "created"
    FILLED = "filled"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNDONE = "undone"


class Duplicates(StrEnum):
    """What is done with a row that is like a record there is."""

    SKIP = "skip"
    CREATE = "create"
    FILL = "fill"


@dataclass(frozen=True, slots=True)
class Found:
    """An import as it is kept."""

    import_id: UUID
    user_id: UUID
    kind: Kind
    form: str
    state: State
    version: int
    columns: list[str]
    fields: list[str | None]
    dates: DateOrder | None
    compare_by: list[str]
    duplicates: Duplicates | None
    total: int
    done: int
    reached: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found of a row, or done with it."""

    row: int
    fate: Fate
    record_id: UUID | None = None
    duplicates_of: Sequence[UUID] = ()
    same_as_row: int | None = None
    code: str | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)


async def keep(session: Session, made: Found, rows: Sequence[Row]) -> None:
    """Keep a file; it needs no turn."""
    values = (
        *(made.user_id, made.kind, made.form, made.state, _json(made.columns), _json(made.fields)),
        *(made.dates, made.compare_by, made.total),
    )
    await session.raw.execute(_KEEP, session.account_id, made.import_id, *values)
    for place in range(0, len(rows), _AT_ONCE):
        some = [
            {"row": each.number, "cells": each.cells, "problem": each.problem}
            for each in rows[place : place + _AT_ONCE]
        ]
        await session.raw.execute(_KEEP_ROWS, session.account_id, made.import_id, _json(some))


async def count(session: Session, user_id: UUID) -> int:
    """Return how many imports a user has."""
    return int(await session.raw.fetchval(_COUNT, session.account_id, user_id))


async def find(session: Session, import_id: UUID) -> Found | None:
    """Return an import."""
    rows = await session.raw.fetch(f"{_FIND} AND import_id = $2", session.account_id, import_id)
    return _found(rows[0]) if rows else None


async def newest(session: Session, user_id: UUID | None) -> list[Found]:
    """Return the imports of a user, or of all, the newest first."""
    sql = f"{_FIND} AND ($2::uuid IS NULL OR user_id = $2) ORDER BY made_at DESC, import_id LIMIT {LISTED}"
    return [_found(row) for row in await session.raw.fetch(sql, session.account_id, user_id)]


async def running(session: Session, beside: UUID) -> UUID | None:
    """Return another import that is running."""
    found: UUID | None = await session.raw.fetchval(_RUNNING, session.account_id, beside)
    return found


async def sample(session: Session, import_id: UUID, most: int) -> list[list[str]]:
    """Return the texts of the first rows."""
    rows = await session.raw.fetch(_SAMPLE, session.account_id, import_id, most)
    return [orjson.loads(row["cells"]) for row in rows]


async def counts(session: Session, found: Found) -> dict[str, int]:
    """Return how many rows have which fate, of those that were looked at."""
    rows = await session.raw.fetch(_COUNTS, session.account_id, found.import_id, _shown(found))
    return {row["fate"]: row["many"] for row in rows}


async def page(
    session: Session, found: Found, fate: Fate | None, after: int, most: int
) -> list[Mapping[str, Any]]:
    """Return some rows in order, behind one, of one fate or any."""
    wanted = (after, _shown(found), most)
    if fate is None:
        rows = await session.raw.fetch(_PAGE.format(fate=""), session.account_id, found.import_id, *wanted)
    else:
        sql = _PAGE.format(fate="AND fate = $6")
        rows = await session.raw.fetch(sql, session.account_id, found.import_id, *wanted, fate)
    return [
        {**row, "cells": orjson.loads(row["cells"]), "reasons": orjson.loads(row["reasons"])} for row in rows
    ]


async def map_anew(
    session: WriteSession,
    import_id: UUID,
    fields: Sequence[str | None],
    dates: DateOrder | None,
    compare_by: Sequence[str],
) -> None:
    """Say anew what the columns are: nothing has been looked at by that."""
    await session.raw.execute(
        _MAP, session.account_id, import_id, _json(list(fields)), dates, list(compare_by)
    )


async def begin(
    session: WriteSession,
    import_id: UUID,
    state: State,
    duplicates: Duplicates | None = None,
    done: int = 0,
) -> None:
    """Begin with the first row; `done` are those of which nothing is asked."""
    if state is State.CHECKING:
        await session.raw.execute(_FORGET_LIKENESSES, session.account_id, import_id)
    await session.raw.execute(_BEGIN, session.account_id, import_id, state, duplicates, done)


async def move(session: WriteSession, import_id: UUID, state: State) -> None:
    """Set how far an import has come."""
    await session.raw.execute(_MOVE, session.account_id, import_id, state)


async def plan_anew(session: WriteSession) -> None:
    """Have each statement of the transaction planned for tables as they are now.

    An import makes tables of a new studio grow faster than statistics follow: a plan that was kept from when
    they were empty reads the whole account for each row.
    """
    await session.raw.execute("SET LOCAL plan_cache_mode = force_custom_plan")


async def chunk(session: WriteSession, found: Found, most: int) -> list[Row]:
    """Return the next rows to be looked at."""
    rows = await session.raw.fetch(_CHUNK, session.account_id, found.import_id, found.reached, most)
    return [Row(row["row"], orjson.loads(row["cells"]), row["problem"]) for row in rows]


async def created(session: WriteSession, found: Found, most: int) -> list[tuple[int, UUID]]:
    """Return the next rows that became records, and which."""
    wanted = found.reached, most, Fate.CREATED
    rows = await session.raw.fetch(_CREATED, session.account_id, found.import_id, *wanted)
    return [(row["row"], row["record_id"]) for row in rows]


async def save(session: WriteSession, import_id: UUID, judged: Sequence[Judged]) -> None:
    """Keep what was found of the next rows, and that they have been looked at."""
    rows = [
        {
            "row": each.row,
            "fate": each.fate,
            "record_id": each.record_id,
            "duplicates_of": list(each.duplicates_of),
            "same_as_row": each.same_as_row,
            "code": each.code,
            "reasons": dict(each.reasons),
        }
        for each in judged
    ]
    await session.raw.execute(_SAVE, session.account_id, import_id, _json(rows))
    last = max((each.row for each in judged), default=0)
    await session.raw.execute(_REACH, session.account_id, import_id, last, len(judged))


async def remove(session: WriteSession, import_id: UUID) -> None:
    """Forget an import with its rows."""
    await session.raw.execute(_REMOVE, session.account_id, import_id)


async def forget(session: Session) -> int:
    """Forget one import that was kept long enough, and count it; it needs no turn."""
    return int(await session.raw.fetchval(_FORGET, session.account_id, KEPT))


Likeness = tuple[str, str]


async def first_rows(
    session: WriteSession, import_id: UUID, likenesses: Sequence[Likeness]
) -> dict[Likeness, int]:
    """Return which rows before had the same first."""
    asked = [kind for kind, _ in likenesses], [value for _, value in likenesses]
    rows = await session.raw.fetch(_FIRST_ROWS, session.account_id, import_id, *asked)
    return {(row["kind"], row["value"]): row["row"] for row in rows}


async def claim(session: WriteSession, import_id: UUID, likenesses: Mapping[Likeness, int]) -> None:
    """Keep which rows were the first to have something."""
    asked = [kind for kind, _ in likenesses], [value for _, value in likenesses], list(likenesses.values())
    await session.raw.execute(_CLAIM, session.account_id, import_id, *asked)


async def clients_of_numbers(session: Session, numbers: Sequence[int]) -> dict[int, UUID]:
    """Return the clients that have some numbers."""
    rows = await session.raw.fetch(_OF_NUMBERS, session.account_id, list(numbers))
    return {row["client_number"]: row["id"] for row in rows}


async def clients_of_emails(session: Session, emails: Sequence[str]) -> dict[str, UUID]:
    """Return the clients that have some addresses nobody else has."""
    rows = await session.raw.fetch(_OF_EMAILS, session.account_id, list(emails))
    return {row["value"]: row["client_id"] for row in rows}


async def names_of_clients(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return what people call some clients, with their numbers."""
    rows = await session.raw.fetch(_NAMES, session.account_id, list(ids))
    return {row["id"]: row["name"] for row in rows}


async def entries(session: Session, collection: str) -> dict[str, UUID]:
    """Return the entries of a list that are offered, by their words in lower case."""
    sql = f'SELECT id, description FROM "{collection}" WHERE account_id = $1 AND NOT is_inactive'
    return {
        row["description"].casefold(): row["id"] for row in await session.raw.fetch(sql, session.account_id)
    }


async def staff(session: Session) -> dict[str, UUID]:
    """Return who works here, by initials, names and addresses in lower case that are nobody else's."""
    known: dict[str, set[UUID]] = {}
    for row in await session.raw.fetch(_STAFF, session.account_id):
        for word in (row["initials"], row["display_name"], row["email"], row["name"]):
            known.setdefault((word or "").strip().casefold(), set()).add(row["id"])
    return {word: ids.pop() for word, ids in known.items() if word and len(ids) == 1}


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def _shown(found: Found) -> int:
    """Return up to which row fates are of the check or run there is: those behind may be of one before."""
    return found.reached if found.state in (State.WAITING, State.CHECKING) else 2**31 - 1


def _found(row: Any) -> Found:
    return Found(
        import_id=row["import_id"],
        user_id=row["user_id"],
        kind=Kind(row["kind"]),
        form=row["form"],
        state=State(row["state"]),
        version=row["version"],
        columns=orjson.loads(row["columns"]),
        fields=orjson.loads(row["fields"]),
        dates=DateOrder(row["dates"]) if row["dates"] else None,
        compare_by=list(row["compare_by"]),
        duplicates=Duplicates(row["duplicates"]) if row["duplicates"] else None,
        total=row["total"],
        done=row["done"],
        reached=row["reached"],
        made_at=row["made_at"],
    )


_KEEP = """
INSERT INTO imports (account_id, import_id, user_id, kind, form, state, version, columns, fields, dates,
                     compare_by, total, done, reached)
VALUES ($1, $2, $3, $4, $5, $6, 1, $7::text::jsonb, $8::text::jsonb, $9, $10, $11, 0, 0)
"""
_KEEP_ROWS = """
INSERT INTO import_rows (account_id, import_id, row, cells, problem, duplicates_of, reasons)
SELECT clock.account_id, $2, each.row, each.cells, each.problem, '{}', '{}'
FROM account_clock AS clock
CROSS JOIN jsonb_to_recordset($3::text::jsonb) AS each(row integer, cells jsonb, problem text)
WHERE clock.account_id = $1
"""
_COUNT = "SELECT count(*) FROM imports WHERE account_id = $1 AND user_id = $2"
_FIND = """
SELECT import_id, user_id, kind, form, state, version, columns::text, fields::text, dates, compare_by,
       duplicates, total, done, reached, made_at
FROM imports WHERE account_id = $1"""
_RUNNING = """
SELECT import_id FROM imports WHERE account_id = $1 AND state = 'running' AND import_id <> $2 LIMIT 1
"""
_SAMPLE = """
SELECT cells::text FROM import_rows WHERE account_id = $1 AND import_id = $2 ORDER BY row LIMIT $3
"""
_COUNTS = """
SELECT fate, count(*) AS many FROM import_rows
WHERE account_id = $1 AND import_id = $2 AND row <= $3 AND fate IS NOT NULL GROUP BY fate ORDER BY fate
"""
_PAGE = """
SELECT row, cells::text, problem, fate, record_id, duplicates_of, same_as_row, code, reasons::text
FROM import_rows
WHERE account_id = $1 AND import_id = $2 AND row > $3 AND row <= $4 AND fate IS NOT NULL {fate}
ORDER BY row LIMIT $5
"""
_MAP = """
UPDATE imports SET fields = $3::text::jsonb, dates = $4, compare_by = $5, state = 'waiting',
    version = version + 1, done = 0, reached = 0
WHERE account_id = $1 AND import_id = $2
"""
_FORGET_LIKENESSES = "DELETE FROM import_likenesses WHERE account_id = $1 AND import_id = $2"
_BEGIN = """
UPDATE imports SET state = $3, duplicates = $4, done = $5, reached = 0, version = version + 1
WHERE account_id = $1 AND import_id = $2
"""
_MOVE = "UPDATE imports SET state = $3, version = version + 1 WHERE account_id = $1 AND import_id = $2"
_CHUNK = """
SELECT row, cells::text, problem FROM import_rows
WHERE account_id = $1 AND import_id = $2 AND row > $3 ORDER BY row LIMIT $4
"""
_CREATED = """
SELECT row, record_id FROM import_rows
WHERE account_id = $1 AND import_id = $2 AND fate = $5 AND row > $3 ORDER BY row LIMIT $4
"""
_SAVE = """
UPDATE import_rows kept
SET fate = each.fate, record_id = each.record_id, same_as_row = each.same_as_row, code = each.code,
    reasons = each.reasons, duplicates_of = ARRAY(SELECT jsonb_array_elements_text(each.duplicates_of)::uuid)
FROM jsonb_to_recordset($3::text::jsonb)
     AS each(row integer, fate text, record_id uuid, duplicates_of jsonb, same_as_row integer, code text,
             reasons jsonb)
WHERE kept.account_id = $1 AND kept.import_id = $2 AND kept.row = each.row
"""
_REACH = """
UPDATE imports SET reached = greatest(reached, $3), done = done + $4
WHERE account_id = $1 AND import_id = $2
"""
_REMOVE = "DELETE FROM imports WHERE account_id = $1 AND import_id = $2"
_FORGET = """
WITH chosen AS MATERIALIZED (
    SELECT import_id FROM imports WHERE account_id = $1 AND made_at <= statement_timestamp() - $2::interval
    ORDER BY made_at LIMIT 1 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM imports kept USING chosen
    WHERE kept.account_id = $1 AND kept.import_id = chosen.import_id RETURNING 1
)
SELECT count(*) FROM gone
"""
_FIRST_ROWS = """
SELECT asked.kind, asked.value, known.row
FROM unnest($3::text[], $4::text[]) AS asked(kind, value)
CROSS JOIN LATERAL (
    SELECT row FROM import_likenesses
    WHERE account_id = $1 AND import_id = $2 AND kind = asked.kind AND value = asked.value LIMIT 1
) AS known
"""
# Joined without the limit, all the rows of an import would be read where statistics know of none yet.
_CLAIM = """
INSERT INTO import_likenesses (account_id, import_id, kind, value, row)
SELECT $1, $2, kind, value, row FROM unnest($3::text[], $4::text[], $5::integer[]) AS each(kind, value, row)
ON CONFLICT DO NOTHING
"""
_OF_NUMBERS = """
SELECT id, client_number FROM clients WHERE account_id = $1 AND client_number = ANY($2::bigint[])
"""
_OF_EMAILS = """
SELECT asked.value, min(known.client_id::text)::uuid AS client_id
FROM unnest($2::text[]) AS asked(value)
JOIN client_likenesses known ON known.account_id = $1 AND known.kind = 'email' AND known.value = asked.value
GROUP BY asked.value HAVING count(*) = 1
"""
_STAFF = """
SELECT id, initials, display_name, email, concat_ws(' ', first_name, last_name) AS name
FROM staff WHERE account_id = $1 AND NOT is_inactive
"""
_NAMES = """
SELECT id, concat_ws(' ', concat_ws(', ', nullif(concat_ws(' ', first_name, last_name), ''), company_name),
                     '(' || client_number || ')') AS name
FROM clients WHERE account_id = $1 AND id = ANY($2::uuid[])
"""
