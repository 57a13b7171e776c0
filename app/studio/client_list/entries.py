"""The entries of the client list: kept beside each client, so that they are found and listed by index."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Index, String
from sqlmodel import Field, SQLModel

from app.core import arrays
from app.core.db import Session, WriteSession
from app.studio.client_list.words import place_of, words_of
from app.sync.feed import by_key
from app.sync.fields import Values
from app.sync.reactions import on_flush


def _plain(**more: Any) -> Any:
    """Return a text in the order of its bytes, whatever the database's own order is."""
    return Field(sa_type=String(collation="C"), **more)


class ClientListEntry(SQLModel, table=True):
    """Where a client stands in the list, and all words of names and number, each behind a space.

    The status and the organization whose name is shown are named and not copied: either may be renamed.
    """

    __tablename__ = "client_list_entries"
    __table_args__ = (Index("ix_client_list_entries_place", "account_id", "place", "client_id"),)

    account_id: UUID = Field(primary_key=True)
    client_id: UUID = Field(primary_key=True)
    place: str = _plain()
    words: str = _plain()
    status_id: UUID | None
    organization_id: UUID | None


class ClientListWord(SQLModel, table=True):
    """One of the words of an entry: found by how it begins.

    It is a table of its own because row-level security lets an index be used for comparisons alone.
    """

    __tablename__ = "client_list_words"

    account_id: UUID = Field(primary_key=True)
    word: str = _plain(primary_key=True)
    client_id: UUID = Field(primary_key=True)


class Entry(NamedTuple):
    """An entry as it is kept."""

    client_id: UUID
    place: str
    words: str
    status_id: str | None
    organization_id: str | None


@on_flush("clients")
async def keep(session: WriteSession, written: Mapping[UUID, Values | None], new: Collection[UUID]) -> None:
    """Keep the entries of the clients that were written."""
    made = await entries_of(session, {each: fields for each, fields in written.items() if fields is not None})
    columns = arrays.columns(_KINDS, made)
    known = [each for each in written if each not in new]
    if known and session.is_distributed:
        # Citus deletes at no place, and cannot tell in one statement what was there from what is to be.
        for statement in _UNMAKE:
            await session.raw.execute(statement, session.account_id, known)
        await session.raw.execute(_MAKE, session.account_id, *columns)
    elif known:
        gone = [each for each, fields in written.items() if fields is None]
        await session.raw.execute(_KEEP, session.account_id, *columns, known, gone)
    else:
        await session.raw.execute(_MAKE, session.account_id, *columns)


@on_flush("organizations")
async def move(session: WriteSession, written: Mapping[UUID, Values | None], new: Collection[UUID]) -> None:
    """Move the clients who are listed under the name of an organization that was written."""
    names = {each: fields["name"] for each, fields in written.items() if fields and each not in new}
    if names:
        places = [(each, _place({}, name)) for each, name in names.items()]
        move = _MOVE_APART if session.is_distributed else _MOVE
        await session.raw.execute(move, session.account_id, *arrays.columns(("uuid", "text"), places))


async def entries_of(session: Session, clients: Mapping[UUID, Values]) -> list[Entry]:
    """Return the entries some clients should have, in the order of their ids."""
    nameless = {fields["organization_id"] for fields in clients.values() if not _has_a_name(fields)}
    names = await _names(session, nameless - {None}) if nameless else {}
    return [_entry(each, fields, names) for each, fields in sorted(clients.items())]


async def kept(session: Session, ids: Sequence[UUID]) -> dict[UUID, Entry]:
    """Return the entries some clients have."""
    sql = (
        "SELECT client_id, place, words, status_id::text, organization_id::text FROM client_list_entries"
        " WHERE account_id = $1 AND client_id = ANY($2::uuid[])"
    )
    return {row["client_id"]: Entry(*row) for row in await session.raw.fetch(sql, session.account_id, ids)}


async def orphans(session: Session) -> list[UUID]:
    """Return the clients that have an entry and are no more."""
    sql = (
        "SELECT client_id FROM client_list_entries e WHERE account_id = $1"
        " AND NOT EXISTS (SELECT FROM clients c WHERE c.account_id = $1 AND c.id = e.client_id)"
    )
    return [row["client_id"] for row in await session.raw.fetch(sql, session.account_id)]


async def words_differing(session: Session) -> int:
    """Return how many words are found that no entry has, or the other way round."""
    return int(await session.raw.fetchval(_WORDS_DIFFERING, session.account_id))


async def mend_words(session: WriteSession) -> int:
    """Have the words found that the entries have, and no others; return how many that concerned."""
    return int(await session.raw.fetchval(_MEND_WORDS, session.account_id))


def _entry(client_id: UUID, fields: Values, names: Mapping[str, str]) -> Entry:
    number = fields["client_number"]
    texts = (fields["first_name"], fields["last_name"], fields["company_name"])
    words = words_of((*texts, None if number is None else str(number)))
    return Entry(
        client_id,
        _place(fields, names.get(fields["organization_id"])),
        "".join(f" {word}" for word in words),
        fields["status_id"],
        None if fields["company_name"] else fields["organization_id"],
    )


def _place(fields: Values, organization: str | None) -> str:
    """Return where somebody stands: by the name that is shown first, as elsewhere."""
    first, last, company = (fields.get(name) for name in ("first_name", "last_name", "company_name"))
    return place_of(last or first or company or organization, first, company)


def _has_a_name(fields: Values) -> bool:
    return bool(fields["last_name"] or fields["first_name"] or fields["company_name"])


async def _names(session: Session, ids: Iterable[str]) -> dict[str, str]:
    sql = "SELECT id, name FROM organizations WHERE account_id = $1 AND id = ANY($2::uuid[])"
    rows = await session.raw.fetch(sql, session.account_id, sorted(ids))
    return {str(row["id"]): row["name"] for row in rows}


_KINDS: Sequence[str] = ("uuid", "text", "text", "uuid", "uuid")
_COLUMNS = ", ".join(Entry._fields)
_IS_OTHER = " OR ".join(
    f"old.{name} IS DISTINCT FROM made.{name}" for name in Entry._fields if name != "client_id"
)
_SET = ", ".join(f"{name} = excluded.{name}" for name in Entry._fields if name != "client_id")


def _words_of(entries: str) -> str:
    said = "unnest(string_to_array(ltrim(words), ' '))"
    return f"SELECT client_id, word FROM {entries} CROSS JOIN LATERAL {said} AS said(word)"


# Of what is new nothing can be there: to look costs as much as to write. Words in order come to fewer pages.
_MAKE = f"""
WITH made AS MATERIALIZED (
    SELECT * FROM unnest({arrays.parameters(_KINDS, 2)}) AS made({_COLUMNS})
), said AS (
    INSERT INTO client_list_words (account_id, word, client_id)
    SELECT clock.account_id, word, client_id
    FROM account_clock AS clock CROSS JOIN ({_words_of("made")}) AS said
    WHERE clock.account_id = $1
    ORDER BY word, client_id
), listed AS (
    INSERT INTO client_list_entries (account_id, {_COLUMNS})
    SELECT clock.account_id, made.* FROM account_clock AS clock CROSS JOIN made WHERE clock.account_id = $1
)
SELECT
"""
_UNMAKE = [
    f"DELETE FROM {table} WHERE account_id = $1 AND client_id = ANY ($2::uuid[])"
    for table in ("client_list_words", "client_list_entries")
]
# What stays as it is is not written again: clients are changed for much that is no concern of the list.
# What goes is found by its key and deleted at its place: to join the two, a plan may read all there is.
_KEEP = f"""
WITH made AS MATERIALIZED (
    SELECT * FROM unnest({arrays.parameters(_KINDS, 2)}) AS made({_COLUMNS})
), old AS MATERIALIZED (
    SELECT e.* FROM unnest($7::uuid[]) AS known(id) CROSS JOIN LATERAL (
        SELECT {_COLUMNS} FROM client_list_entries
        WHERE account_id = $1 AND {by_key("known.id", "client_id")}
    ) AS e
), other AS MATERIALIZED (
    SELECT made.* FROM made LEFT JOIN old USING (client_id) WHERE old.client_id IS NULL OR {_IS_OTHER}
), unsaid AS (
    DELETE FROM client_list_words WHERE account_id = $1 AND ctid = ANY (ARRAY(
        SELECT w.ctid FROM ({_words_of("old")} EXCEPT {_words_of("made")}) AS gone
        CROSS JOIN LATERAL (
            SELECT ctid FROM client_list_words
            WHERE account_id = $1 AND client_id = gone.client_id AND {by_key("gone.word", "word")}
        ) AS w
    ))
), said AS (
    INSERT INTO client_list_words (account_id, word, client_id)
    SELECT $1, word, client_id FROM ({_words_of("other")} EXCEPT {_words_of("old")}) AS come
    ON CONFLICT DO NOTHING
), forgotten AS (
    DELETE FROM client_list_entries WHERE account_id = $1 AND ctid = ANY (ARRAY(
        SELECT e.ctid FROM unnest($8::uuid[]) AS gone(id) CROSS JOIN LATERAL (
            SELECT ctid FROM client_list_entries WHERE account_id = $1 AND {by_key("gone.id", "client_id")}
        ) AS e
    ))
)
INSERT INTO client_list_entries (account_id, {_COLUMNS})
SELECT $1, other.* FROM other
ON CONFLICT (account_id, client_id) DO UPDATE SET {_SET}
"""
_MOVE = f"""
UPDATE client_list_entries AS e SET place = moved.place
FROM unnest({arrays.parameters(("uuid", "text"), 2)}) AS moved(id, place)
CROSS JOIN LATERAL (
    SELECT id, last_name, first_name, company_name FROM clients
    WHERE account_id = $1 AND {by_key("moved.id", "organization_id")}
) AS c
CROSS JOIN LATERAL (
    SELECT ctid FROM client_list_entries WHERE account_id = $1 AND {by_key("c.id", "client_id")}
) AS kept
WHERE e.account_id = $1 AND e.ctid = kept.ctid AND e.place <> moved.place
  AND coalesce(c.last_name, '') = '' AND coalesce(c.first_name, '') = '' AND coalesce(c.company_name, '') = ''
"""
_MOVE_APART = _MOVE.replace("ctid", "client_id")
_SAID = _words_of("(SELECT client_id, words FROM client_list_entries WHERE account_id = $1) AS e")
_FOUND = "SELECT client_id, word FROM client_list_words WHERE account_id = $1"
_WORDS_DIFFERING = f"""
SELECT (SELECT count(*) FROM ({_SAID} EXCEPT {_FOUND}) AS lacking)
     + (SELECT count(*) FROM ({_FOUND} EXCEPT {_SAID}) AS needless)
"""
_MEND_WORDS = f"""
WITH said AS (
    INSERT INTO client_list_words (account_id, word, client_id)
    SELECT $1, word, client_id FROM ({_SAID} EXCEPT {_FOUND}) AS lacking
    RETURNING 1
), unsaid AS (
    DELETE FROM client_list_words AS w USING ({_FOUND} EXCEPT {_SAID}) AS gone
    WHERE w.account_id = $1 AND w.word = gone.word AND w.client_id = gone.client_id
    RETURNING 1
)
SELECT (SELECT count(*) FROM said) + (SELECT count(*) FROM unsaid)
"""
