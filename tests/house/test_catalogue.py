"""No table, key, view or function of the database lets one account meet another."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.core.roles import APP_ROLE

GLOBAL_TABLES = {
    "account_directory",  # from an account's name to its id: looked up before anybody is known
    "gallery_addresses",  # from the hash of an address to whose gallery it is: the same
    "job_runs",  # how jobs went that go through all accounts: nobody's
}
NOT_OURS = {"alembic_version"}
SECURITY_DEFINERS: set[str] = set()

_TABLES = """
    SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
        pg_get_userbyid(c.relowner) AS owner
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""

# Every unique index (those of primary keys and unique constraints are among them) and every foreign key,
# with its columns in order.
_KEYS = """
    SELECT i.indrelid::regclass::text AS table, i.indexrelid::regclass::text AS name,
        ARRAY(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY k (n, place)
            LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n ORDER BY place) AS columns
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique
    UNION ALL
    SELECT f.conrelid::regclass::text, f.conname,
        ARRAY(SELECT a.attname::text FROM unnest(f.conkey) WITH ORDINALITY k (n, place)
            JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.n ORDER BY place)
    FROM pg_constraint f
    WHERE f.connamespace = 'public'::regnamespace AND f.contype = 'f'
    UNION ALL
    SELECT f.conrelid::regclass::text, f.conname || ' (referred)',
        ARRAY(SELECT a.attname::text FROM unnest(f.confkey) WITH ORDINALITY k (n, place)
            JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.n ORDER BY place)
    FROM pg_constraint f
    WHERE f.connamespace = 'public'::regnamespace AND f.contype = 'f'
"""

_NAMES = """
    SELECT c.relname AS table, k.conname AS name,
        CASE k.contype WHEN 'p' THEN 'pk' WHEN 'u' THEN 'uq' WHEN 'f' THEN 'fk' WHEN 'c' THEN 'ck' END AS kind
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.connamespace = 'public'::regnamespace AND k.contype IN ('p', 'u', 'f', 'c')
    UNION ALL
    SELECT c.relname, i.relname, CASE WHEN x.indisunique THEN 'uq' ELSE 'ix' END
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
    WHERE c.relnamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid)
"""

_MINE = "(account_id = (NULLIF(current_setting('app.account'::text, true), ''::text))::uuid)"


@pytest.fixture
async def catalogue(owner_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Lend a connection of the owner to the migrated database."""
    connection = await asyncpg.connect(owner_url)
    yield connection
    await connection.close()


Catalogue = asyncpg.Connection  # one name for the fixture's type


async def test_every_table_is_an_accounts_or_on_the_list(catalogue: Catalogue) -> None:
    keys = {
        row["table"]: row["columns"]
        for row in await catalogue.fetch(_KEYS)
        if row["name"] == f"pk_{row['table']}"
    }
    tables = {row["name"] for row in await catalogue.fetch(_TABLES)} - NOT_OURS - GLOBAL_TABLES
    assert {name for name in tables if keys.get(name, [None])[0] != "account_id"} == set()


async def test_every_key_is_led_by_the_account(catalogue: Catalogue) -> None:
    keys = await catalogue.fetch(_KEYS)
    loose = {
        row["name"]
        for row in keys
        if row["table"] not in GLOBAL_TABLES | NOT_OURS and row["columns"][0] != "account_id"
    }
    assert loose == set()


async def test_row_level_security_is_enabled_and_forced(catalogue: Catalogue) -> None:
    tables = await catalogue.fetch(_TABLES)
    exempt = GLOBAL_TABLES | NOT_OURS
    open_ones = {row["name"] for row in tables if not (row["enabled"] and row["forced"])} - exempt
    assert open_ones == set()


async def test_one_policy_per_table_says_whose_rows_are_seen_and_written(catalogue: Catalogue) -> None:
    policies = await catalogue.fetch("SELECT * FROM pg_policies WHERE schemaname = 'public'")
    tables = {row["name"] for row in await catalogue.fetch(_TABLES)} - GLOBAL_TABLES - NOT_OURS
    whole = [
        row["tablename"] for row in policies if row["cmd"] == "ALL" and row["permissive"] == "PERMISSIVE"
    ]
    assert sorted(name for name in whole if name in tables) == sorted(tables)
    ours = [row for row in policies if row["tablename"] in tables]
    assert {(row["qual"], row["with_check"]) for row in ours} == {(_MINE, _MINE)}


async def test_the_app_is_a_guest(catalogue: Catalogue) -> None:
    role = await catalogue.fetchrow("SELECT * FROM pg_roles WHERE rolname = $1", APP_ROLE)
    assert role is not None
    powers = ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb", "rolreplication", "rolcanlogin")
    assert not [power for power in powers if role[power]]
    tables = await catalogue.fetch(_TABLES)
    assert APP_ROLE not in {row["owner"] for row in tables}
    for row in tables:
        beyond = "SELECT has_table_privilege($1, $2, 'TRUNCATE, REFERENCES, TRIGGER')"
        assert not await catalogue.fetchval(beyond, APP_ROLE, row["name"]), row["name"]
    assert not await catalogue.fetchval("SELECT has_schema_privilege($1, 'public', 'CREATE')", APP_ROLE)
    assert not await catalogue.fetchval(
        "SELECT has_table_privilege($1, 'alembic_version', 'INSERT')", APP_ROLE
    )


async def test_views_see_as_their_reader_sees(catalogue: Catalogue) -> None:
    views = await catalogue.fetch(
        "SELECT relname, relkind::text, coalesce(reloptions, '{}') AS options FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')"
    )
    assert {row["relname"] for row in views if row["relkind"] == "m"} == set(), (
        "these hold every account's rows"
    )
    assert {row["relname"] for row in views if "security_invoker=true" not in row["options"]} == set()


async def test_no_function_borrows_its_owners_rights(catalogue: Catalogue) -> None:
    functions = await catalogue.fetch(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef"
    )
    assert {row["proname"] for row in functions} == SECURITY_DEFINERS


async def test_constraints_and_indexes_are_named_by_rule(catalogue: Catalogue) -> None:
    named = await catalogue.fetch(_NAMES)
    odd = {
        row["name"]
        for row in named
        if row["table"] not in NOT_OURS and not row["name"].startswith(f"{row['kind']}_{row['table']}"[:60])
    }
    assert odd == set()
