"""Files that go with letters: taken once they are what they say, kept while anything names them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.accounts.standing import S, Work
from app.audit.trail import Action, Entry, keep
from app.core import card_numbers, clock
from app.core.db import WriteSession
from app.core.events import announce
from app.core.ids import new_id
from app.http.errors import CardNumberRefused
from app.outbox.errors import LetterFileInUse, LetterFileNotFound, LetterFileRefused, LetterFilesFull
from app.outbox.files import store
from app.outbox.files.events import LetterFileRemoved
from app.outbox.files.kinds import (
    KINDS,
    LONGEST_NAME,
    begins_as,
    ending_of,
    name_of,
    said_of,
    text_in,
    type_of,
)
from app.outbox.models import LetterFile
from app.outbox.rights import OUTBOX

MOST_BYTES = 3_000_000
"""Bytes of a file."""
MOST_BYTES_OF_LETTER = 8_000_000
"""Bytes of all the files of a letter: a third more as they are sent."""
MOST_BYTES_IN_ALL = 100_000_000
MOST_FILES = 500
MOST_OF_LETTER = 10
_SUBJECT = "letter_files"


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is what it says."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


def judged(name: str, content_type: str, content: bytes) -> NewFile:
    """Return a file as it is kept; raises `LetterFileRefused`, and `CardNumberRefused` where one is in it.

    What a file is is told by its name and by how it begins, and both must agree with what is said of it.
    """
    kept = name_of(name)
    media_type = type_of(ending_of(kept))
    if media_type is None or len(kept) > LONGEST_NAME:
        endings = sorted(ending for kind in KINDS.values() for ending in kind.endings)
        raise LetterFileRefused(reason="name", endings=endings)
    if said_of(content_type) not in (None, media_type):
        raise LetterFileRefused(reason="type", media_type=media_type)
    if not begins_as(media_type, content):
        raise LetterFileRefused(reason="content", media_type=media_type)
    if card_numbers.is_in(kept) or card_numbers.is_in(text_in(media_type, content) or ""):
        raise CardNumberRefused
    return NewFile(kept, media_type, content)


async def add(work: Work[WriteSession], new: NewFile) -> LetterFile:
    """Keep a file; raises `LetterFilesFull`."""
    session, room = work.session, await store.room(work.session)
    if room.files >= MOST_FILES or room.bytes + len(new.content) > MOST_BYTES_IN_ALL:
        raise LetterFilesFull(max_files=MOST_FILES, max_bytes=MOST_BYTES_IN_ALL)
    row = LetterFile(
        account_id=session.account_id,
        file_id=new_id(),
        name=new.name,
        media_type=new.media_type,
        size=len(new.content),
        content=new.content,
        made_at=clock.now(),
        made_by=work.who.user_id,
    )
    await store.add(session, row)
    await keep(session, work.who, Entry(OUTBOX, _SUBJECT, row.file_id, Action.CREATED, None, _told(row)))
    return row


async def read(work: Work[S], file_id: UUID) -> LetterFile:
    """Return a file; raises `LetterFileNotFound`."""
    row = await store.file(work.session, file_id)
    if row is None:
        raise LetterFileNotFound
    return row


async def remove(work: Work[WriteSession], file_id: UUID) -> None:
    """Forget a file; raises `LetterFileInUse` where a template or a letter under way names it."""
    session, row = work.session, await read(work, file_id)
    if await store.goes_with_a_letter(session, file_id):
        raise LetterFileInUse
    await announce(session, work.who, LetterFileRemoved(file_id))
    await store.remove(session, row)
    await keep(session, work.who, Entry(OUTBOX, _SUBJECT, file_id, Action.DELETED, _told(row), None))


async def missing(work: Work[S], ids: Collection[UUID]) -> tuple[set[UUID], int]:
    """Return which of some files there are none of, and how many bytes the others have together."""
    found = await store.sizes(work.session, ids)
    return {*ids} - found.keys(), sum(found.values())


def _told(row: LetterFile) -> dict[str, Any]:
    return {"name": row.name, "media_type": row.media_type, "size": row.size}
