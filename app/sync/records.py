"""The SQL of the typed tables: one text per collection, built from its declaration."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

import orjson
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql.base import PGDialect

from app.core.db import Session, WriteSession
from app.core.ids import NIL
from app.sync import registry
from app.sync.feed import Key
from app.sync.fields import BOOKKEEPING, OnDelete, Values
from app.sync.registry import Collection, FieldSpec
from app.sync.tables import Kind
from app.sync.validation import canonical

_MOST = 1000
_DIALECT = PGDialect()  # type: ignore[no-untyped-call]


async def upsert(session: WriteSession, collection: Collection, written: Mapping[UUID, Values]) -> None:
    """Write whole records of one collection, given in JSON form by their ids.

    What is null is not said: that is what the database takes for what is not there.
    """
    if written:
        said = [{name: value for name, value in row.items() if value is not None} for row in written.values()]
        for row, record_id in zip(said, written, strict=True):
            row["id"] = str(record_id)
        text = orjson.dumps(said).decode()
        await session.raw.execute(_upsert_sql(collection.table), session.account_id, text)


async def delete(session: WriteSession, collection: Collection, ids: Sequence[UUID]) -> None:
    """Delete records of one collection."""
    if ids:
        sql = f'DELETE FROM "{collection.name}" WHERE account_id = $1 AND id = ANY($2::uuid[])'
        await session.raw.execute(sql, session.account_id, ids)


async def release(session: WriteSession, collection: Collection, ids: Sequence[UUID]) -> None:
    """Let others have what records that are about to be deleted had for themselves alone."""
    names = [spec.name for spec in collection.fields.values() if spec.is_unique and spec.is_nullable]
    if ids and names:
        freed = ", ".join(f'"{name}" = NULL' for name in names)
        sql = f'UPDATE "{collection.name}" SET {freed} WHERE account_id = $1 AND id = ANY($2::uuid[])'
        await session.raw.execute(sql, session.account_id, ids)


async def ids(session: Session, collection: Collection) -> list[UUID]:
    """Return the ids of all records of one collection."""
    sql = f'SELECT id FROM "{collection.name}" WHERE account_id = $1 ORDER BY id'
    return [row["id"] for row in await session.raw.fetch(sql, session.account_id)]


async def some(session: Session, collection: Collection, ids: Sequence[UUID]) -> dict[UUID, Values]:
    """Return some records of one collection, those there are, in canonical form."""
    sql = (
        f"SELECT id, (to_jsonb(t) - 'account_id')::text AS record FROM \"{collection.name}\" t"
        " WHERE account_id = $1 AND id = ANY($2::uuid[])"
    )
    rows = await session.raw.fetch(sql, session.account_id, ids)
    return {row["id"]: _canonical(collection, orjson.loads(row["record"])) for row in rows}


async def find(session: Session, collection: str, record_id: UUID) -> Values | None:
    """Return a record of a collection that is there, by its name, whoever may see it."""
    found = await some(session, registry.numbered(registry.number_of(collection)), [record_id])
    return found.get(record_id)


@dataclass(frozen=True, slots=True)
class Reference:
    """A record that refers to another, and the field in which it does."""

    key: Key
    field: FieldSpec


async def referring(
    session: Session, collection: Collection, ids: Sequence[UUID], *, most: int | None = _MOST
) -> dict[UUID, list[Reference]]:
    """Return what refers to some records of one collection.

    Of what stands in the way of a deletion, no more than one push could take out of it, unless all is wanted.
    """
    sources = registry.referring(collection.name)
    found: dict[UUID, list[Reference]] = {}
    rows = (
        await session.raw.fetch(_referring_sql(collection.name, most), session.account_id, ids)
        if sources
        else []
    )
    for row in rows:
        child, spec = sources[row["source"]]
        found.setdefault(row["target"], []).append(Reference((child.number, row["id"]), spec))
    return found


async def scan(
    session: Session, collection: Collection, page: int = 2000
) -> AsyncIterator[dict[UUID, Values]]:
    """Yield all records of one collection in pages, in order of id, each in canonical form."""
    after = NIL
    while found := await page_after(session, collection, after, page):
        yield found
        after = max(found)


async def page_after(session: Session, collection: Collection, after: UUID, most: int) -> dict[UUID, Values]:
    """Return the records of one collection behind an id, in order of id and in canonical form."""
    sql = (
        f"SELECT id, (to_jsonb(t) - 'account_id')::text AS record FROM \"{collection.name}\" t"
        " WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    )
    rows = await session.raw.fetch(sql, session.account_id, after, most)
    return {row["id"]: _canonical(collection, orjson.loads(row["record"])) for row in rows}


async def count(session: Session, collection: Collection) -> int:
    """Return how many records one collection has."""
    sql = f'SELECT count(*) FROM "{collection.name}" WHERE account_id = $1'
    return int(await session.raw.fetchval(sql, session.account_id))


def _canonical(collection: Collection, row: Values) -> Values:
    """Return a row of the typed table, in the database's JSON, in canonical form."""
    kept = {name: row[name] for name in BOOKKEEPING}
    fields = {name: row[name] for name in collection.fields}
    for name in ("created_at", "updated_at"):
        kept[name] = datetime.fromisoformat(kept[name]).isoformat().replace("+00:00", "Z")
    return {**canonical(collection, fields), **kept}


@cache
def _referring_sql(target: str, most: int | None) -> str:
    sources = enumerate(registry.referring(target))
    return " UNION ALL ".join(f"({_reference(place, *source, most)})" for place, source in sources)


def _reference(place: int, child: Collection, spec: FieldSpec, most: int | None) -> str:
    select = f'SELECT {place} AS source, t.id, gone.id AS target FROM "{child.name}" t'
    match = {
        Kind.ID: f't."{spec.name}" = gone.id',
        Kind.IDS: f'gone.id = ANY(t."{spec.name}")',
    }.get(spec.kind, f"t.\"{spec.name}\"::text LIKE '%' || gone.id || '%'")
    limit = f" LIMIT {most}" if most and spec.on_delete is OnDelete.REFUSE else ""
    return f"{select} JOIN unnest($2::uuid[]) AS gone(id) ON {match} WHERE t.account_id = $1{limit}"


@cache
def _upsert_sql(table: Table) -> str:
    columns = [column for column in table.columns if column.name != "account_id"]
    names = ", ".join(f'"{column.name}"' for column in columns)
    typed = ", ".join(f'"{column.name}" {column.type.compile(_DIALECT)}' for column in columns)
    changes = ", ".join(
        f'"{column.name}" = excluded."{column.name}"' for column in columns if column.name != "id"
    )
    return (
        f'INSERT INTO "{table.name}" (account_id, {names})'
        f" SELECT $1, {names} FROM jsonb_to_recordset($2::text::jsonb) AS r({typed})"
        f" ON CONFLICT (account_id, id) DO UPDATE SET {changes}"
    )
