"""What ties the entries of an account together: each has a hash of itself and of the one before."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from app.audit import store
from app.audit.store import Head, Row
from app.core.db import Database

_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Checked:
    """How a trail stands: how far it holds, what its head is, and which entry breaks it, if any does."""

    head: Head
    broken: int | None


def linked(account_id: UUID, head: Head, rows: Iterable[Row]) -> list[tuple[Head, Row]]:
    """Return rows in their order, each with what becomes of the head once it is there."""
    found = []
    for row in rows:
        head = _link(account_id, head, row)
        found.append((head, row))
    return found


async def check(database: Database, account_id: UUID, noted: Head = store.BEGINNING) -> Checked:
    """Read the trail of an account from its beginning and make every hash again.

    A head that was noted elsewhere tells also of a trail that was made anew or shortened from behind.
    """
    head = store.BEGINNING
    while True:
        async with database.reading(account_id) as session:
            rows = await store.in_order(session, head.position, _AT_ONCE)
            kept = await store.read_head(session)
        for given, row in rows:
            made = _link(account_id, head, row)
            if made != given or (made.position == noted.position and made != noted):
                return Checked(head, made.position)
            head = made
        if len(rows) < _AT_ONCE:
            is_whole = head == kept and head.position >= noted.position
            return Checked(head, None if is_whole else head.position + 1)


def _link(account_id: UUID, head: Head, row: Row) -> Head:
    position = head.position + 1
    # The driver's ids are of a kind of their own.
    text = orjson.dumps([account_id, position, _instant(row.at), *row[1:]], default=str)
    return Head(position, hashlib.sha256(head.hash + text).digest())


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
