"""Letters that go on paper: kept until somebody prints them, and listed for whoever may see their clients."""

from collections.abc import Sequence
from uuid import UUID

from app.accounts.standing import Work
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.ids import new_id
from app.galleries.merging import merged
from app.outbox.html import clean
from app.outbox.unsubscribing import without
from app.sync.draft import Draft
from app.sync.reactions import Written, at_last
from app.sync.visible import some_seen
from app.templates import paper_store
from app.templates.engine import LONGEST_FILLED, Part
from app.templates.errors import PaperLetterNotFound
from app.templates.models import PaperLetter, PaperState
from app.templates.paper_store import Wanted

MOST = 200
"""How many letters are listed, and marked as printed, at once."""
LONGEST_TITLE = LONGEST_FILLED[Part.SUBJECT]
"""Characters of a title that are kept."""


async def keep(
    session: WriteSession, client_id: UUID, title: str, html: str, *, letter_id: UUID | None = None
) -> UUID:
    """Keep a letter to be printed, and return its id; one that was kept under an id before stays as it is.

    Its HTML is cleaned, whoever made it.
    """
    paper_id = letter_id or new_id()
    short, cleaned = title[:LONGEST_TITLE], clean(without(html))
    await paper_store.insert(
        session, paper_id, client_id=client_id, title=short, html=cleaned, at=clock.now()
    )
    return paper_id


async def listed(work: Work[Session], wanted: Wanted) -> tuple[list[PaperLetter], UUID | None]:
    """Return a page of letters to clients the user may see, and where the next one begins."""
    found = await paper_store.page(work.session, wanted)
    shown = found[: wanted.most]
    known = await some_seen(work, "clients", list({each.client_id for each in shown}))
    following = shown[-1].paper_id if len(found) > wanted.most else None
    return [each for each in shown if each.client_id in known], following


async def read(work: Work[Session], paper_id: UUID) -> PaperLetter:
    """Return a letter; raises `PaperLetterNotFound` where there is none, or its client may not be seen."""
    row = await paper_store.letter(work.session, paper_id)
    if row is None or not await some_seen(work, "clients", [row.client_id]):
        raise PaperLetterNotFound
    return row


async def mark_printed(work: Work[WriteSession], ids: Sequence[UUID]) -> list[PaperLetter]:
    """Say that letters were printed, all of them or none; raises `PaperLetterNotFound`.

    One that was printed before keeps the first day and name.
    """
    rows = await paper_store.letters(work.session, ids)
    known = await some_seen(work, "clients", list({each.client_id for each in rows.values()}))
    if any(each not in rows or rows[each].client_id not in known for each in ids):
        raise PaperLetterNotFound
    for row in rows.values():
        if row.state == PaperState.TO_PRINT:
            row.state, row.printed_at, row.printed_by = (
                PaperState.PRINTED.value,
                clock.now(),
                work.who.user_id,
            )
    await work.session.flush()
    return [rows[each] for each in ids]


@at_last("clients")
async def follow_clients(draft: Draft, written: Sequence[Written]) -> None:
    """Let letters to a client who was merged be to the one that stays."""
    for gone, stays in await merged(draft, written):
        await paper_store.move_client(draft.session, gone, stays)
