"""A database with rows of two accounts in every table there is, made from its catalogue alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from app.leaving.schema import is_secret

ROWS = 5
SECRET_TEXT, SECRET_BYTES, SECRET_ID = "opens-it", b"opens-it", UUID("0b5ec4e7-0b5e-4c4e-8b5e-c4e70b5ec4e7")
"""What every column has that may hold a secret, as its type lets it."""

_CHECKS = """
    SELECT conrelid::regclass::text AS name, conname FROM pg_constraint
    WHERE contype = 'c' AND connamespace = 'public'::regnamespace
"""
_COLUMNS = """
    SELECT c.relname::text AS name, a.attname::text AS column, format_type(a.atttypid, NULL) AS kind,
        (SELECT array_agg(f.confrelid::regclass::text) FROM pg_constraint f
         WHERE f.conrelid = c.oid AND f.contype = 'f' AND a.attnum = ANY (f.conkey)) AS parents
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND EXISTS (
        SELECT FROM pg_attribute b
        WHERE b.attrelid = c.oid AND b.attname = 'account_id' AND NOT b.attisdropped
    )
    ORDER BY c.relname, a.attnum
"""
_NAMED = (
    """UPDATE accounts SET account_name = $2, subscription_state = 'cancelled', edition = 'professional'
    WHERE account_id = $1""",
    "UPDATE pictures SET media_type = 'image/jpeg', name = $2 WHERE account_id = $1",
    "UPDATE account_directory SET account_name = $2 WHERE account_id = $1",
)
_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Owned:
    """An account, whose rows have these ids."""

    account_id: UUID
    name: str
    ids: tuple[UUID, ...]


async def fill(url: str) -> tuple[Owned, Owned]:
    """Put rows of two accounts into each table, which hold together as foreign keys want it."""
    accounts = tuple(
        Owned(uuid4(), f"{name}-{uuid4().hex[:6]}", tuple(uuid4() for _ in range(ROWS)))
        for name in ("one", "two")
    )
    connection = await asyncpg.connect(url)
    try:
        for row in await connection.fetch(_CHECKS):
            await connection.execute(f'ALTER TABLE {row["name"]} DROP CONSTRAINT "{row["conname"]}"')
        columns: dict[str, list[asyncpg.Record]] = {}
        for row in await connection.fetch(_COLUMNS):
            columns.setdefault(row["name"], []).append(row)
        # Foreign keys are looked at again when rows go.
        await connection.execute("SET session_replication_role = replica")
        for name, found in columns.items():
            for owned in accounts:
                await _insert(connection, name, found, owned)
        for owned in accounts:
            for change in _NAMED:
                await connection.execute(change, owned.account_id, owned.name)
    finally:
        await connection.close()
    return accounts[0], accounts[1]


async def counted(url: str) -> dict[str, dict[UUID, int]]:
    """Return how many rows each account has in each table that has any, as who passes all walls."""
    connection = await asyncpg.connect(url)
    try:
        names = {row["name"] for row in await connection.fetch(_COLUMNS)}
        found = {
            name: {
                row["account_id"]: row["rows"]
                for row in await connection.fetch(
                    f"SELECT account_id, count(*) AS rows FROM {name} GROUP BY account_id"
                )
            }
            for name in sorted(names)
        }
    finally:
        await connection.close()
    return found


async def _insert(connection: Any, name: str, columns: list[asyncpg.Record], owned: Owned) -> None:
    names = ", ".join(f'"{each["column"]}"' for each in columns)
    values = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    for number in range(ROWS):
        row = [_value(name, each, owned, number) for each in columns]
        # Of what there is one for each account, the first stays.
        statement = f"INSERT INTO {name} ({names}) VALUES ({values}) ON CONFLICT DO NOTHING"
        await connection.execute(statement, *row)


def _value(table: str, column: asyncpg.Record, owned: Owned, number: int) -> Any:
    name, kind = column["column"], column["kind"]
    if name == "account_id":
        return owned.account_id
    is_linked = column["parents"] is not None
    # A record names the next of its own kind, so that no order of rows suits them.
    at = (number + 1) % ROWS if is_linked and table in column["parents"] else number
    if is_secret(table, name, kind) and not is_linked:
        return _secret(kind, f"{owned.name}{number}")
    made: dict[str, Any] = {
        "uuid": owned.ids[at],
        "bytea": f"{owned.name}{at}".encode(),
        "boolean": True,
        "date": (_NOW + timedelta(days=at)).date(),
        "time without time zone": time(10, at),
        "timestamp with time zone": _NOW + timedelta(hours=at),
        "jsonb": f'{{"n": {at}, "of": "{owned.name}"}}',
        "uuid[]": [owned.ids[at]],
        "integer[]": [at],
    }
    if kind in made:
        return made[kind]
    if kind in {"bigint", "integer", "smallint"}:
        return at + 1
    text = f"{owned.name}-{at}"
    return [text] if kind.endswith("[]") else text


def _secret(kind: str, of: str) -> Any:
    if kind == "uuid":
        return SECRET_ID
    return SECRET_BYTES + of.encode() if kind == "bytea" else f"{SECRET_TEXT}{of}"


def spelled() -> Iterator[bytes]:
    """Return how a secret would look in a file."""
    yield from (SECRET_BYTES, SECRET_BYTES.hex().encode(), str(SECRET_ID).encode())
