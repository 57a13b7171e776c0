"""The client list of a hundred thousand clients, letter by letter as somebody types, with its index."""

from collections.abc import Awaitable, Callable
from functools import partial
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
from rich.console import Console

from app.core import clock
from app.core.db import Session
from app.desk.client_list import store
from app.desk.client_list.store import FIRST
from app.studio.client_list.words import BEHIND, sought
from app.studio.client_statuses import ClientStatus
from app.studio.clients import Client
from app.studio.organizations import Organization
from app.sync.registry import Record
from benchmarks.ground import Ground
from benchmarks.samples import Result, Way, Work, compare

TYPED = ("", "s", "sm", "smi", "smith", "smith l", "prosp", "s m", "m x", "sarah steven", "1042")
"""What is typed: had by many, by few, each by many and both by nobody; in names, a status and a number."""
_PAGE = 101
_CLOCK = "INSERT INTO account_clock SELECT $1, 1, 0, gen_random_uuid(), 0"
# As hubs look for words: in each name of every client.
_LIKE = """
SELECT id, first_name, last_name, company_name, client_number FROM clients
WHERE account_id = $1 AND (position($2 IN lower(first_name)) > 0 OR position($2 IN lower(last_name)) > 0)
ORDER BY last_name, id LIMIT $3
"""
# One in ten is of the school, one in three a prospect, one in a hundred called Smith.
_FILL = f"""
WITH made AS MATERIALIZED (
    SELECT gen_random_uuid() AS id, n,
           (ARRAY['sarah', 'laura', 'john', 'steven', 'mary', 'omar', 'zoe'])[n % 7 + 1] AS first_name,
           CASE WHEN n % 100 = 0 THEN 'smith' ELSE chr(97 + n % 26) || md5(n::text) END AS last_name
    FROM generate_series(1, $2::int) AS n
), listed AS (
    INSERT INTO clients
    SELECT one.* FROM made
    CROSS JOIN LATERAL jsonb_populate_record(NULL::clients, $6::text::jsonb || jsonb_build_object(
        'account_id', $1::uuid, 'id', made.id, 'client_number', n, 'first_name', made.first_name,
        'last_name', made.last_name, 'organization_id', CASE WHEN n % 10 = 0 THEN $3::uuid END,
        'status_id', CASE WHEN n % 3 = 0 THEN $4::uuid WHEN n % 500 = 1 THEN $5::uuid END)) AS one
    RETURNING id, first_name, last_name, client_number, status_id, organization_id
), entries AS (
    INSERT INTO client_list_entries (account_id, client_id, place, words, status_id, organization_id)
    SELECT $1, id, concat_ws('{BEHIND}', last_name, first_name, ''),
           ' ' || concat_ws(' ', first_name, last_name, client_number), status_id, organization_id
    FROM listed
)
INSERT INTO client_list_words (account_id, word, client_id)
SELECT $1, word, id FROM listed, unnest(ARRAY[first_name, last_name, client_number::text]) AS word
"""
TABLES = ("client_list_words", "client_list_entries", "clients", "client_statuses", "organizations")


async def client_list(ground: Ground) -> list[Result]:
    """Measure pages and the index; the limit is no better: every client looked at, without an index."""
    account_id, many = uuid4(), ground.size.listed
    await ground.direct.execute(_CLOCK, account_id)
    await fill(ground.direct, account_id, many)
    ways: dict[str, Way] = {"all looked at, smith": partial(_times, ground, account_id, _look_at_all)}
    for typed in TYPED:
        ways[f"page, {typed or 'nothing typed'}"] = partial(_times, ground, account_id, partial(_page, typed))
    for typed in ("", "s"):
        ways[f"index, {typed or 'nothing typed'}"] = partial(
            _times, ground, account_id, partial(_index, typed)
        )
    results = await compare(f"client list: {many:,} clients", "answers", ways, ground.size.rounds)
    await _explain(ground, account_id)
    for table in TABLES:
        await ground.direct.execute(f"DELETE FROM {table} WHERE account_id = $1", account_id)
    return results


async def fill(owner: "asyncpg.Connection[asyncpg.Record]", account_id: UUID, many: int) -> None:
    """Fill an account with clients by hand, and with what they are listed by."""
    school, common, rare = uuid4(), uuid4(), uuid4()
    await _insert(owner, "organizations", account_id, school, Organization, name="Quincy School")
    for status, name in ((common, "Prospect"), (rare, "Vip")):
        await _insert(owner, "client_statuses", account_id, status, ClientStatus, description=name)
    await owner.execute(_FILL, account_id, many, school, common, rare, _bare(Client))
    for table in TABLES:
        await owner.execute(f"VACUUM ANALYZE {table}")


async def _insert(
    owner: "asyncpg.Connection[asyncpg.Record]",
    table: str,
    account_id: UUID,
    record_id: UUID,
    model: type[Record],
    **fields: Any,
) -> None:
    sql = f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, $1::text::jsonb)"
    await owner.execute(sql, _bare(model, account_id=account_id, id=record_id, **fields))


def _bare(model: type[Record], **fields: Any) -> str:
    """Return a record with nothing in it but what is said."""
    nothing = model.model_construct().model_dump(mode="json", warnings=False)
    stamped = {"created_at": clock.now(), "updated_at": clock.now()}
    return orjson.dumps({**nothing, **stamped, **fields}).decode()


async def _times(ground: Ground, account_id: UUID, ask: Callable[[Session], Awaitable[None]]) -> Work:
    """Ask again and again, each time in a transaction of its own, as requests do."""
    waits = []
    for _ in range(ground.size.requests):
        began = perf_counter()
        async with ground.database.reading(account_id) as session:
            await ask(session)
        waits.append(perf_counter() - began)
    return Work(len(waits), waits=waits)


async def _look_at_all(session: Session) -> None:
    await session.raw.fetch(_LIKE, session.account_id, "smith", _PAGE)


async def _page(typed: str, session: Session) -> None:
    await store.page(session, await store.terms_of(session, sought(typed)), FIRST, _PAGE)


async def _index(typed: str, session: Session) -> None:
    await store.letters(session, await store.terms_of(session, sought(typed)))


async def _explain(ground: Ground, account_id: UUID) -> None:
    """Print how each page is found."""
    console = Console(width=160)
    for typed in TYPED:
        async with ground.database.reading(account_id) as session:
            terms = await store.terms_of(session, sought(typed))
            rarest = await store.rarest_of(session, terms)
            sql, *values = store.statement(account_id, terms, rarest, FIRST, _PAGE)
            plan = await session.raw.fetch(f"EXPLAIN (ANALYZE, COSTS OFF) {sql}", *values)
        told = [row[0].strip(" ->") for row in plan]
        scans = [line for line in told if " on client" in line and "never executed" not in line]
        console.print(f"EXPLAIN {typed!r}: {told[-1]}", *scans, sep="\n  ", highlight=False)
