"""What clients are compared by: kept beside each, so that one who is like another is found by index."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from app.core.db import WriteSession
from app.sync.fields import Values
from app.sync.reactions import on_flush

COMPARED = ("first_name", "last_name", "email", "address", "phones")
"""The fields clients are compared by."""


class ClientLikeness(SQLModel, table=True):
    """One thing a client may have in common with another: `kind` is a check, `value` without case and spaces.

    It is a table of its own because row-level security lets no index on an expression be used.
    """

    __tablename__ = "client_likenesses"
    __table_args__ = (Index("ix_client_likenesses_client", "account_id", "client_id"),)

    account_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    client_id: UUID = Field(primary_key=True)


@on_flush("clients")
async def keep(session: WriteSession, written: Mapping[UUID, Values | None], new: Collection[UUID]) -> None:
    """Keep what the clients that were written may have in common with others."""
    living = [(record_id, fields) for record_id, fields in written.items() if fields is not None]
    known = [record_id for record_id in written if record_id not in new]
    sql, arguments = (_REPLACE, [known]) if known else (_KEEP, [])
    await session.raw.execute(sql, session.account_id, _as_json(living), *arguments)


async def found(
    session: WriteSession, clients: Sequence[tuple[UUID, Values]], kinds: Iterable[str]
) -> list[tuple[int, str, str, list[UUID]]]:
    """Return of some clients, as they may be, what they have in common with others, and with whom.

    Each is named by its place; one client may stand in several.
    """
    rows = await session.raw.fetch(_FIND, session.account_id, _as_json(clients), list(kinds))
    return [(row["place"], row["kind"], row["value"], row["others"]) for row in rows]


def _as_json(clients: Iterable[tuple[UUID, Values]]) -> str:
    rows: list[dict[str, Any]] = [
        {"place": place, "id": str(record_id), **{name: fields[name] for name in COMPARED}}
        for place, (record_id, fields) in enumerate(clients)
    ]
    return orjson.dumps(rows).decode()


_LIKENESSES = """
    SELECT DISTINCT c.place, c.id, likeness.kind, likeness.value
    FROM jsonb_to_recordset($2::text::jsonb)
         AS c(place integer, id uuid, first_name text, last_name text, email text, address jsonb,
              phones jsonb)
    CROSS JOIN LATERAL (
        SELECT nullif(lower(btrim(c.first_name)), '') AS first_name,
               nullif(lower(btrim(c.last_name)), '') AS last_name,
               nullif(lower(btrim(c.address ->> 'city')), '') AS city,
               nullif(lower(btrim(c.address ->> 'line_1')), '') AS street
    ) AS plain
    CROSS JOIN LATERAL (
        SELECT 'last_name_and_city' AS kind, plain.last_name || chr(31) || city AS value
        UNION ALL
        SELECT 'first_and_last_name', plain.first_name || chr(31) || plain.last_name
        UNION ALL
        SELECT 'address_and_city', street || chr(31) || city
        UNION ALL
        SELECT 'email', lower(btrim(c.email))
        UNION ALL
        SELECT 'phone', nullif(regexp_replace(phone ->> 'number', '[^0-9]', '', 'g'), '')
        FROM jsonb_array_elements(c.phones) AS phone
    ) AS likeness
    WHERE likeness.value IS NOT NULL"""
_KEEP = f"""
INSERT INTO client_likenesses (account_id, client_id, kind, value)
SELECT $1, id, kind, value FROM ({_LIKENESSES}) AS likenesses
ON CONFLICT DO NOTHING
"""
# What stays is neither deleted nor written again: one statement may not do both to a row.
_REPLACE = f"""
WITH likenesses AS MATERIALIZED ({_LIKENESSES}
), forgotten AS (
    DELETE FROM client_likenesses AS old
    WHERE account_id = $1 AND client_id = ANY ($3::uuid[])
      AND NOT EXISTS (SELECT FROM likenesses AS new
                      WHERE new.id = old.client_id AND new.kind = old.kind AND new.value = old.value)
)
INSERT INTO client_likenesses (account_id, client_id, kind, value)
SELECT $1, id, kind, value FROM likenesses
ON CONFLICT DO NOTHING
"""
_MOST = 50
_FIND = f"""
SELECT likenesses.place, likenesses.kind, likenesses.value,
       ARRAY(SELECT client_id FROM client_likenesses known
             WHERE known.account_id = $1 AND known.kind = likenesses.kind AND known.value = likenesses.value
               AND known.client_id <> likenesses.id
             LIMIT {_MOST}) AS others
FROM ({_LIKENESSES}) AS likenesses
WHERE kind = ANY($3::text[])
"""
