"""Running numbers: of each kind one counter per account, which gives the next ones that nobody has."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import orjson
from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from app.core.db import WriteSession

HIGHEST = 10**9
"""The highest number there is."""
NUMBERED = {
    "clients": "client_number",
    "sessions": "session_number",
    "invoices": "invoice_number",
    "tasks": "task_number",
}
"""The field that holds the number, by collection; the collection's name is the counter's kind too."""


class Counter(SQLModel, table=True):
    """The last number given in one account to one kind of record."""

    __tablename__ = "counters"

    account_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    last: int = Field(sa_type=BigInteger)


async def take(
    session: WriteSession, wanted: Mapping[str, int], typed: Mapping[str, Iterable[int]]
) -> dict[str, list[int]]:
    """Take so many numbers of each kind, in order: none that is in use, and none of those being typed.

    A counter that has never been asked goes on behind the highest number in use. The account's clock is
    held, so that nobody else takes numbers at the same time.
    """
    asked = [
        {"kind": kind, "wanted": count, "typed": list(typed.get(kind, ()))}
        for kind, count in wanted.items()
        if count
    ]
    if not asked:
        return {}
    rows = await session.raw.fetch(_TAKE, session.account_id, orjson.dumps(asked).decode())
    return {row["kind"]: row["numbers"] for row in rows}


async def put_back(session: WriteSession, kind: str, last: int) -> None:
    """Set the last number given; what is in use above it is passed over."""
    sql = (
        "INSERT INTO counters (account_id, kind, last) VALUES ($1, $2, $3)"
        " ON CONFLICT (account_id, kind) DO UPDATE SET last = excluded.last"
    )
    await session.raw.execute(sql, session.account_id, kind, last)


def _by_kind(sql: str) -> str:
    """Return an expression that looks into the table of its kind."""
    cases = (f"WHEN '{kind}' THEN ({sql.format(table=kind, number=name)})" for kind, name in NUMBERED.items())
    return f"CASE kind {' '.join(cases)} END"


_HIGHEST = _by_kind('SELECT max({number}) FROM "{table}" WHERE account_id = $1')
_USER = _by_kind('SELECT id FROM "{table}" WHERE account_id = $1 AND {number} = next.number')

# Numbers are tried one after the other and looked up by their index: a join would read all that are in use.
_TAKE = f"""
WITH begun AS (
    SELECT asked.*, coalesce(c.last, {_HIGHEST.replace("CASE kind", "CASE asked.kind")}, 0) AS last
    FROM jsonb_to_recordset($2::text::jsonb) AS asked(kind text, wanted integer, typed bigint[])
    LEFT JOIN counters c ON c.account_id = $1 AND c.kind = asked.kind
), taken AS (
    SELECT kind, number
    FROM begun
    CROSS JOIN LATERAL (
        SELECT number
        FROM (SELECT generate_series(last + 1, {HIGHEST}) AS number) AS next
        WHERE number <> ALL (typed) AND {_USER} IS NULL
        LIMIT wanted
    ) AS free
), kept AS (
    INSERT INTO counters (account_id, kind, last)
    SELECT $1, kind, max(number) FROM taken GROUP BY kind
    ON CONFLICT (account_id, kind) DO UPDATE SET last = excluded.last
)
SELECT kind, array_agg(number ORDER BY number) AS numbers FROM taken GROUP BY kind
"""
