"""What an account has rows in, as the database itself says: a table that is new tomorrow is among them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

import asyncpg

from app.core.db import Session

ACCOUNT = "account_id"
DIRECTORY = "account_directory"
"""By what an account is found: where an erasure was cut it is found again, so that this goes last."""
CLOCK = "account_clock"
KEPT = frozenset({"erasures"})
"""What tells that an account was erased, and which phones are to clear their copies."""

_WORDS = frozenset(
    {
        *("claim", "credential", "credentials", "fingerprint", "hash", "key", "nonce", "password"),
        *("print", "prints", "salt", "sealed", "secret", "token"),
    }
)
_SHOWN = frozenset(
    {
        ("account_clock", "audit_hash"),
        ("api_keys", "key_id"),
        ("audit_entries", "hash"),
        ("card_merchants", "key_made_at"),
        ("letter_blocks", "address_key"),
        ("letter_files", "content"),
        ("letters_in", "source_key"),
        ("pictures", "sha256"),
        ("portal_logins", "user_name_key"),
        ("portal_settings", "password_from"),
        ("security_groups", "name_key"),
        ("trigger_occurrences", "key"),
        ("users", "initials_key"),
        ("webhook_endpoints", "key_id"),
        ("webhook_events", "key"),
    }
)
"""Columns that are called like secrets, or are bytes, and are none: all others of that kind stay here."""


@dataclass(frozen=True, slots=True)
class Link:
    """A foreign key: these columns of a table name a row of a table, and may they be emptied."""

    table: str
    columns: tuple[str, ...]
    parent: str
    is_loose: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table with rows of accounts: its columns, those of its primary key, and what is not given out."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    left_out: frozenset[str]

    @property
    def shown(self) -> tuple[str, ...]:
        """Return the columns that are given out, in their order."""
        return tuple(each for each in self.columns if each not in self.left_out)

    @property
    def place(self) -> tuple[str, ...]:
        """Return by what the rows of one account are told apart."""
        return tuple(each for each in self.key if each != ACCOUNT)


def is_secret(table: str, column: str, kind: str) -> bool:
    """Say whether a column may hold what opens something, by its name and its type.

    Whatever is bytes may: they are sealed, or hashes, or copies of what stands in other tables.
    """
    may_be = kind == "bytea" or not _WORDS.isdisjoint(column.split("_"))
    return may_be and (table, column) not in _SHOWN


async def tables(session: Session) -> list[Table]:
    """Return all tables in which accounts have rows, by name."""
    return [_table(row) for row in await session.raw.fetch(_TABLES)]


async def links(session: Session) -> list[Link]:
    """Return the foreign keys between them, but for those whose rows go with their parents."""
    rows = await session.raw.fetch(_LINKS)
    return [Link(row["child"], _others(row["columns"]), row["parent"], row["is_loose"]) for row in rows]


def children_first(tables: Collection[Table], links: Sequence[Link]) -> tuple[list[Table], list[Link]]:
    """Return the tables in an order in which they can be emptied, and the links to be emptied before.

    Those are the links within one table, and as many as it takes to open each ring of tables.
    """
    first = [each for each in links if each.table == each.parent]
    rest = [each for each in links if each.table != each.parent]
    while True:
        waits = {each.name: set[str]() for each in tables}
        for link in rest:
            waits[link.parent].add(link.table)
        try:
            order = [*TopologicalSorter(waits).static_order()]
        except CycleError as ring:
            opened = next(each for each in rest if _is_in(each, ring.args[1]) and each.is_loose)
            first.append(opened)
            rest.remove(opened)
        else:
            named = {each.name: each for each in tables}
            # Writers wait for the clock, so that it stays for as long as there is anything to be written to.
            return [named[each] for each in sorted(order, key=lambda each: each == CLOCK)], first


def _is_in(link: Link, ring: Sequence[str]) -> bool:
    return link.table in ring and link.parent in ring


def _others(columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(each for each in columns if each != ACCOUNT)


def _table(row: asyncpg.Record) -> Table:
    name, columns, kinds = row["name"], tuple(row["columns"]), row["kinds"]
    secret = {each for each, kind in zip(columns, kinds, strict=True) if is_secret(name, each, kind)}
    return Table(name, columns, tuple(row["key"]), frozenset(secret))


def listed(names: Sequence[str], before: str = "") -> str:
    """Return names as a statement has them."""
    return ", ".join(f'{before}"{each}"' for each in names)


def placed(table: Table, first: int) -> str:
    """Return what stands for the place of a row, as parameters from a number on."""
    return ", ".join(f"${number}" for number in range(first, first + len(table.place)))


def place_of(table: Table, row: asyncpg.Record) -> tuple[Any, ...]:
    """Return the place of a row that was read."""
    return tuple(row[each] for each in table.place)


_OF_ACCOUNTS = """
    SELECT c.oid, c.relname::text AS name FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'account_id' AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""
_TABLES = f"""
SELECT t.name, array_agg(a.attname::text ORDER BY a.attnum) AS columns,
    array_agg(format_type(a.atttypid, NULL) ORDER BY a.attnum) AS kinds,
    (SELECT array_agg(k.attname::text ORDER BY array_position(i.indkey::int2[], k.attnum))
     FROM pg_index i JOIN pg_attribute k ON k.attrelid = t.oid AND k.attnum = ANY (i.indkey)
     WHERE i.indrelid = t.oid AND i.indisprimary) AS key
FROM ({_OF_ACCOUNTS}) t
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
GROUP BY t.oid, t.name ORDER BY t.name
"""
_LINKS = f"""
SELECT t.name AS child, p.name AS parent, array_agg(a.attname::text ORDER BY a.attnum) AS columns,
    NOT bool_or(a.attnotnull AND a.attname <> 'account_id') AS is_loose
FROM pg_constraint f
JOIN ({_OF_ACCOUNTS}) t ON t.oid = f.conrelid
JOIN ({_OF_ACCOUNTS}) p ON p.oid = f.confrelid
JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = ANY (f.conkey)
WHERE f.contype = 'f'
GROUP BY f.oid, t.name, p.name ORDER BY t.name, p.name, f.oid
"""
