"""Spreading the accounts over the nodes of a Citus cluster: each account's rows lie together on one of them.

A table of accounts is distributed by `account_id`, all of them alike, so that what is one account's is on one
node and every statement is that node's alone. The directories, by which an account is found before it is
known, are whole on every node.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import asyncpg

from app.core.roles import APP_ROLE

DIRECTORIES = ("account_directory", "gallery_addresses")
"""The tables with an account in them that every node has whole."""

FIRST = "account_clock"
"""The table all others are laid beside; nothing it leads to has to be there before."""

OLDEST = (13, 2)
"""The oldest release of Citus that hands the account on within a transaction and keeps row-level security."""

_PROPAGATES = "citus.propagate_set_commands"
_TABLES = """
SELECT c.relname::text AS name, ARRAY(
    SELECT DISTINCT f.relname::text
    FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
    WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> c.oid
) AS parents
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'account_id' AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
ORDER BY c.relname
"""
_ENGINE = """
SELECT current_database()::text AS place,
    (SELECT extversion FROM pg_extension WHERE extname = 'citus') AS version,
    current_setting('citus.propagate_set_commands', true) AS propagates,
    (SELECT rolcanlogin FROM pg_roles WHERE rolname = $1) AS may_log_in,
    (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser
"""
_DONE = """
SELECT logicalrelid::regclass::text AS name, partmethod::text AS method, repmodel::text AS model,
    colocationid AS place
FROM pg_dist_partition
"""
# A shard is named as its table and a number; whoever may see another account's rows there may see them all.
_BARE = """
SELECT relname::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname ~ '_[0-9]{6,}$'
    AND NOT (relrowsecurity AND relforcerowsecurity)
"""


Node = tuple[str, int]
"""Host and port."""


class NotDistributable(Exception):
    """A database that cannot be spread, with a sentence that says what it lacks."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to say to the coordinator: about which table, in which words."""

    table: str
    statement: str


async def steps(connection: "asyncpg.Connection[asyncpg.Record]") -> list[Step]:
    """Return how each table of accounts is spread, each behind those its rows lead to."""
    rows = await connection.fetch(_TABLES)
    parents = {row["name"]: {*row["parents"]} for row in rows}
    lost = {FIRST, *DIRECTORIES} - parents.keys()
    if lost:
        raise NotDistributable(f"The database is not up to date: it has no {', '.join(sorted(lost))}.")
    return [Step(name, f"SELECT {spreading(name)}") for name in in_order(parents)]


def in_order(parents: Mapping[str, set[str]]) -> list[str]:
    """Return tables, each behind all those its rows lead to: the directories, the first, and then by name."""
    made = [*DIRECTORIES, FIRST]
    left = [name for name in parents if name not in made]
    while left:
        ready = [name for name in left if parents[name] & parents.keys() <= {*made}]
        if not ready:
            raise NotDistributable(f"Each of these leads to another of them: {', '.join(left)}.")
        made += ready
        left = [name for name in left if name not in ready]
    return made


def spreading(name: str) -> str:
    """Return what spreads a table, or lays a directory on every node, to be selected or performed."""
    if name in DIRECTORIES:
        return f"create_reference_table('public.{name}')"
    beside = "none" if name == FIRST else f"public.{FIRST}"
    return f"create_distributed_table('public.{name}', 'account_id', colocate_with => '{beside}')"


async def prepare(
    connection: "asyncpg.Connection[asyncpg.Record]", coordinator: Node | None, workers: Sequence[Node]
) -> AsyncIterator[str]:
    """Spread all that is not spread yet, and yield in a line what was done; run again, it goes on.

    The connection is a superuser's, to the coordinator, which workers reach at an address of its own. Raises
    `NotDistributable` before anything is changed.
    """
    found = await _engine(connection)
    needed = await steps(connection)
    if coordinator is not None:
        await connection.fetchval("SELECT citus_set_coordinator_host($1, $2)", *coordinator)
        yield f"{coordinator[0]}:{coordinator[1]} is the coordinator"
    for host, port in workers:
        await connection.fetchval("SELECT citus_add_node($1, $2)", host, port)
        yield f"{host}:{port} is a node of the cluster"
    if not found["may_log_in"]:
        # The coordinator reaches the nodes as who asks it, and their own rules of access hold for that role.
        await connection.execute(f"ALTER ROLE {APP_ROLE} LOGIN")
        yield f"{APP_ROLE} may sign in on each node"
    if found["propagates"] != "local":
        place = '"' + found["place"].replace('"', '""') + '"'
        await connection.execute(f"ALTER DATABASE {place} SET {_PROPAGATES} = 'local'")
        await connection.execute(f"SET {_PROPAGATES} = 'local'")
        yield f"{_PROPAGATES} is local in {found['place']}"
    done = {row["name"] for row in await connection.fetch(_DONE)}
    for step in needed:
        if step.table not in done:
            await connection.execute(step.statement)
            yield f"{step.table} is {'on every node' if step.table in DIRECTORIES else 'spread by account'}"


async def lacks(connection: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    """Return in sentences what is not as `prepare` leaves it."""
    found = await _engine(connection)
    said = []
    if not found["may_log_in"]:
        said.append(f"{APP_ROLE} may not sign in on the nodes")
    if found["propagates"] != "local":
        said.append(f"{_PROPAGATES} is not local in {found['place']}")
    done = {row["name"]: row for row in await connection.fetch(_DONE)}
    first = done.get(FIRST)
    for step in await steps(connection):
        there = done.get(step.table)
        if there is None:
            said.append(f"{step.table} is not distributed")
        elif step.table in DIRECTORIES:
            if (there["method"], there["model"]) != ("n", "t"):
                said.append(f"{step.table} is not on every node")
        elif first is None or there["method"] != "h" or there["place"] != first["place"]:
            said.append(f"{step.table} is not laid beside {FIRST}")
    return said + [f"{each} is not under row-level security" for each in await _bare(connection, done)]


async def _bare(
    connection: "asyncpg.Connection[asyncpg.Record]", done: Mapping[str, asyncpg.Record]
) -> list[str]:
    """Return the shards of tables of accounts that anybody may read, node by node."""
    rows = await connection.fetch(
        "SELECT nodename, nodeport, success, result FROM run_command_on_all_nodes($1) AS answer"
        " JOIN pg_dist_node USING (nodeid)",
        f"SELECT coalesce(string_agg(relname, ',' ORDER BY relname), '') FROM ({_BARE}) AS bare",
    )
    said = []
    for row in rows:
        if not row["success"]:
            raise NotDistributable(f"{row['nodename']}:{row['nodeport']} does not answer: {row['result']}")
        shards = filter(None, row["result"].split(","))
        said += [
            f"{shard} on {row['nodename']}:{row['nodeport']}"
            for shard in shards
            if (name := shard.rpartition("_")[0]) in done and name not in DIRECTORIES
        ]
    return said


async def _engine(connection: "asyncpg.Connection[asyncpg.Record]") -> asyncpg.Record:
    """Refuse a database whose server cannot spread it."""
    found = cast("asyncpg.Record", await connection.fetchrow(_ENGINE, APP_ROLE))
    version = re.match(r"(\d+)\.(\d+)", found["version"] or "")
    oldest = ".".join(map(str, OLDEST))
    if version is None:
        raise NotDistributable(
            f"This database has no extension citus: {oldest} or newer is to be in shared_preload_libraries of"
            " each node, and CREATE EXTENSION citus to be said in this database on each of them."
        )
    if (int(version[1]), int(version[2])) < OLDEST:
        raise NotDistributable(f"Citus {found['version']} is too old: {oldest} or newer is needed.")
    if found["propagates"] is None:
        raise NotDistributable("citus is not in shared_preload_libraries of this server.")
    if not found["is_superuser"]:
        # Of a table under row-level security anybody else would move the rows they see: none.
        raise NotDistributable("This is a superuser's to do, who is named by MIGRATION_DATABASE_URL.")
    if found["may_log_in"] is None:
        raise NotDistributable(f"The database is not up to date: there is no role {APP_ROLE}.")
    return found
