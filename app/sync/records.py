"""The SQL of the typed tables: one text per collection, built from its declaration."""

from collections.abc import AsyncIterator, Sequence
from functools import cache
from uuid import UUID

import orjson
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql.base import PGDialect

from app.core.db import Session, WriteSession
from app.sync import registry
from app.sync.feed import Key
from app.sync.fields import Values
from app.sync.registry import Collection

_MOST = 1000
_DIALECT = PGDialect()  # type: ignore[no-untyped-call]


async def upsert(session: WriteSession, collection: Collection, rows: Sequence[Values]) -> None:
    """Write whole records of one collection, given in JSON form with their ids."""
    if rows:
        text = orjson.dumps(rows).decode()
        await session.raw.execute(_upsert_sql(collection.table), session.account_id, text)


async def delete(session: WriteSession, collection: Collection, ids: Sequence[UUID]) -> None:
    """Delete records of one collection."""
    if ids:
        sql = f'DELETE FROM "{collection.name}" WHERE account_id = $1 AND id = ANY($2::uuid[])'
        await session.raw.execute(sql, session.account_id, ids)


async def some(session: Session, collection: Collection, ids: Sequence[UUID]) -> dict[UUID, Values]:
    """Return some records of one collection, those there are, in the database's JSON form."""
    sql = (
        f"SELECT id, (to_jsonb(t) - 'account_id')::text AS record FROM \"{collection.name}\" t"
        " WHERE account_id = $1 AND id = ANY($2::uuid[])"
    )
    rows = await session.raw.fetch(sql, session.account_id, ids)
    return {row["id"]: orjson.loads(row["record"]) for row in rows}


async def referring(session: Session, collection: Collection, ids: Sequence[UUID]) -> dict[UUID, set[Key]]:
    """Return the records that link to some records of one collection, more than one push could delete."""
    found: dict[UUID, set[Key]] = {}
    for child, link in registry.referring(collection):
        sql = (
            f'SELECT id, "{link.name}" AS target FROM "{child.name}"'
            f' WHERE account_id = $1 AND "{link.name}" = ANY($2::uuid[]) LIMIT {_MOST}'
        )
        for row in await session.raw.fetch(sql, session.account_id, ids):
            found.setdefault(row["target"], set()).add((child.number, row["id"]))
    return found


async def scan(session: Session, collection: Collection, page: int = 2000) -> AsyncIterator[list[Values]]:
    """Yield all records of one collection in pages, in order of id, each in the database's JSON form."""
    sql = (
        f"SELECT id, (to_jsonb(t) - 'account_id')::text AS record FROM \"{collection.name}\" t"
        " WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    )
    after = UUID(int=0)
    while rows := await session.raw.fetch(sql, session.account_id, after, page):
        yield [orjson.loads(row["record"]) for row in rows]
        after = rows[-1]["id"]


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
