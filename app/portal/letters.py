"""Letters about logins as staff see them: what was sent, and what they are to tell clients themselves."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from app.accounts.features import require
from app.accounts.standing import Work
from app.core.db import Session, WriteSession
from app.core.principal import Level
from app.outbox.marking import DELIVERY_STATES
from app.outbox.posting import cancel
from app.outbox.states import State
from app.outbox.words import sentence_of
from app.portal import store
from app.portal.errors import PortalLetterNotFound
from app.portal.links import path_of
from app.portal.logins import LOGINS
from app.portal.schemas import PortalLetterAnswer
from app.studio.deliveries import DeliveryState
from app.sync.visible import seen, some_seen


async def listed(work: Work[Session], most: int, *, is_all: bool) -> Sequence[PortalLetterAnswer]:
    """Return so many letters, the newest first, of them those about clients the user may see.

    Where not `is_all`, they are those that were not sent and that nobody has dealt with.
    """
    require(work.who, LOGINS, Level.VIEW_ONLY)
    found = await store.letters(work.session, most, is_all=is_all)
    known = await some_seen(work, "clients", list({each["client_id"] for each in found}))
    return [_told(each) for each in found if each["client_id"] in known]


async def acknowledge(work: Work[WriteSession], letter_id: UUID) -> PortalLetterAnswer:
    """Write down that somebody has dealt with a letter; the first who does stays.

    One that still waits is not sent.
    """
    require(work.who, LOGINS, Level.ADD_MODIFY)
    found = await store.letter(work.session, letter_id)
    if found is None or await seen(work, "clients", found["client_id"]) is None:
        raise PortalLetterNotFound
    await store.acknowledge(work.session, letter_id, work.who.user_id)
    await cancel(work.session, [letter_id])
    now = await store.letter(work.session, letter_id)
    return _told(now or found)


def _told(row: asyncpg.Record) -> PortalLetterAnswer:
    values = dict(row)
    address, state, code = (values.pop(name) for name in ("address", "state", "last_code"))
    return PortalLetterAnswer(
        **values,
        path=path_of(address) if address else None,
        delivery_state=_delivery_state(row),
        delivery_error=sentence_of(code) if state in DELIVERY_STATES else None,
    )


def _delivery_state(row: asyncpg.Record) -> DeliveryState | None:
    """Return how far an email has come; one that was sent and is for staff again has come back."""
    if row["sent_at"]:
        return DeliveryState.SENT
    return DeliveryState.BOUNCED if row["state"] == State.SENT else DELIVERY_STATES.get(row["state"])
