"""Erasing a person: a client's record, all that belongs to it, and what else tells of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from app.accounts.erasures import AS_OWNER
from app.audit import redacting
from app.core.db import Database, WriteSession
from app.core.principal import Principal
from app.leaving import ledger
from app.leaving.schema import Table, tables
from app.sync import registry
from app.sync.store import Write, write

CLIENTS = "clients"
KEPT = {
    "audit_entries": "emptied, not deleted",
    "card_intents": "what was paid stays in the books; it has no name",
    "deleted_records": "an id that is never used again",
    "feed": "by it phones hear that the record is gone; it has the id alone",
    "feed_past": "by it phones hear that too; days and numbers, until every phone has",
    "import_rows": "with what they look like",
    "inbox": "a collection: deleted by its own rules",
    "letters_in": "by it an email is not fetched a second time; keys alone",
    "web_orders": "what was ordered stays in the books, without the name",
    "webhook_events": "ids, for 30 days",
}
"""Tables that name clients or records by `client_id` or `record_id`, and keep rows of one who is erased.

Rows of any other go with the person, those of a table that is new tomorrow too.
"""


class NoSuchPerson(Exception):
    """There is no such client, nor was there one."""


@dataclass(frozen=True, slots=True)
class Erased:
    """How many records went, rows of other tables, and how many entries of the audit trail were emptied."""

    records: int
    rows: int
    entries: int


async def erase(owned: Database, who: Principal, data_dir: Path, client_id: UUID) -> Erased:
    """Erase a client in one transaction; of one who was deleted before, what is left.

    The record is deleted as at a desk, with its emails, texts, calls, tasks and appointments, and phones hear
    of it. What has a place in the books stands in the way: sessions, invoices and payments are for the studio
    to delete. Then all rows go that name the client or one of these records, letters to its addresses, kept
    answers, copies in verdicts; and the audit trail is emptied of them. Raises `NoSuchPerson`, and
    `ChangeRefused` with the collections that still refer to it. The database is to be that of who owns the
    tables.
    """
    async with owned.writing(who.account_id) as session:
        account_id = who.account_id
        people = [client_id, *(row[0] for row in await session.raw.fetch(_MERGED, account_id, client_id))]
        found = await session.raw.fetchrow(_CLIENT, account_id, client_id)
        if found is None and not await session.raw.fetchval(_WAS, account_id, people):
            raise NoSuchPerson
        addresses, cards = _told(found)
        known = await tables(session)
        gone = await _delete(session, who, people, addresses, is_there=found is not None)
        await session.raw.execute(AS_OWNER)
        rows = 0
        for statement, values in _traces(known, people, [*people, *gone], addresses, cards):
            done = await session.raw.execute(statement, account_id, *values)
            rows += int(done.rpartition(" ")[2])
        rows += await _strip_verdicts(session, [*people, *gone])
        entries = await redacting.redact(session, who, [*people, *gone], people)
    ledger.note(data_dir, who.account_id, client_id)
    return Erased(len(gone), rows, entries)


async def back_again(database: Database, who: Principal, data_dir: Path) -> list[UUID]:
    """Return the clients who were erased and are there again, as a backup has brought them back."""
    async with database.reading(who.account_id) as session:
        sql = "SELECT id FROM clients WHERE account_id = $1 AND id = ANY ($2::uuid[])"
        rows = await session.raw.fetch(sql, who.account_id, ledger.people(data_dir, who.account_id))
    return [row["id"] for row in rows]


def tables_that_tell(known: Sequence[Table]) -> list[tuple[Table, str]]:
    """Return the tables whose rows name a client or a record, but for those of collections, and by what."""
    collections = {each.name for each in registry.collections()}
    return [
        (table, column)
        for table in known
        for column in ("client_id", "record_id")
        if column in table.columns and table.name not in collections
    ]


async def _delete(
    session: WriteSession,
    who: Principal,
    people: Sequence[UUID],
    addresses: Sequence[str],
    *,
    is_there: bool,
) -> list[UUID]:
    """Delete the client, what the inbox has of it, and mail that was sorted to nobody; return what went."""
    rows = await session.raw.fetch(_STRAY, session.account_id, [str(each) for each in people], addresses)
    writes = [Write.delete(row["collection"], row["id"]) for row in rows]
    if is_there:
        writes.append(Write.delete(CLIENTS, people[0]))
    if not writes:
        return []
    revision = await write(session, who, writes)
    return [row[0] for row in await session.raw.fetch(_GONE, session.account_id, revision)]


def _traces(
    known: Sequence[Table],
    people: Sequence[UUID],
    records: Sequence[UUID],
    addresses: Sequence[str],
    cards: Sequence[UUID],
) -> list[tuple[str, list[Any]]]:
    """Return the statements that erase what other tables have, with their parameters behind the account."""
    made: list[tuple[str, list[Any]]] = [
        (_LIKENESSES, [people]),
        (_IMPORTED, [people]),
        (_LETTERS, [records, addresses]),
        (_ORDERS, [people]),
        (_CARDS, [cards]),
        (_ANSWERS, [[str(each) for each in records]]),
    ]
    for table, column in tables_that_tell(known):
        if table.name not in KEPT:
            statement = f"DELETE FROM {table.name} WHERE account_id = $1 AND {column} = ANY ($2::uuid[])"
            made.append((statement, [people if column == "client_id" else records]))
    return made


async def _strip_verdicts(session: WriteSession, records: Sequence[UUID]) -> int:
    """Take the server's copies of records out of verdicts that are kept for phones that ask again."""
    rows = await session.raw.fetch(_VERDICTS, session.account_id, [str(each) for each in records])
    gone = {"revision": None, "in_scope": False, "server": None}
    for row in rows:
        told = orjson.dumps({**orjson.loads(row["answer"]), **gone})
        key = row["device_id"], row["stream"], row["n"]
        await session.raw.execute(_STRIP, session.account_id, *key, told)
    return len(rows)


def _told(client: Any) -> tuple[list[str], list[UUID]]:
    """Return the addresses and numbers of a client, and the ids of its saved cards."""
    if client is None:
        return [], []
    phones, cards = (orjson.loads(client[name] or "[]") for name in ("phones", "saved_cards"))
    email = client["email"] or ""
    addresses = {email, email.lower(), *(each["number"] for each in phones)}
    return [each for each in addresses if each], [UUID(each["id"]) for each in cards]


_CLIENT = """
SELECT email, phones::text, saved_cards::text FROM clients WHERE account_id = $1 AND id = $2
"""
_WAS = """
SELECT EXISTS (SELECT FROM feed WHERE account_id = $1 AND record_id = ANY ($2::uuid[]))
    OR EXISTS (SELECT FROM deleted_records WHERE account_id = $1 AND record_id = ANY ($2::uuid[]))
"""
# Records that were merged into this one were the same person.
_MERGED = """
WITH RECURSIVE merged AS (
    SELECT record_id FROM feed WHERE account_id = $1 AND merged_into = $2
    UNION SELECT record_id FROM deleted_records WHERE account_id = $1 AND merged_into = $2
    UNION SELECT more.record_id FROM merged JOIN (
        SELECT record_id, merged_into FROM feed WHERE account_id = $1 AND merged_into IS NOT NULL
        UNION SELECT record_id, merged_into FROM deleted_records
        WHERE account_id = $1 AND merged_into IS NOT NULL
    ) AS more ON more.merged_into = merged.record_id
)
SELECT record_id FROM merged
"""
_STRAY = """
SELECT 'inbox' AS collection, id FROM inbox
WHERE account_id = $1 AND (record_id::text = ANY ($2::text[]) OR typed ->> 'client_id' = ANY ($2::text[]))
UNION ALL SELECT 'emails', id FROM emails
WHERE account_id = $1 AND client_id IS NULL
    AND (lower(from_address) = ANY ($3::text[]) OR to_addresses && $3::text[])
UNION ALL SELECT 'text_messages', id FROM text_messages
WHERE account_id = $1 AND client_id IS NULL AND phone = ANY ($3::text[])
"""
_GONE = "SELECT record_id FROM feed WHERE account_id = $1 AND revision = $2 AND is_deleted"
_LIKENESSES = """
DELETE FROM import_likenesses AS l USING import_rows AS r
WHERE l.account_id = $1 AND r.account_id = $1 AND r.import_id = l.import_id AND r.row = l.row
    AND (r.record_id = ANY ($2::uuid[]) OR r.duplicates_of && $2::uuid[])
"""
# As many cells as there were: a file that was looked through may still be run.
_IMPORTED = """
UPDATE import_rows SET cells = (SELECT coalesce(jsonb_agg(''::text), '[]') FROM jsonb_array_elements(cells))
WHERE account_id = $1 AND (record_id = ANY ($2::uuid[]) OR duplicates_of && $2::uuid[])
    AND EXISTS (SELECT FROM jsonb_array_elements_text(cells) AS cell WHERE cell <> '')
"""
_LETTERS = """
DELETE FROM letters
WHERE account_id = $1 AND (letter_id = ANY ($2::uuid[]) OR to_addresses::text[] && $3::text[])
"""
_ORDERS = """
UPDATE web_orders SET client_name = ''
WHERE account_id = $1 AND (client_id = ANY ($2::uuid[]) OR ordered_by_id = ANY ($2::uuid[]))
    AND client_name <> ''
"""
_CARDS = "DELETE FROM card_tokens WHERE account_id = $1 AND card_id = ANY ($2::uuid[])"
_ANSWERS = """
DELETE FROM idempotent_answers
WHERE account_id = $1 AND EXISTS (
    SELECT FROM unnest($2::text[]) AS id
    WHERE position(convert_to(id, 'UTF8') IN body) > 0 OR headers::text LIKE '%' || id || '%'
)
"""
_VERDICTS = """
SELECT device_id, stream, n, answer FROM verdicts
WHERE account_id = $1 AND EXISTS (
    SELECT FROM unnest($2::text[]) AS id WHERE position(convert_to(id, 'UTF8') IN answer) > 0
)
"""
_STRIP = """
UPDATE verdicts SET answer = $5 WHERE account_id = $1 AND device_id = $2 AND stream = $3 AND n = $4
"""
