"""Estimating: about how much a phone holds, or would hold under other preferences, from kept counts."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from app.accounts.phones import phone_of
from app.core.db import Session
from app.core.principal import Level, Principal
from app.core.revisions import Clock
from app.sync import registry, shrinking, tallies
from app.sync.compile import compile_scope
from app.sync.estimate import Amount, estimate
from app.sync.preference_changes import admit, supposed
from app.sync.preference_schemas import EstimateRequest
from app.sync.schemas import EstimateAnswer, HeldAnswer, ScopeAnswer
from app.sync.shrinking import Shrinking
from app.sync.tallies import Tally
from app.sync.target import circumstances_of, version_for

_NONE = Amount()
_AS_IT_IS = Shrinking()


async def estimate_of(
    session: Session, who: Principal, at: Clock, asked: EstimateRequest, *, schema_version: int | None = None
) -> EstimateAnswer:
    """Return about how much a device would hold, if some preferences were others.

    Raises `PermissionDenied`, `DeviceNotFound`.
    """
    holder, version = await _holder(session, who, asked.device_id, schema_version)
    preferences = await supposed(session, holder.device_id, asked.preferences, asked.device_preferences)
    today = at.day_in(holder.time_zone)
    version = version_for(at, version)
    scope = compile_scope(await circumstances_of(session, holder, preferences, today, version))
    counted = await tallies.read(session, scope)
    amounts = {number: estimate(rule, counted.get(number, Tally()), today) for number, rule in scope.items()}
    known = await shrinking.shrinking(
        session, {number: scope[number].parts for number, amount in amounts.items() if amount.records}
    )
    held = {
        each.name: _told(amounts.get(each.number, _NONE), known.get(each.number, _AS_IT_IS))
        for each in registry.collections()
    }
    return EstimateAnswer(
        collections=held,
        total=_total(held.values()),
        scope=ScopeAnswer(version=at.scope_revision, day=today),
    )


async def _holder(
    session: Session, who: Principal, device_id: UUID | None, schema_version: int | None
) -> tuple[Principal, int | None]:
    """Return who would pull: another device's user, the device that asks, or the asking user's new phone."""
    if device_id is None:
        return replace(who, device_id=None, binding_id=None, studio_id=None), None
    if device_id == who.device_id:
        return who, schema_version
    await admit(session, who, device_id, Level.VIEW_ONLY)
    phone = await phone_of(session, device_id)
    return phone.who, phone.device.schema_version


def _told(amount: Amount, known: Shrinking) -> HeldAnswer:
    return HeldAnswer(records=amount.records, bytes=amount.bytes, compressed_bytes=known.of(amount.bytes))


def _total(held: Collection[HeldAnswer]) -> HeldAnswer:
    return HeldAnswer(
        records=sum(each.records for each in held),
        bytes=sum(each.bytes for each in held),
        compressed_bytes=sum(each.compressed_bytes for each in held),
    )
