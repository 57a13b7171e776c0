"""The SQL of the desk: records by id and page by page, as the feed has them, and answers to be repeated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from functools import cache
from typing import Any
from uuid import UUID

import orjson

from app.core.db import Session, WriteSession
from app.sync import registry
from app.sync.bodies import BODY, CARRIED, COST
from app.sync.feed import Key, by_key
from app.sync.registry import Collection
from app.sync.scope import Rule
from app.sync.tables import Kind

KEPT = timedelta(hours=24)
"""How long an answer is kept at least."""
PAGE_BYTES = 2_000_000
"""About how large a page may be; it has at least one record."""

_A_FEW = 100

STRETCH = 2_000
"""How many records of a list one page looks at, where few of them may be wanted."""


class Way(Enum):
    """How the records of a page are found: all in order, by a link that few have, or in a stretch of all.

    No index leads from a record to the sets that name it: with row-level security PostgreSQL uses none whose
    operators it does not know to keep values to themselves, and of those of arrays it knows of none.
    """

    ORDER = "order"
    LINK = "link"
    STRETCH = "stretch"


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
    """What is listed of a collection: what a rule gives a right to, naming some records, behind a place.

    `is_at_hand` wants only what is always at hand, as long as it is open, or only what is not.
    """

    collection: Collection
    rule: Rule
    links: Mapping[str, UUID]
    after: Place | None
    is_at_hand: bool | None = None


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
    """Return so many records in order, or as many as fit a page or are found by looking at a stretch."""
    way = await _way(session, wanted)
    rows = await session.raw.fetch(*statement(session, wanted, most, way))
    shown = rows[:most]
    has_more = bool(shown) and shown[-1]["left"] > 0
    end: Place | None = (shown[-1]["day"], shown[-1]["record_id"]) if has_more else None
    if way is Way.STRETCH and not has_more:
        end = await _stretch_end(session, wanted)
    return Listed([row["body"] for row in shown], end)


async def _way(session: Session, wanted: Wanted) -> Way:
    """Choose so that no page costs more than a stretch, however many records there are."""
    for link in wanted.links:
        if not _is_set(wanted.collection, link):
            sql = _count_sql(wanted.collection.name, link)
            found = await session.raw.fetchval(sql, session.account_id, wanted.links[link], STRETCH)
            if found < STRETCH:
                return Way.LINK
    return Way.STRETCH if wanted.links or wanted.rule.me is not None else Way.ORDER


def statement(session: Session, wanted: Wanted, most: int, way: Way) -> tuple[Any, ...]:
    """Return what finds a page, with its arguments."""
    stretch = _Stretch(wanted.after is None, wanted.is_at_hand)
    sql = _page_sql(wanted.collection.name, tuple(wanted.links), way, stretch)
    of = (session.account_id, wanted.collection.number, wanted.rule.parts, wanted.rule.me)
    return sql, *of, PAGE_BYTES, most + 1, *(wanted.after or ()), *wanted.links.values()


async def _stretch_end(session: Session, wanted: Wanted) -> Place | None:
    """Return the last place of the stretch behind another, none if the list ends within it."""
    of = (session.account_id, wanted.collection.number, STRETCH - 1, *(wanted.after or ()))
    stretch = _Stretch(wanted.after is None, wanted.is_at_hand)
    rows = await session.raw.fetch(_stretch_end_sql(stretch), *of)
    return (rows[0]["day"], rows[0]["record_id"]) if rows else None


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
        WHERE f.account_id = $1 AND f.collection = $2 AND {_MAY_SEE % (5, 5)} AND {by_key("$3")}
    ) f
) f
"""


def _is_set(collection: Collection, link: str) -> bool:
    return collection.fields[link].kind is Kind.IDS


@cache
def _count_sql(name: str, link: str) -> str:
    found = f'SELECT FROM "{name}" WHERE account_id = $1 AND "{link}" = $2 LIMIT $3'
    return f"SELECT count(*) FROM ({found}) AS found"


_LISTED = "f.account_id = $1 AND f.collection = $2 AND NOT f.is_deleted"
_AT_HAND = {None: "", True: " AND f.day = 'infinity'", False: " AND f.day < 'infinity'"}
_IN_ORDER = "ORDER BY f.day DESC, f.record_id DESC"


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Which part of a collection's order is looked at: all or what is behind a place, at hand or not."""

    is_first: bool
    is_at_hand: bool | None

    def listed(self, place: int) -> str:
        """Return what its rows have in common; the place it is behind is in two parameters."""
        behind = "" if self.is_first else f" AND (f.day, f.record_id) < (${place}::date, ${place + 1}::uuid)"
        return f"{_LISTED}{_AT_HAND[self.is_at_hand]}{behind}"


@cache
def _stretch_end_sql(stretch: _Stretch) -> str:
    where = stretch.listed(4)
    return f"SELECT f.day, f.record_id FROM feed f WHERE {where} {_IN_ORDER} OFFSET $3 LIMIT 1"


@cache
def _page_sql(name: str, links: tuple[str, ...], way: Way, stretch: _Stretch) -> str:
    """Return the statement that lists a collection: which records first, and their bodies by their keys.

    Those with a link that few have are found by that, and then in the feed one by one: the index of the order
    would be read whole for a few.
    """
    collection = registry.numbered(registry.number_of(name))
    listed = stretch.listed(7)
    seen = _MAY_SEE % (4, 4)
    named = " AND ".join(
        f'${place} = ANY(t."{link}")' if _is_set(collection, link) else f't."{link}" = ${place}'
        for place, link in enumerate(links, 7 if stretch.is_first else 9)
    )
    source = f"SELECT f.day, f.record_id FROM feed f WHERE {listed} AND {seen}"
    if way is Way.LINK:
        source = (
            f'SELECT f.day, f.record_id FROM "{name}" t CROSS JOIN LATERAL'
            f" ({source} AND {by_key('t.id')}) f WHERE t.account_id = $1 AND {named}"
        )
    elif way is Way.STRETCH:
        looked_at = f"SELECT f.* FROM feed f WHERE {listed} {_IN_ORDER} LIMIT {STRETCH}"
        of_links = (
            f' CROSS JOIN LATERAL (SELECT FROM "{name}" t'
            f" WHERE t.account_id = $1 AND t.id = f.record_id AND {named} OFFSET 0) AS linked"
            if links
            else ""
        )
        source = f"SELECT f.day, f.record_id FROM ({looked_at}) f{of_links} WHERE {seen}"
    return f"""
WITH page AS MATERIALIZED (SELECT * FROM ({source}) f ORDER BY f.day DESC, f.record_id DESC LIMIT $6)
SELECT day, record_id, keys - nth AS left, {BODY} FROM (
    SELECT day, record_id, {CARRIED}, bytes, count(*) OVER () AS keys,
           sum(bytes) OVER (ORDER BY day DESC, record_id DESC ROWS UNBOUNDED PRECEDING) AS upto_bytes,
           row_number() OVER (ORDER BY day DESC, record_id DESC ROWS UNBOUNDED PRECEDING) AS nth
    FROM (SELECT f.*, {COST} AS bytes FROM (
        SELECT f.*, $3::int AS wanted_omit, true AS is_put FROM page CROSS JOIN LATERAL (
            SELECT * FROM feed f
            WHERE f.account_id = $1 AND f.collection = $2 AND {by_key("page.record_id")}
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
