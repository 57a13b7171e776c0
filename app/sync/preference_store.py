"""The only SQL about preferences: what is kept, what holds for whoever asks, and each change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.core import clock
from app.core.db import Session, WriteSession
from app.core.principal import Principal
from app.sync.preferences import PreferenceSet, narrowed, registered


@dataclass(frozen=True, slots=True)
class Kept:
    """A company's set, or a device's own keys, as last changed; never changed is version 0."""

    values: PreferenceSet
    version: int = 0
    changed_at: datetime | None = None
    changed_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the company's set, or of a device's own, in JSON; it may force a resync."""

    device_id: UUID | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    is_resync: bool


@dataclass(frozen=True, slots=True)
class Both:
    """A company's set, the keys a device has set for itself, and how often either forced a resync."""

    company: PreferenceSet
    own: PreferenceSet
    resync: int


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds for whoever asks; `resync` grows when they are told to start again without a cursor."""

    preferences: PreferenceSet
    resync: int


async def both(session: Session, device_id: UUID | None) -> Both:
    """Return what the company has set and what a device has set for itself, nothing for no device."""
    [row] = await session.raw.fetch(_BOTH, session.account_id, device_id)
    company, own = (registered().model_validate_json(row[whose]) for whose in ("company", "own"))
    return Both(company, own, row["resync"])


async def in_force(session: Session, who: Principal) -> InForce:
    """Return the company's set narrowed by the asking device's own, and how often a resync was forced."""
    found = await both(session, who.device_id)
    return InForce(narrowed(found.company, found.own), found.resync)


async def effective(session: Session, who: Principal) -> PreferenceSet:
    """Return the company's set narrowed by the asking device's own."""
    return (await in_force(session, who)).preferences


async def read(session: Session, device_id: UUID | None = None) -> Kept:
    """Return what the company has set, or what one device has set for itself."""
    if device_id is None:
        row = await session.raw.fetchrow(_COMPANY, session.account_id)
    else:
        row = await session.raw.fetchrow(_DEVICE, session.account_id, device_id)
    if row is None:
        return Kept(registered()())
    values = registered().model_validate_json(row["values"])
    return Kept(values, row["version"], row["changed_at"], row["changed_by"])


async def keep(session: WriteSession, who: Principal, change: Change) -> None:
    """Keep changed values, and the change itself for the audit; every scope is compiled anew."""
    await session.raw.execute(
        _KEEP_COMPANY if change.device_id is None else _KEEP_DEVICE,
        session.account_id,
        change.device_id,
        orjson.dumps(change.after).decode(),
        orjson.dumps({**change.before, "force_full_resync": False}).decode(),
        orjson.dumps({**change.after, "force_full_resync": change.is_resync}).decode(),
        int(change.is_resync),
        clock.now(),
        who.user_id,
    )


_COMPANY = """
SELECT version, "values"::text, changed_at, changed_by FROM preferences WHERE account_id = $1
"""

_DEVICE = """
SELECT version, "values"::text, changed_at, changed_by
FROM device_preferences WHERE account_id = $1 AND device_id = $2
"""

_BOTH = """
SELECT coalesce(c."values", '{}')::text AS company, coalesce(d."values", '{}')::text AS own,
       coalesce(c.resync_count, 0) + coalesce(d.resync_count, 0) AS resync
FROM account_clock AS clock
LEFT JOIN preferences c ON c.account_id = clock.account_id
LEFT JOIN device_preferences d ON d.account_id = clock.account_id AND d.device_id = $2
WHERE clock.account_id = $1
"""

# The account's clock is held, so that the number each change gets is nobody else's.
_KEEP = """
WITH tick AS (
    UPDATE account_clock SET scope_revision = scope_revision + 1 WHERE account_id = $1
    RETURNING account_id, scope_revision AS version
), audit AS (
    INSERT INTO preference_changes (account_id, version, device_id, before, after, changed_at, changed_by)
    SELECT account_id, version, $2::uuid, $4::text::jsonb, $5::text::jsonb, $7, $8::uuid FROM tick
    RETURNING version
)
INSERT INTO {table} AS old ({key}, version, "values", resync_count, changed_at, changed_by)
SELECT {selected}, version, $3::text::jsonb, $6, $7, $8::uuid FROM tick
ON CONFLICT ({key}) DO UPDATE
SET version = excluded.version, "values" = excluded."values", changed_at = excluded.changed_at,
    changed_by = excluded.changed_by, resync_count = old.resync_count + excluded.resync_count
"""
_KEEP_COMPANY = _KEEP.format(table="preferences", key="account_id", selected="account_id")
_KEEP_DEVICE = _KEEP.format(
    table="device_preferences", key="account_id, device_id", selected="account_id, $2::uuid"
)
