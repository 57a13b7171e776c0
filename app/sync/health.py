"""How the account's phones keep up: from the rows of its devices and from kept counts, never from records."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from app.accounts.models import Device
from app.accounts.store import list_devices
from app.core import clock
from app.core.db import Session
from app.core.principal import Principal
from app.core.revisions import Clock
from app.sync import counting, inbox, positions
from app.sync.counting import Refused
from app.sync.errors import ResyncRequired
from app.sync.health_schemas import (
    HealthAnswer,
    PhoneBehind,
    PhoneCounts,
    RefusalCount,
    ResetCount,
    VerdictCount,
)
from app.sync.positions import ABSENCE, Position

_SOON = timedelta(days=30)
_MOST_NAMED = 100


async def health_of(
    session: Session, who: Principal, at: Clock, *, behind_days: int, days: int
) -> HealthAnswer:
    """Return how phones keep up, and what was refused in the last days, today among them."""
    since = at.day_in(who.time_zone) - timedelta(days=days - 1)
    found = [each for each in await list_devices(session, is_inactive=False) if each.is_bound]
    known = await positions.latest(session, [each.binding_id for each in found if each.binding_id])
    limit = clock.now() - timedelta(days=behind_days)
    behind = sorted((each for each in found if _heard(each) < limit), key=_heard)
    told = {each.device_id: _told(each, known, at) for each in found}
    refused = await counting.since(session, since)
    return HealthAnswer(
        behind_days=behind_days,
        days=days,
        since=since,
        devices=PhoneCounts(
            active=len(found),
            behind=len(behind),
            expiring=sum(map(_is_expiring, told.values())),
            holding=sum(bool(each.queued) for each in found),
        ),
        behind=[told[each.device_id] for each in behind[:_MOST_NAMED]],
        resets=_resets(refused),
        refusals=_refusals(refused),
        verdicts=_verdicts(refused),
        open_inbox=await inbox.count_open(session, who),
    )


def _heard(device: Device) -> datetime:
    """Return when a phone last synced, or was bound where it never has."""
    return device.last_sync or device.bound_at or device.authorized_at


def _told(device: Device, known: dict[UUID, Position], at: Clock) -> PhoneBehind:
    position = known.get(device.binding_id) if device.binding_id else None
    heard = position.seen_at if position else device.last_sync
    return PhoneBehind(
        id=device.device_id,
        user_id=device.user_id,
        name=device.name,
        last_sync=device.last_sync,
        queued=device.queued,
        oldest_queued_at=device.oldest_queued_at,
        cursor_expires_at=heard + ABSENCE if heard else None,
        is_cursor_expired=position is not None and position.revision < at.floor,
    )


def _is_expiring(phone: PhoneBehind) -> bool:
    ends = phone.cursor_expires_at
    return phone.is_cursor_expired or (ends is not None and ends - clock.now() < _SOON)


def _resets(refused: Sequence[Refused]) -> list[ResetCount]:
    return [
        ResetCount(reason=each.reason, count=each.amount, last_day=each.last_day)
        for each in refused
        if each.code == ResyncRequired.code
    ]


def _refusals(refused: Sequence[Refused]) -> list[RefusalCount]:
    return [
        RefusalCount(code=each.code, count=each.amount, last_day=each.last_day)
        for each in refused
        if not each.verdict and each.code != ResyncRequired.code
    ]


def _verdicts(refused: Sequence[Refused]) -> list[VerdictCount]:
    return [
        VerdictCount.model_validate({
            "verdict": each.verdict, "code": each.code, "count": each.amount, "last_day": each.last_day
        })
        for each in refused
        if each.verdict
    ]  # fmt: skip
