"""What ties the entries of an account together: each has a hash of itself and of the one before."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

import orjson

from app.audit import store
from app.audit.store import Deed, Doer, Head
from app.core.db import Database, Session

_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Checked:
    """How a trail stands: behind what it begins, how far it holds, and which entry breaks it, if any does.

    It begins at its very beginning, or at the checkpoint up to which it was forgotten.
    """

    began: Head
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
    """Read the trail of an account from where it begins and make every hash again.

    A head that was noted elsewhere tells also of a trail that was made anew or shortened from behind; a head
    before where it begins tells nothing.
    """
    # One snapshot, or what is forgotten meanwhile would seem to have been taken out.
    async with database.reading(account_id) as session:
        began = head = await _beginning(session)
        # What stands of an entry that was emptied is no proof of it: a later one is, or none.
        emptied: dict[Head, Head] = {}
        if head.position == noted.position and head != noted:
            return Checked(began, began, head.position)
        while entries := await store.in_order(session, head.position, _AT_ONCE):
            for given, doer, deed in entries:
                position = head.position + 1
                made = Head(position, _link(head.hash, _by(account_id, doer), position, deed))
                if made == given:
                    for each in _named(account_id, deed):
                        emptied.pop(each, None)
                elif given.position == position and deed.before is deed.after is None:
                    made = given
                    emptied[given] = head
                if made != given or (position == noted.position and made != noted):
                    return Checked(began, head, position)
                head = made
        if emptied:
            first = min(emptied)
            return Checked(began, emptied[first], first.position)
        is_whole = head == await store.read_head(session) and head.position >= noted.position
        return Checked(began, head, None if is_whole else head.position + 1)


def _named(account_id: UUID, deed: Deed) -> list[Head]:
    """Return the entries that an entry says were emptied."""
    if (deed.subject, deed.action, deed.record_id) != (store.ITSELF, "changed", str(account_id)):
        return []
    told = orjson.loads(deed.after or b"{}").get("emptied", [])
    return [Head(position, bytes.fromhex(made)) for position, made in told]


async def _beginning(session: Session) -> Head:
    """Return the last checkpoint before the oldest entry: what was forgotten is told by what is kept.

    Who may only add can say that more was forgotten than was, and is not heard: that is still there.
    """
    first = await store.oldest(session) or 0
    known = [each for each in await store.checkpoints(session) if each.position < first]
    return max([store.BEGINNING, *known], key=lambda each: each.position)


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
