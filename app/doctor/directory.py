"""The directory: whether each name leads to its account, and each account is looked up when it should be."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta

import asyncpg

from app.automations.communications import running
from app.automations.triggers import upkeep as triggers
from app.cards import store as cards
from app.core import clock
from app.core.db import Session
from app.doctor.patient import Account, Found, Patient, Severity
from app.galleries import store as pictures
from app.galleries.lifecycle import store as galleries
from app.outbox import store as letters
from app.outbox.mail import store as mail
from app.webhooks import store as webhooks
from app.webhooks.kinds import GALLERY_EXPIRING

_LATE = timedelta(days=1)
"""By how much an account may be due later than it should: who works at it has put that off meanwhile."""

_ENTRY = "SELECT {columns} FROM account_directory WHERE account_id = $1 AND account_name = $2"
_ACCOUNT = """
SELECT (SELECT a.account_name FROM accounts a WHERE a.account_id = $1) AS own_name,
    EXISTS (SELECT FROM account_clock c WHERE c.account_id = $1) AS has_clock
"""
_HAS_BOOKS = "SELECT EXISTS (SELECT FROM companies WHERE account_id = $1)"
_SEARCH = (
    "Restore it from a backup, or take the name out: DELETE FROM account_directory WHERE account_name = '{}';"
)


async def entry(patient: Patient, account: Account) -> AsyncIterator[Found]:
    """Look whether a name leads to its account; no more is looked at of one that does not."""
    async with patient.database.reading(account.account_id) as session:
        [found] = await session.raw.fetch(_ACCOUNT, account.account_id)
    remedy = _SEARCH.format(account.name)
    if found["own_name"] is None:
        sentence = "The name leads to an account that is not there."
        yield Found("directory", Severity.ERROR, sentence, remedy, account.name)
    elif found["own_name"] != account.name:
        sentence = f"The name leads to an account that is called {found['own_name']}."
        yield Found("directory", Severity.ERROR, sentence, remedy, account.name)
    elif not found["has_clock"]:
        sentence = "The account has no clock, without which nobody writes to it."
        yield Found("directory", Severity.ERROR, sentence, remedy, account.name)


async def due(patient: Patient, account: Account) -> AsyncIterator[Found]:
    """Look whether the account is looked after when something is due."""
    found = await _entry(patient, account)
    async with patient.database.reading(account.account_id) as session:
        late = [column for column, wanted in _DUE.items() if _is_late(found[column], await wanted(session))]
    if late:
        said = ", ".join(f"{column} = now()" for column in late)
        sentence = f"What is due is not looked after: {', '.join(late)}."
        remedy = f"UPDATE account_directory SET {said} WHERE account_name = '{account.name}';"
        yield Found("directory", Severity.ERROR, sentence, remedy, account.name)


async def _entry(patient: Patient, account: Account) -> asyncpg.Record:
    """Return when the account is due, as the directory has it."""
    asked = _ENTRY.format(columns=", ".join(_DUE))
    async with patient.database.directory() as connection:
        [found] = await connection.fetch(asked, account.account_id, account.name)
        return found


def _is_late(kept: datetime | None, wanted: datetime | None) -> bool:
    """Say whether an account is looked up much later than it should be, or never."""
    return wanted is not None and (kept is None or kept - max(wanted, clock.now()) > _LATE)


async def _day_ends(session: Session) -> datetime | None:
    # When is told by the figures; that it is, by there being a company.
    return clock.now() + _LATE if await session.raw.fetchval(_HAS_BOOKS, session.account_id) else None


async def _galleries(session: Session) -> datetime | None:
    expires = await galleries.next_expiry(session)
    if expires is None:
        return None
    return datetime(expires.year, expires.month, expires.day, tzinfo=await galleries.zone(session))


async def _letters(session: Session) -> datetime | None:
    return await letters.next_due(session, clock.now())


async def _mailbox(session: Session) -> datetime | None:
    server = await mail.server(session)
    return clock.now() if server and server.in_host else None


async def _automations(session: Session) -> datetime | None:
    found = await triggers.next_due(session), await running.next_due(session)
    return min((each for each in found if each), default=None)


async def _webhooks(session: Session) -> datetime | None:
    is_swept = await webhooks.swept_to(session, GALLERY_EXPIRING) is not None
    found = await webhooks.next_due(session, clock.now()), clock.now() + _LATE if is_swept else None
    return min((each for each in found if each), default=None)


_DUE: dict[str, Callable[[Session], Awaitable[datetime | None]]] = {
    "day_ends_at": _day_ends,
    "cards_due_at": cards.next_due,
    "pictures_due_at": pictures.next_due,
    "galleries_due_at": _galleries,
    "letters_due_at": _letters,
    "mailboxes_due_at": _mailbox,
    "automations_due_at": _automations,
    "webhooks_due_at": _webhooks,
}
"""When each column of the directory should say, at the latest about, that something is due."""
