"""The database server: its tables and walls, and what is open there."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg

from app.core.db import Database
from app.core.migrations import newest
from app.core.roles import APP_ROLE, WrongRole
from app.doctor.patient import Found, Patient, Severity, many

LONG = timedelta(hours=1)
"""How long something may be open: what is deleted meanwhile takes up room until it ends."""
_FEW = 2
_FAR_BEHIND = timedelta(minutes=1)

_IS_THERE = "SELECT to_regclass('alembic_version') IS NOT NULL"
_REVISION = "SELECT version_num FROM alembic_version"

# Whatever was once protected has a policy; it holds nobody where it is not enabled, or not the owner.
_OPEN = """
SELECT c.relname::text AS name FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
    AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
ORDER BY c.relname
"""
_MAY_CHANGE = """
SELECT bool_or(has_table_privilege($1, 'audit_entries', each)) FROM unnest(ARRAY['UPDATE', 'DELETE']) AS each
"""
_ROLE = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = $1"
_LONG_OPEN = """
SELECT pid, coalesce(nullif(application_name, ''), usename, '?') AS name,
    extract(epoch FROM clock_timestamp() - xact_start)::float8 AS seconds
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND clock_timestamp() - xact_start > $1
ORDER BY xact_start
"""
_BEHIND = """
SELECT application_name AS name, extract(epoch FROM replay_lag)::float8 AS seconds FROM pg_stat_replication
WHERE replay_lag > $1 ORDER BY application_name
"""
_SEES_ALL = "SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')"
_HOUR = 3_600


async def migrations(patient: Patient) -> AsyncIterator[Found]:
    """Look whether the tables are those of this version; nothing else can be looked at when they are not."""
    connection = await patient.owned()
    try:
        found = await connection.fetchval(_REVISION) if await connection.fetchval(_IS_THERE) else None
    except asyncpg.InsufficientPrivilegeError:
        sentence = "The revision of the tables may not be read by who looks."
        remedy = "Name who owns them in MIGRATION_DATABASE_URL."
        yield Found("migrations", Severity.WARNING, sentence, remedy)
        return
    finally:
        connection.terminate()
    if found != (wanted := newest()):
        sentence = (
            f"The tables are at revision {found or 'none'} and not at {wanted}; the rest was not looked at."
        )
        yield Found("migrations", Severity.ERROR, sentence, "python -m app migrate")


async def ways(patient: Patient) -> AsyncIterator[Found]:
    """Look whether the app's own connections stand and work as they must, to a replica too."""
    chosen = patient.settings
    asked = (
        ("DATABASE_URL", chosen.database_url, chosen.is_pooled),
        ("PULL_DATABASE_URL", chosen.pull_database_url, False),
    )
    for name, url, is_pooled in asked:
        if url is None:
            continue
        database = Database(url, pool_size=_FEW, is_pooled=is_pooled, is_distributed=chosen.distributed)
        try:
            async with database.directory() as connection:
                await connection.execute("SELECT 1")
        except WrongRole as wrong:
            yield Found(
                "ways", Severity.ERROR, f"Nobody is served by {name}: {wrong}", "python -m app migrate"
            )
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as away:
            sentence = f"No connection stands by {name}: {type(away).__name__}."
            yield Found("ways", Severity.ERROR, sentence, "Look at the server it leads to, and at its name.")
        finally:
            await database.close()


async def walls(patient: Patient) -> AsyncIterator[Found]:
    """Look whether row-level security holds wherever it was set up, and the trail may only be added to."""
    connection = await patient.owned()
    try:
        tables = [row["name"] for row in await connection.fetch(_OPEN)]
        may_change = await connection.fetchval(_MAY_CHANGE, APP_ROLE)
        passes_by = await connection.fetchval(_ROLE, APP_ROLE)
    finally:
        connection.terminate()
    for table in tables:
        sentence = f"The table {table} is open: row-level security does not hold there."
        remedy = f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
        yield Found("walls", Severity.ERROR, sentence, remedy)
    if passes_by:
        sentence = f"Row-level security does not hold for the role {APP_ROLE}."
        yield Found("walls", Severity.ERROR, sentence, f"ALTER ROLE {APP_ROLE} NOSUPERUSER NOBYPASSRLS;")
    if may_change:
        sentence = f"The role {APP_ROLE} may change the audit trail, and not only add to it."
        remedy = f"REVOKE UPDATE, DELETE ON audit_entries FROM {APP_ROLE};"
        yield Found("walls", Severity.ERROR, sentence, remedy)


async def transactions(patient: Patient) -> AsyncIterator[Found]:
    """Look for what was left open, and for replicas that do not come along."""
    connection = await patient.owned()
    try:
        left = await connection.fetch(_LONG_OPEN, LONG)
        behind = await connection.fetch(_BEHIND, _FAR_BEHIND)
        sees_all = await connection.fetchval(_SEES_ALL)
        who = await connection.fetchval("SELECT current_user")
    finally:
        connection.terminate()
    if not sees_all:
        sentence = f"Whether others left a transaction open, or a replica is behind, {who} may not see."
        yield Found("transactions", Severity.WARNING, sentence, f"GRANT pg_read_all_stats TO {who};")
    for row in left:
        hours = many(int(row["seconds"] / _HOUR), "hour", "hours")
        sentence = (
            f"A transaction of {row['name']} has been open for {hours}: nothing is cleared up behind it."
        )
        remedy = f"SELECT pg_terminate_backend({row['pid']});"
        yield Found("transactions", Severity.WARNING, sentence, remedy)
    for row in behind:
        sentence = f"The replica {row['name']} is {many(int(row['seconds']), 'second', 'seconds')} behind."
        yield Found("replicas", Severity.WARNING, sentence, "Look at its log, and at its disk.")
