"""The only SQL of letters on paper; every statement names the account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select, tuple_

from app.core.db import Session, WriteSession
from app.templates.models import PaperLetter, PaperState

_INSERT = """
INSERT INTO paper_letters (account_id, paper_id, client_id, title, html, state, made_at)
VALUES ($1, $2, $3, $4, $5, 'to_print', $6)
ON CONFLICT (account_id, paper_id) DO NOTHING
"""
_MOVE = "UPDATE paper_letters SET client_id = $3 WHERE account_id = $1 AND client_id = $2"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters are wanted: in a state, to a client, behind another; so many, oldest or newest first."""

    state: PaperState | None
    client_id: UUID | None
    after: UUID | None
    most: int
    is_newest_first: bool = False


async def insert(
    session: WriteSession, paper_id: UUID, *, client_id: UUID, title: str, html: str, at: datetime
) -> None:
    """Write down a letter, unless one of its id is."""
    await session.raw.execute(_INSERT, session.account_id, paper_id, client_id, title, html, at)


async def page(session: Session, wanted: Wanted) -> Sequence[PaperLetter]:
    """Return so many letters and one more."""
    found = select(PaperLetter).where(PaperLetter.account_id == session.account_id)
    if wanted.state is not None:
        found = found.where(PaperLetter.state == wanted.state)
    if wanted.client_id is not None:
        found = found.where(PaperLetter.client_id == wanted.client_id)
    columns = col(PaperLetter.made_at), col(PaperLetter.paper_id)
    if wanted.after is not None:
        last = await letter(session, wanted.after)
        if last is None:
            return []
        place, behind = tuple_(*columns), (last.made_at, last.paper_id)
        found = found.where(place < behind if wanted.is_newest_first else place > behind)
    by_age = (each.desc() if wanted.is_newest_first else each for each in columns)
    return (await session.exec(found.order_by(*by_age).limit(wanted.most + 1))).all()


async def letter(session: Session, paper_id: UUID) -> PaperLetter | None:
    """Return a letter."""
    return await session.get(PaperLetter, (session.account_id, paper_id))


async def letters(session: Session, ids: Sequence[UUID]) -> dict[UUID, PaperLetter]:
    """Return some letters, those there are."""
    found = select(PaperLetter).where(
        PaperLetter.account_id == session.account_id, col(PaperLetter.paper_id).in_(ids)
    )
    return {each.paper_id: each for each in await session.exec(found)}


async def move_client(session: WriteSession, client_id: UUID, into: UUID) -> None:
    """Let letters to a client be to another."""
    await session.raw.execute(_MOVE, session.account_id, client_id, into)
