"""The list is looked over, and then started, at once or later; and cancelled as far as it has not gone."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.accounts.standing import Work
from app.accounts.store import bring_automations_due_forward
from app.automations.communications import store
from app.automations.communications.errors import CommunicationInvalid, NobodyChosen
from app.automations.communications.models import (
    Communication,
    CommunicationRecipient,
    CommunicationState,
)
from app.automations.communications.saving import in_hand, read, refuse_changed, save, told_in_trail
from app.automations.communications.schemas import StartRequest
from app.automations.reaching import Act
from app.core import clock
from app.core.db import Session, WriteSession
from app.desk.hubs.hubs import HUBS
from app.desk.hubs.querying import view_of
from app.outbox.errors import PublicUrlMissing
from app.sync.visible import some_seen
from app.templates import store as templates


async def set_list(
    work: Work[WriteSession], communication_id: UUID, version: int, recipients: Sequence[dict[str, Any]]
) -> Communication:
    """Set the list that was made for a version of a communication; raises `VersionChanged` for another."""
    row = await in_hand(work.session, communication_id)
    refuse_changed(row, version)
    before = told_in_trail(row)
    await store.replace(work.session, communication_id, recipients)
    row.state = CommunicationState.READY.value
    return await save(work, row, before)


async def recipients(
    work: Work[Session], communication_id: UUID, after: int, most: int, *, is_left_out: bool | None
) -> tuple[list[CommunicationRecipient], int | None]:
    """Return a page of those recipients the user may see, and where the next one begins."""
    row = await read(work.session, communication_id)
    await view_of(work, HUBS[row.hub])
    found = await store.recipients(work.session, communication_id, after, most + 1, is_left_out=is_left_out)
    shown = found[:most]
    return await _seen(work, shown), shown[-1].place if len(found) > most else None


async def tick(
    work: Work[WriteSession], communication_id: UUID, ids: Sequence[UUID], *, is_left_out: bool
) -> tuple[int, list[CommunicationRecipient]]:
    """Leave recipients out, or take them in again; return those that were named, as they are now.

    Whom nothing reaches stays out. Of several at one address all may be taken in. It is another version of
    the communication then: who has looked at the one before does not start this one.
    """
    row = await in_hand(work.session, communication_id)
    await view_of(work, HUBS[row.hub])
    seen = await _seen(work, await store.some(work.session, communication_id, ids))
    named = [each.record_id for each in seen]
    await store.tick(work.session, communication_id, named, is_left_out=is_left_out)
    row.version, row.changed_at = row.version + 1, clock.now()
    version = row.version
    await work.session.flush()
    work.session.expire_all()
    return version, list(await store.some(work.session, communication_id, named))


async def start(
    work: Work[WriteSession],
    communication_id: UUID,
    asked: StartRequest,
    expected: int | None,
    *,
    has_links: bool,
) -> Communication:
    """Start a communication at once, or have it start on its day where the company is.

    Without links nobody could unsubscribe, so no emails go to many then: raises `PublicUrlMissing`.
    """
    row = await in_hand(work.session, communication_id)
    refuse_changed(row, expected, is_needed=False)
    if (
        row.state != CommunicationState.READY
        or not (await store.counts(work.session, communication_id))["to_do"]
    ):
        raise NobodyChosen
    if row.template_id is not None:
        template = await templates.template(work.session, row.template_id)
        if template is None or template.is_inactive:
            raise CommunicationInvalid(fields=[{"path": "template_id", "code": "not_found"}])
    if not has_links and Act.EMAIL in (row.action, row.fallback):
        raise PublicUrlMissing
    before, now = told_in_trail(row), clock.now()
    row.starts_at = await _instant(work.session, asked, now)
    is_later = row.starts_at > now
    row.state = (CommunicationState.SCHEDULED if is_later else CommunicationState.RUNNING).value
    await bring_automations_due_forward(work.session, row.starts_at)
    return await save(work, row, before)


async def cancel(work: Work[WriteSession], communication_id: UUID) -> Communication:
    """Make nothing more of a communication; letters it made that wait are cancelled, one after the other."""
    row = await read(work.session, communication_id)
    if row.state == CommunicationState.CANCELLED:
        return row
    before, now = told_in_trail(row), clock.now()
    row.state = CommunicationState.CANCELLED.value
    # From now on it is due until nothing waits any more.
    row.ended_at = None
    await bring_automations_due_forward(work.session, now)
    return await save(work, row, before)


async def _instant(session: Session, asked: StartRequest, now: datetime) -> datetime:
    """Return when it is to begin; of a time that a clock has twice that is the first."""
    if asked.date is None or asked.time is None:
        return now
    zone = ZoneInfo((await templates.ground(session)).time_zone)
    found = datetime.combine(asked.date, asked.time, zone).astimezone(UTC)
    if found < now:
        raise CommunicationInvalid(fields=[{"path": "date", "code": "past"}])
    return found


async def _seen(work: Work[Any], found: Sequence[CommunicationRecipient]) -> list[CommunicationRecipient]:
    ids = list({each.client_id for each in found if each.client_id})
    known = await some_seen(work, "clients", ids)
    return [each for each in found if each.client_id is None or each.client_id in known]
