"""What ties the entries of an account together: each has a hash of itself and of the one before."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

import orjson

from app.audit import store
from app.audit.store import Deed, Doer, Head
from app.core.db import Database

_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Checked:
    """How a trail stands: how far it holds, what its head is, and which entry breaks it, if any does."""

    head: Head
    broken: int | None


def linked(account_id: UUID, head: Head, doer: Doer, deeds: Iterable[Deed]) -> list[bytes]:
    """Return the hashes of deeds that are done behind a head, in their order."""
    by, made, found = _by(account_id, doer), head.hash, []
    for position, deed in enumerate(deeds, head.position + 1):
        made = _link(made, by, position, deed)
        found.append(made)
    return found


async def check(database: Database, account_id: UUID, noted: Head = store.BEGINNING) -> Checked:
    """Read the trail of an account from its beginning and make every hash again.

    A head that was noted elsewhere tells also of a trail that was made anew or shortened from behind.
    """
    head = store.BEGINNING
    while True:
        async with database.reading(account_id) as session:
            entries = await store.in_order(session, head.position, _AT_ONCE)
            kept = await store.read_head(session)
        for given, doer, deed in entries:
            position = head.position + 1
            made = Head(position, _link(head.hash, _by(account_id, doer), position, deed))
            if made != given or (position == noted.position and made != noted):
                return Checked(head, position)
            head = made
        if len(entries) < _AT_ONCE:
            is_whole = head == kept and head.position >= noted.position
            return Checked(head, None if is_whole else head.position + 1)


def _by(account_id: UUID, doer: Doer) -> bytes:
    """Return the first line of what is hashed: the account, and who did it."""
    at = doer.at.isoformat(timespec="microseconds")
    # The driver's ids are of a kind of their own.
    return orjson.dumps([account_id, at, *doer[1:]], default=str)


def _link(former: bytes, by: bytes, position: int, deed: Deed) -> bytes:
    """Hash an entry behind the one before, in lines; none of what stands in one breaks it."""
    feature, subject, record_id, action, before, after = deed
    words = f"\n{position}\n{feature}\n{subject}\n{record_id}\n{action}\n".encode()
    was, is_ = (b"-" if before is None else before), (b"-" if after is None else after)
    return sha256(b"%b%b%b%b\n%b" % (former, by, words, was, is_)).digest()
