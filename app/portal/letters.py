"""Letters: what clients are to be told about their logins, which the studio does until mail is sent."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from app.accounts.features import require
from app.accounts.standing import Work
from app.core.db import Session, WriteSession
from app.core.principal import Level
from app.portal import store
from app.portal.errors import PortalLetterNotFound
from app.portal.logins import LOGINS, path_of
from app.portal.schemas import PortalLetterAnswer
from app.sync.visible import seen, some_seen


async def listed(work: Work[Session], most: int, *, is_all: bool) -> Sequence[PortalLetterAnswer]:
    """Return so many letters, the newest first, of them those about clients the user may see."""
    require(work.who, LOGINS, Level.VIEW_ONLY)
    found = await store.letters(work.session, most, is_all=is_all)
    known = await some_seen(work, "clients", list({each["client_id"] for each in found}))
    return [_told(each) for each in found if each["client_id"] in known]


async def acknowledge(work: Work[WriteSession], letter_id: UUID) -> PortalLetterAnswer:
    """Write down that somebody has dealt with a letter; the first who does stays."""
    require(work.who, LOGINS, Level.ADD_MODIFY)
    found = await store.letter(work.session, letter_id)
    if found is None or await seen(work, "clients", found["client_id"]) is None:
        raise PortalLetterNotFound
    await store.acknowledge(work.session, letter_id, work.who.user_id)
    now = await store.letter(work.session, letter_id)
    return _told(now or found)


def _told(row: asyncpg.Record) -> PortalLetterAnswer:
    values = dict(row)
    address = values.pop("address")
    return PortalLetterAnswer(**values, path=path_of(address) if address else None)
