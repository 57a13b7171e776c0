"""The server's own writes: what a desk, an import or the house itself changes, by the rules of the field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from app.core.db import WriteSession
from app.core.principal import Principal
from app.sync import registry
from app.sync.draft import Draft
from app.sync.links import links_in
from app.sync.refusals import ChangeRefused
from app.sync.registry import Collection
from app.sync.tables import Kind
from app.sync.validation import InvalidFieldsError, canonical

UNFIT = (
    ChangeRefused,
    InvalidFieldsError,
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
)
"""What `write` raises of what cannot be kept, however often it is tried."""


@dataclass(frozen=True, slots=True)
class Write:
    """A record the server itself creates, changes or, with no fields, deletes; all fields in JSON form."""

    collection: str
    record_id: UUID
    fields: Mapping[str, Any] | None

    @classmethod
    def delete(cls, collection: str, record_id: UUID) -> "Write":
        """Return the write that deletes a record."""
        return cls(collection, record_id, None)


async def write(session: WriteSession, who: Principal, writes: Sequence[Write]) -> int:
    """Carry out the server's own writes and return their revision; what is deleted goes last, children first.

    Raises `InvalidFieldsError` for fields the declaration refuses, `ChangeRefused` where a rule of the field
    does, and the database's error for a link to nowhere.
    """
    draft = await Draft.begin(session, who)
    keys = [(_collection(each.collection).number, each.record_id) for each in writes]
    await draft.load(keys)
    kept = [(key, each.fields) for key, each in zip(keys, writes, strict=True) if each.fields is not None]
    gone = sorted((key for key, each in zip(keys, writes, strict=True) if each.fields is None), reverse=True)
    await draft.load_referring(gone)
    await draft.prepare([*kept, *((key, None) for key in gone)])
    for key, fields in kept:
        draft.save(key, canonical(registry.numbered(key[0]), {**draft.fields(key), **fields}), fields)
    for key in gone:
        draft.remove(key)
    await _refuse_dangling(draft, writes)
    await draft.flush()
    return draft.revision


async def _refuse_dangling(draft: "Draft", writes: Sequence[Write]) -> None:
    """Refuse sets and elements that name what does not exist; single links are foreign keys."""
    named = [
        (name, (_collection(target).number, record_id))
        for each in writes
        if each.fields is not None
        for name, target, record_id in links_in(_collection(each.collection).model, each.fields)
        if _collection(each.collection).fields[name].kind is not Kind.ID
    ]
    await draft.load(key for _, key in named)
    missing = {name for name, key in named if (state := draft.get(key)) is None or state.is_deleted}
    if missing:
        raise InvalidFieldsError(dict.fromkeys(missing, "A record this one refers to does not exist."))


def _collection(name: str) -> Collection:
    found = registry.named(name)
    if found is None:
        raise LookupError(f"no collection {name}")
    return found
