"""Row-level security alone keeps accounts apart: who forgets the account in a statement finds no other."""

from collections.abc import Mapping
from random import Random
from uuid import UUID

import asyncpg
import pytest

from app.core.db import Database
from app.sync import registry
from tests.accounts.studios import Studio
from tests.contract.records import planted
from tests.facts import Property

_TABLES = """
    SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
    GROUP BY c.relname HAVING 'account_id' = ANY (array_agg(a.attname::text))
"""
_OPEN = {"account_directory", "gallery_addresses"}
"""Names of accounts and addresses of galleries, which are looked up before anybody is known."""
SHAPES = (
    "SELECT {one}.account_id FROM {one} LIMIT 200",
    "SELECT {one}.account_id FROM {one} WHERE {one}.account_id <> '{mine}' LIMIT 200",
    "SELECT {one}.account_id FROM {one} WHERE {one}.account_id = '{theirs}'",
    "SELECT {one}.account_id FROM {one} WHERE '{theirs}' = {one}.account_id::text OR true LIMIT 200",
    "SELECT {one}.account_id FROM {one} ORDER BY {one}.{column}::text DESC NULLS LAST LIMIT 200",
    "SELECT {one}.account_id FROM {one} WHERE {column}::text <> 'x' OR {column} IS NULL LIMIT 200",
    "SELECT o.account_id FROM {one} CROSS JOIN {other} o LIMIT 200",
    "SELECT o.account_id FROM {one} RIGHT JOIN {other} o ON {one}.account_id <> o.account_id LIMIT 200",
    "SELECT account_id FROM {other} o WHERE NOT EXISTS (SELECT FROM {one} t WHERE t.account_id <> '{mine}')",
    "SELECT account_id FROM {one} UNION ALL SELECT account_id FROM {other} LIMIT 200",
    "SELECT min(o.account_id::text)::uuid FROM {other} o GROUP BY o.account_id",
    "WITH found AS (SELECT * FROM {one}) SELECT account_id FROM found OFFSET 1 LIMIT 200",
)


@pytest.mark.parametrize("many", [200, pytest.param(10_000, marks=pytest.mark.proof)])
async def test_a_query_that_forgets_the_account_finds_nothing_of_another(
    database: Database,
    owner_url: str,
    studio: Studio,
    stranger: Studio,
    *,
    many: int,
    record_property: Property,
) -> None:
    for each in registry.collections():
        await planted(studio, each.name)
        await planted(stranger, each.name)
    mine, theirs = studio.account.account_id, stranger.account.account_id
    tables = await _tables(owner_url, theirs)
    dice, own, foreign = Random(many), 0, 0  # noqa: S311 - a repeatable run
    async with database.reading(mine) as session:
        for _ in range(many):
            one, other = dice.choice([*tables]), dice.choice([*tables])
            names = {"one": one, "other": other, "column": dice.choice(tables[one])}
            found = await session.raw.fetch(dice.choice(SHAPES).format(mine=mine, theirs=theirs, **names))
            own += sum(row[0] == mine for row in found)
            foreign += sum(row[0] not in {None, mine} for row in found)
    record_property("counted: queries that forget the account", many)
    record_property("counted: rows of others they found", foreign)
    assert own > many
    assert foreign == 0


async def test_a_change_that_forgets_the_account_reaches_nothing_of_another(
    database: Database, owner_url: str, studio: Studio, stranger: Studio
) -> None:
    mine, theirs = studio.account.account_id, stranger.account.account_id
    await planted(stranger, "clients")
    for table in await _tables(owner_url, theirs):
        for change in (f"DELETE FROM {table}", f"UPDATE {table} SET account_id = account_id"):
            try:
                async with database.writing(mine) as session:
                    done = await session.raw.execute(f"{change} WHERE account_id = '{theirs}'")
            except asyncpg.InsufficientPrivilegeError:
                continue
            assert done.endswith(" 0"), change


async def _tables(owner_url: str, theirs: UUID) -> Mapping[str, list[str]]:
    """Return the columns of each table in which the other account has rows, as the owner sees them."""
    connection = await asyncpg.connect(owner_url)
    try:
        found = {row["name"]: row["columns"] for row in await connection.fetch(_TABLES)}
        filled = {
            name: columns
            for name, columns in found.items()
            if name not in _OPEN
            and await connection.fetchval(f"SELECT EXISTS (SELECT FROM {name} WHERE account_id = $1)", theirs)
        }
    finally:
        await connection.close()
    assert len(filled) > 5
    return filled
