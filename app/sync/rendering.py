"""A record as a phone receives it: rendered to JSON once, when it is written."""

from hashlib import md5
from typing import Any
from uuid import UUID

import orjson

from app.sync.fields import BOOKKEEPING, PREVIEW_LENGTH, Part, Values
from app.sync.registry import Collection

BIT = {part: 1 << (part - 1) for part in Part}
"""The bit of each part in `filled` and in a rule's `omit`."""

EMPTY: tuple[object, ...] = (None, "", [], {})


def core_of(collection: Collection, record_id: UUID, revision: int, values: Values) -> bytes:
    """Return what is always sent: JSON text without its closing brace."""
    always = {name: values[name] for name in collection.core_names}
    kept = {name: values[name] for name in BOOKKEEPING}
    return orjson.dumps({"id": str(record_id), "revision": revision, **always, **kept})[:-1]


def parts_of(collection: Collection, values: Values) -> list[bytes]:
    """Return the optional parts in the order of `Part`, each ready to be appended to the core."""
    parts = [b""] * len(Part)
    for part, names in collection.part_names.items():
        parts[part - 1] = b"," + orjson.dumps({name: values[name] for name in names})[1:-1]
    texts = {name: values[name] for name in collection.part_names.get(Part.CONTENT, ())}
    if any(isinstance(value, str) for value in texts.values()):
        parts[Part.PREVIEW - 1] = (
            b"," + orjson.dumps({name: _cut(value) for name, value in texts.items()})[1:-1]
        )
    return parts


def filled_of(collection: Collection, values: Values) -> int:
    """Return one bit for each part that holds something, the first part's lowest."""
    filled = 0
    for part, names in collection.part_names.items():
        if any(values[name] not in EMPTY for name in names):
            filled |= BIT[part]
    return filled | (BIT[Part.PREVIEW] if filled & BIT[Part.CONTENT] else 0)


def _cut(value: Any) -> Any:
    return value[:PREVIEW_LENGTH] if isinstance(value, str) else value


def values_of(core: bytes, parts: list[bytes]) -> Values:
    """Return the fields and bookkeeping of a rendered record."""
    values: Values = orjson.loads(whole(core, parts))
    del values["id"], values["revision"]
    return values


def whole(core: bytes, parts: list[bytes]) -> bytes:
    """Return the JSON text of a record with all its parts."""
    return core + b"".join(parts[: Part.PREVIEW - 1]) + b"}"


def mark_of(record_id: UUID, body_revision: int) -> int:
    """Return the first eight bytes of the MD5 of `id:revision`, signed: what digests are made of."""
    digest = md5(f"{record_id}:{body_revision}".encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
