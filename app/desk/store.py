"""The SQL of the desk: records by id and page by page, as the feed has them, and answers to be repeated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import orjson

from app.core.db import Session, WriteSession
from app.sync import registry
from app.sync.bodies import BODY, CARRIED, COST
from app.sync.feed import Key
from app.sync.registry import Collection
from app.sync.scope import Rule
from app.sync.tables import Kind

KEPT = timedelta(hours=24)
"""How long an answer is kept at least."""
PAGE_BYTES = 2_000_000
"""About how large a page may be; it has at least one record."""

_A_FEW = 100

Place = tuple[date, UUID]
"""Where a record stands in the list of its collection, which begins with the latest day: day, id."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record, or the tombstone of one; its body as the feed keeps it, without its closing brace."""

    body_revision: int
    is_deleted: bool
    merged_into: UUID | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is listed of a collection: what a rule gives a right to, naming some records, behind a place."""

    collection: Collection
    rule: Rule
    links: Mapping[str, UUID]
    after: Place | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A page: bodies in order, and the place of the last unless the list ends with it."""

    bodies: Sequence[bytes]
    end: Place | None


async def find(session: Session, key: Key, rule: Rule) -> Found | None:
    """Return a record the rule gives a right to, or what is left of one."""
    rows = await session.raw.fetch(_FIND, session.account_id, *key, rule.parts, rule.me)
    return (
        Found(rows[0]["body_revision"], rows[0]["is_deleted"], rows[0]["merged_into"], rows[0]["body"])
        if rows
        else None
    )


async def page(session: Session, wanted: Wanted, most: int) -> Listed:
    """Return so many records in order, or as many as fit a page."""
    rows = await session.raw.fetch(*statement(session, wanted, most))
    shown = rows[:most]
    has_more = bool(shown) and shown[-1]["left"] > 0
    end = (shown[-1]["day"], shown[-1]["record_id"]) if has_more else None
    return Listed([row["body"] for row in shown], end)


def statement(session: Session, wanted: Wanted, most: int) -> tuple[Any, ...]:
    """Return what finds a page, with its arguments."""
    sql = _page_sql(wanted.collection.name, tuple(wanted.links), is_first=wanted.after is None)
    of = (session.account_id, wanted.collection.number, wanted.rule.parts, wanted.rule.me)
    return sql, *of, PAGE_BYTES, most + 1, *(wanted.after or ()), *wanted.links.values()


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that was given: to what, and how."""

    fingerprint: bytes
    status: int
    headers: dict[str, str]
    body: bytes


async def answered(session: Session, user_id: UUID, key: str) -> Kept | None:
    """Return the answer kept under a key."""
    rows = await session.raw.fetch(_ANSWERED, session.account_id, user_id, key, KEPT)
    return (
        Kept(rows[0]["fingerprint"], rows[0]["status"], orjson.loads(rows[0]["headers"]), rows[0]["body"])
        if rows
        else None
    )


async def keep(session: WriteSession, user_id: UUID, key: str, answer: Kept) -> None:
    """Keep an answer in the place of one that was kept long enough, and some of those no longer."""
    headers = orjson.dumps(answer.headers).decode()
    values = (answer.fingerprint, answer.status, headers, answer.body)
    await forget(session, _A_FEW)
    await session.raw.execute(_KEEP, session.account_id, user_id, key, *values)


async def forget(session: Session, most: int) -> int:
    """Delete the oldest answers that were kept long enough, and count them; it needs no turn."""
    return int(await session.raw.fetchval(_FORGET, session.account_id, KEPT, most))


_MAY_SEE = "($%d::int IS NULL OR NOT f.private OR $%d = ANY(f.owners))"

_FIND = f"""
SELECT body_revision, is_deleted, merged_into, {BODY} FROM (
    SELECT f.*, {COST} AS bytes FROM (
        SELECT f.*, $4::int AS wanted_omit, NOT f.is_deleted AS is_put FROM feed f
        WHERE f.account_id = $1 AND f.collection = $2 AND f.record_id = $3 AND {_MAY_SEE % (5, 5)}
    ) f
) f
"""


@cache
def _page_sql(name: str, links: tuple[str, ...], *, is_first: bool) -> str:
    """Return the statement that lists a collection: which records first, and their bodies by their keys.

    Those that name another record are found by that, and then in the feed one by one: the index of the order
    would be read whole for a few.
    """
    where = f"f.account_id = $1 AND f.collection = $2 AND NOT f.is_deleted AND {_MAY_SEE % (4, 4)}"
    behind = "" if is_first else " AND (f.day, f.record_id) < ($7::date, $8::uuid)"
    source = f"SELECT f.day, f.record_id FROM feed f WHERE {where}{behind}"
    if links:
        fields = registry.numbered(registry.number_of(name)).fields
        named = " AND ".join(
            f'${place} = ANY(t."{link}")' if fields[link].kind is Kind.IDS else f't."{link}" = ${place}'
            for place, link in enumerate(links, 7 if is_first else 9)
        )
        source = (
            f'SELECT f.day, f.record_id FROM "{name}" t CROSS JOIN LATERAL'
            f" ({source} AND f.record_id = t.id OFFSET 0) f WHERE t.account_id = $1 AND {named}"
        )
    return f"""
WITH page AS MATERIALIZED (SELECT * FROM ({source}) f ORDER BY f.day DESC, f.record_id DESC LIMIT $6)
SELECT day, record_id, keys - nth AS left, {BODY} FROM (
    SELECT day, record_id, {CARRIED}, bytes, count(*) OVER () AS keys,
           sum(bytes) OVER (ORDER BY day DESC, record_id DESC ROWS UNBOUNDED PRECEDING) AS upto_bytes,
           row_number() OVER (ORDER BY day DESC, record_id DESC ROWS UNBOUNDED PRECEDING) AS nth
    FROM (SELECT f.*, {COST} AS bytes FROM (
        SELECT f.*, $3::int AS wanted_omit, true AS is_put FROM page CROSS JOIN LATERAL (
            SELECT * FROM feed f
            WHERE f.account_id = $1 AND f.collection = $2 AND f.record_id = page.record_id OFFSET 0
        ) f
    ) f) f
) f
WHERE nth = 1 OR upto_bytes <= $5
ORDER BY day DESC, record_id DESC
"""


_ANSWERED = """
SELECT fingerprint, status, headers::text, body FROM idempotent_answers
WHERE account_id = $1 AND user_id = $2 AND key = $3 AND made_at > statement_timestamp() - $4::interval
"""

# A row somebody else has locked is about to be replaced.
_FORGET = """
WITH chosen AS MATERIALIZED (
    SELECT user_id, key FROM idempotent_answers
    WHERE account_id = $1 AND made_at <= statement_timestamp() - $2::interval
    ORDER BY made_at LIMIT $3
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM idempotent_answers kept USING chosen
    WHERE kept.account_id = $1 AND kept.user_id = chosen.user_id AND kept.key = chosen.key
    RETURNING 1
)
SELECT count(*) FROM gone
"""

_KEEP = """
INSERT INTO idempotent_answers (account_id, user_id, key, fingerprint, status, headers, body)
VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7)
ON CONFLICT (account_id, user_id, key) DO UPDATE
SET (fingerprint, status, headers, body, made_at)
  = (excluded.fingerprint, excluded.status, excluded.headers, excluded.body, excluded.made_at)
"""
