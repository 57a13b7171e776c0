"""Reading and changing preferences: the company's, and those a device has set for itself."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.accounts.errors import DeviceNotFound
from app.accounts.features import Feature, declare, require
from app.accounts.store import read_device
from app.audit.trail import Action, Entry, keep
from app.core.db import Session, WriteSession
from app.core.principal import Level, Principal
from app.http.errors import InvalidRequest
from app.http.etags import etag
from app.http.failures import MOST_FIELDS
from app.sync import feed, preference_store, registry
from app.sync.preference_errors import DeviceWidens, PreferencesChanged
from app.sync.preference_schemas import DevicePreferencesAnswer, PreferenceRequest, PreferencesAnswer
from app.sync.preference_store import Change, Kept
from app.sync.preferences import PreferenceSet, narrowed, registered, widening

PREFERENCES = declare(
    Feature(
        "preferences",
        "Mobile preferences",
        "What the company's phones hold, and what single ones go without.",
        Level.NO_ACCESS,
        is_guarded=True,
    )
)


async def read_company(session: Session) -> PreferencesAnswer:
    """Return what the company prefers."""
    kept = await preference_store.read(session)
    return PreferencesAnswer(**_since(kept), values=_told(_whole(kept.values)))


async def change_company(
    session: WriteSession, who: Principal, asked: PreferenceRequest, expected: int | None
) -> PreferencesAnswer:
    """Set some keys, unless the preferences have changed since the version expected."""
    kept = await preference_store.read(session)
    _refuse_other(kept, expected)
    await _refuse_unknown(session, asked)
    before = _whole(kept.values)
    after = _whole(_set({**dict(kept.values), **asked.own()}))
    await _keep(session, who, Change(None, before, after, is_resync=asked.force_full_resync))
    return await read_company(session)


async def read_own(session: Session, who: Principal, device_id: UUID) -> DevicePreferencesAnswer:
    """Return what a device has set for itself, and what holds on it."""
    await admit(session, who, device_id, Level.VIEW_ONLY)
    company, kept = await preference_store.read(session), await preference_store.read(session, device_id)
    inherited = dict.fromkeys(registered().model_fields)
    return DevicePreferencesAnswer(
        **_since(kept),
        values=_told({**inherited, **_own(kept.values)}),
        effective=_told(_whole(narrowed(company.values, kept.values))),
    )


async def change_own(
    session: WriteSession, who: Principal, device_id: UUID, asked: PreferenceRequest, expected: int | None
) -> DevicePreferencesAnswer:
    """Set some keys of a device, each narrower than the company's, or null to have the company's again.

    Only what is new is weighed: a key the company has narrowed since is obeyed anyway.
    """
    await admit(session, who, device_id, Level.ADD_MODIFY)
    company, kept = await preference_store.read(session), await preference_store.read(session, device_id)
    _refuse_other(kept, expected)
    await _refuse_unknown(session, asked)
    known = kept.values.own()
    new = {key: value for key, value in _given(asked.own()).items() if value != known.get(key)}
    if wider := widening(company.values, _set(new)):
        raise DeviceWidens(fields=[{"path": f"body.{key}", "code": "widens"} for key in wider])
    before = _own(kept.values)
    after = _own(_set(_given({**kept.values.own(), **asked.own()})))
    await _keep(session, who, Change(device_id, before, after, is_resync=asked.force_full_resync))
    return await read_own(session, who, device_id)


async def supposed(
    session: Session,
    device_id: UUID | None,
    company: PreferenceRequest | None,
    own: PreferenceRequest | None,
) -> PreferenceSet:
    """Return what would hold on a device, or on a new one, if the company and it set some keys."""
    for place, asked in (("body.preferences", company), ("body.device_preferences", own)):
        if asked:
            await _refuse_unknown(session, asked, place)
    kept = await preference_store.both(session, device_id)
    whole = _set({**dict(kept.company), **(company.own() if company else {})})
    return narrowed(whole, _set(_given({**kept.own.own(), **(own.own() if own else {})})))


async def _keep(session: WriteSession, who: Principal, change: Change) -> None:
    if change.before != change.after or change.is_resync:
        await preference_store.keep(session, who, change)
        await keep(session, who, _entry(session.account_id, change))


def _entry(account_id: UUID, change: Change) -> Entry:
    names = change.before.keys() | change.after.keys()
    differing = {name for name in names if change.before.get(name) != change.after.get(name)}
    before, after = (
        {name: values.get(name) for name in differing} for values in (change.before, change.after)
    )
    return Entry(
        PREFERENCES,
        "preferences" if change.device_id is None else "device_preferences",
        change.device_id or account_id,
        Action.CHANGED,
        before,
        {**after, "is_resync": True} if change.is_resync else after,
    )


async def admit(session: Session, who: Principal, device_id: UUID, level: Level) -> None:
    """Refuse whoever is not the device and lacks a level, and a device that does not exist."""
    if who.device_id != device_id:
        require(who, PREFERENCES, level)
    if await read_device(session, device_id) is None:
        raise DeviceNotFound


async def _refuse_unknown(session: Session, asked: PreferenceRequest, place: str = "body") -> None:
    """Refuse ids of records that do not exist: who keeps one group's clients must not mistype the group."""
    unknown = []
    for key, collection in registered().links().items():
        ids = asked.own().get(key) or []
        there = await feed.living(session, registry.number_of(collection), ids) if ids else set()
        unknown += [f"{place}.{key}.{nth}" for nth, each in enumerate(ids) if each not in there]
    if unknown:
        fields = [{"path": path, "code": "unknown_record"} for path in unknown[:MOST_FIELDS]]
        raise InvalidRequest(fields=fields)


def _refuse_other(kept: Kept, expected: int | None) -> None:
    if expected is not None and expected != kept.version:
        raise PreferencesChanged(version=kept.version, headers={"ETag": etag(kept.version)})


def _set(values: Mapping[str, Any]) -> PreferenceSet:
    return registered().model_validate(dict(values))


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is to be as the company has it."""
    return {key: value for key, value in values.items() if value is not None}


def _whole(values: PreferenceSet) -> dict[str, Any]:
    return values.model_dump(mode="json")


def _own(values: PreferenceSet) -> dict[str, Any]:
    return values.model_dump(mode="json", exclude_unset=True)


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """Say that no resync is asked for: what was, had its effect when the change was kept."""
    return {**values, "force_full_resync": False}


def _since(kept: Kept) -> dict[str, Any]:
    return {"version": kept.version, "changed_at": kept.changed_at, "changed_by": kept.changed_by}
