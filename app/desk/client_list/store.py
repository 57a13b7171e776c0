"""The SQL of the client list: its entries in order, walked along or gathered by a word few have."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

import asyncpg

from app.core.db import Session
from app.core.ids import NIL
from app.studio.client_list.words import words_of
from app.sync.feed import by_key

FEW = 5_000
"""How many clients are gathered by a word at most; where more have each word, the list is walked along.

To gather costs as much as so many have it, to walk as long as it takes to come by those of a page: the more
have a word the shorter.
"""
_HIGHEST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Term:
    """The beginning of a word, and the statuses and organizations that have one such, which are few."""

    beginning: str
    statuses: tuple[UUID, ...]
    organizations: tuple[UUID, ...]


Place = tuple[str, UUID]
"""Where a client stands in the list: by name, then by id."""
FIRST: Place = ("", NIL)


async def terms_of(session: Session, beginnings: Sequence[str]) -> list[Term]:
    """Return what is looked for: names of statuses and organizations are read as they are now."""
    if not beginnings:
        return []
    rows = await session.raw.fetch(_NAMED, session.account_id)
    named = [(row["is_status"], row["id"], _words(row["name"])) for row in rows]

    def having(beginning: str, *, is_status: bool) -> tuple[UUID, ...]:
        return tuple(
            found
            for kind, found, words in named
            if kind is is_status and any(word.startswith(beginning) for word in words)
        )

    return [Term(each, having(each, is_status=True), having(each, is_status=False)) for each in beginnings]


@lru_cache(maxsize=10_000)
def _words(name: str) -> list[str]:
    return words_of([name])


async def page(session: Session, terms: Sequence[Term], after: Place, most: int) -> list[asyncpg.Record]:
    """Return so many clients behind a place; an entry no client stands behind has no `id`."""
    rarest = await rarest_of(session, terms)
    return await session.raw.fetch(*statement(session.account_id, terms, rarest, after, most))


async def letters(session: Session, terms: Sequence[Term]) -> dict[str, int]:
    """Return how many clients there are by the sign their place begins with."""
    rarest = await rarest_of(session, terms)
    rows = await session.raw.fetch(*counting(session.account_id, terms, rarest))
    return {row["letter"]: row["many"] for row in rows}


async def rarest_of(session: Session, terms: Sequence[Term]) -> Term | None:
    """Return the term fewest clients have, none where it is not few either."""
    if not terms:
        return None
    arguments = [argument for term in terms for argument in _gathered_by(term)]
    rows = await session.raw.fetch(_rarest_sql(len(terms)), session.account_id, FEW, *arguments)
    return terms[rows[0]["nth"]] if rows[0]["many"] < FEW else None


def statement(
    account_id: UUID, terms: Sequence[Term], rarest: Term | None, after: Place, most: int
) -> tuple[Any, ...]:
    """Return what finds a page, with its arguments."""
    gathered = _gathered_by(rarest) if rarest else ()
    sql = _page_sql(len(terms), is_gathered=rarest is not None)
    return sql, account_id, *after, most, *gathered, *_tested(terms)


def counting(account_id: UUID, terms: Sequence[Term], rarest: Term | None) -> tuple[Any, ...]:
    """Return what counts clients by letter, with its arguments."""
    gathered = _gathered_by(rarest) if rarest else ()
    sql = _letters_sql(len(terms), is_gathered=rarest is not None)
    return sql, account_id, *gathered, *_tested(terms)


def _gathered_by(term: Term) -> tuple[Any, ...]:
    return term.beginning, term.beginning + _HIGHEST, term.statuses, term.organizations


def _tested(terms: Sequence[Term]) -> list[Any]:
    return [value for each in terms for value in (f" {each.beginning}", each.statuses, each.organizations)]


_NAMED = """
SELECT true AS is_status, id, description AS name FROM client_statuses WHERE account_id = $1
UNION ALL
SELECT false, id, name FROM organizations WHERE account_id = $1
"""


def _gathering(first: int) -> str:
    """Return what finds the clients who have a term, some of them more than once.

    Of those in an organization some have a company of their own: their entries tell.
    """
    return f"""
        SELECT client_id FROM client_list_words
        WHERE account_id = $1 AND word >= ${first} AND word < ${first + 1}
        UNION ALL
        SELECT c.id FROM unnest(${first + 2}::uuid[]) AS named(id) CROSS JOIN LATERAL (
            SELECT id FROM clients WHERE account_id = $1 AND {by_key("named.id", "status_id")}
        ) AS c
        UNION ALL
        SELECT c.id FROM unnest(${first + 3}::uuid[]) AS named(id) CROSS JOIN LATERAL (
            SELECT id FROM clients WHERE account_id = $1 AND {by_key("named.id", "organization_id")}
        ) AS c"""


@cache
def _rarest_sql(terms: int) -> str:
    counted = (
        f"SELECT {nth} AS nth, count(*) AS many FROM ({_gathering(3 + 4 * nth)}\n        LIMIT $2) AS found"
        for nth in range(terms)
    )
    return f"{' UNION ALL '.join(counted)} ORDER BY many, nth LIMIT 1"


def _source(terms: int, first: int, *, is_gathered: bool) -> str:
    """Return the entries that meet all terms, numbered from a place behind what they are gathered by."""
    numbers = range(first + 4 * is_gathered, first + 4 * is_gathered + 3 * terms, 3)
    tests = [
        f"AND (strpos(e.words, ${n}) > 0 OR e.status_id = ANY(${n + 1}::uuid[])"
        f" OR e.organization_id = ANY(${n + 2}::uuid[]))"
        for n in numbers
    ]
    tested = "\n      ".join(tests)
    if not is_gathered:
        return f"client_list_entries e WHERE e.account_id = $1 {tested}"
    return f"""(SELECT DISTINCT client_id FROM ({_gathering(first)}) AS found) AS gathered
    CROSS JOIN LATERAL (
        SELECT * FROM client_list_entries
        WHERE account_id = $1 AND {by_key("gathered.client_id", "client_id")}
    ) AS e
    WHERE true {tested}"""


@cache
def _page_sql(terms: int, *, is_gathered: bool) -> str:
    return f"""
WITH page AS MATERIALIZED (
    SELECT e.client_id, e.place
    FROM {_source(terms, 5, is_gathered=is_gathered)} AND (e.place, e.client_id) > ($2, $3)
    ORDER BY e.place, e.client_id LIMIT $4
)
SELECT page.client_id, page.place, c.id, c.first_name, c.last_name, c.client_number, c.client_type,
       c.status_id, coalesce(NULLIF(c.company_name, ''), o.name) AS company_name, s.description AS status_name
FROM page
LEFT JOIN LATERAL (
    SELECT * FROM clients WHERE account_id = $1 AND {by_key("page.client_id", "id")}
) AS c ON true
LEFT JOIN LATERAL (
    SELECT description FROM client_statuses WHERE account_id = $1 AND {by_key("c.status_id", "id")}
) AS s ON true
LEFT JOIN LATERAL (
    SELECT name FROM organizations WHERE account_id = $1 AND {by_key("c.organization_id", "id")}
) AS o ON true
ORDER BY page.place, page.client_id
"""


@cache
def _letters_sql(terms: int, *, is_gathered: bool) -> str:
    """Return what counts clients by letter, along the list: else a plan may be to read all accounts."""
    order = "" if is_gathered else "ORDER BY e.place, e.client_id "
    return f"""
SELECT substr(place, 1, 1) AS letter, count(*) AS many
FROM (SELECT e.place FROM {_source(terms, 2, is_gathered=is_gathered)} {order}OFFSET 0) AS found
GROUP BY 1
"""
