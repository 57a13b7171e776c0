"""What a change of a record leaves in the audit trail."""

from collections.abc import Iterable
from uuid import UUID

import orjson

from app.audit.store import Deed
from app.audit.trail import Action
from app.sync import registry
from app.sync.feed import Key
from app.sync.fields import BOOKKEEPING, Values
from app.sync.registry import Collection
from app.sync.stamping import State


def audited(key: Key, before: State | None, after: State) -> Deed | None:
    """Return the entry of a record that is written; none where nothing changed or others tell of it."""
    collection = registry.numbered(key[0])
    was, now = before.values if before else None, after.values
    if not collection.is_audited or (was is None and now is None):
        return None
    if was is None or now is None:
        return _deed(collection, key[1], *_made_or_gone(collection, was, now, after.merged_into))
    names = [
        name
        for name, (revision, _) in after.field_revisions.items()
        if revision == after.body_revision
        and was.get(name) != now.get(name)
        and name not in collection.mirrored
    ]
    return _deed(collection, key[1], Action.CHANGED, _some(was, names), _some(now, names)) if names else None


def renaming(collection: Collection, link: str, ids: Iterable[UUID], ways: tuple[UUID, UUID]) -> list[Deed]:
    """Return the entries of records that named a merged record and now name another."""
    if not collection.is_audited:
        return []
    gone, come = (orjson.dumps({link: str(each)}) for each in ways)
    return [_deed(collection, each, Action.CHANGED, gone, come) for each in ids]


def _made_or_gone(
    collection: Collection, was: Values | None, now: Values | None, merged_into: UUID | None
) -> tuple[Action, bytes | None, bytes | None]:
    if now is not None:
        return Action.CREATED, None, _all(collection, now)
    if merged_into is not None:
        return Action.MERGED, _all(collection, was or {}), orjson.dumps({"merged_into": str(merged_into)})
    return Action.DELETED, _all(collection, was or {}), None


def _deed(
    collection: Collection, record_id: UUID, action: Action, before: bytes | None, after: bytes | None
) -> Deed:
    feature = collection.feature or collection.name
    return Deed(feature, collection.name, str(record_id), action, before, after)


def _some(values: Values, names: list[str]) -> bytes:
    return orjson.dumps({name: values.get(name) for name in names})


def _all(collection: Collection, values: Values) -> bytes:
    """Tell of a new or deleted record all that holds something."""
    held = {
        name: value
        for name, value in values.items()
        # What is true is looked at once, and most of it is.
        if value or (value is not None and value != [])
    }
    for name in (*BOOKKEEPING, *collection.mirrored):
        held.pop(name, None)
    return orjson.dumps(held)
