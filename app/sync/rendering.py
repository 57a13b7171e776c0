"""A record as a phone receives it: rendered to JSON once, when it is written."""

from collections.abc import Sequence
from hashlib import md5
from typing import Any
from uuid import UUID

import orjson

from app.sync.fields import BOOKKEEPING, PREVIEW_LENGTH, Part, Values
from app.sync.registry import Collection
from app.sync.scope import Rule

BIT = {part: 1 << (part - 1) for part in Part}
"""The bit of each part in `filled` and in a rule's `omit`."""


def late_bit(place: int) -> int:
    """Return the bit in `filled` and in a rule's `late` of a part of a later version, by its place there."""
    return 1 << (len(Part) + place)


EMPTY: tuple[object, ...] = (None, "", [], {})


def core_of(collection: Collection, record_id: UUID, revision: int, values: Values) -> bytes:
    """Return what is always sent: JSON text without its closing brace."""
    kept = orjson.dumps({name: values[name] for name in collection.kept_names})
    return b'{"id":"%b","revision":%d,%b' % (str(record_id).encode(), revision, kept[1:-1])


def id_in(body: bytes) -> UUID:
    """Return the id a body begins with."""
    return UUID(body[len(b'{"id":"') :][:36].decode())


def parts_of(collection: Collection, values: Values) -> list[bytes]:
    """Return the optional parts in the order of `Part`, then those of later schema versions.

    Each is ready to be appended to the core.
    """
    parts = [b""] * len(Part)
    for part, names in collection.part_names.items():
        parts[part - 1] = _part(values, names)
    if contents := collection.part_names.get(Part.CONTENT):
        texts = {name: values[name] for name in contents}
        if any(isinstance(value, str) for value in texts.values()):
            parts[Part.PREVIEW - 1] = _part({name: _cut(value) for name, value in texts.items()}, contents)
    return parts + [_part(values, late.names) for late in collection.late_parts]


def _part(values: Values, names: Sequence[str]) -> bytes:
    return b"," + orjson.dumps({name: values[name] for name in names})[1:-1]


def filled_of(collection: Collection, values: Values) -> int:
    """Return one bit for each part that holds something, the first part's lowest.

    A part of a later version holds something where it is not what every record written before it has.
    """
    filled = 0
    for part, names in collection.part_names.items():
        if any(values[name] not in EMPTY for name in names):
            filled |= BIT[part]
    for place, late in enumerate(collection.late_parts):
        if any(values[name] != collection.late_defaults[name] for name in late.names):
            filled |= late_bit(place)
    return filled | (BIT[Part.PREVIEW] if filled & BIT[Part.CONTENT] else 0)


def projected(collection: Collection, values: Values, rule: Rule) -> Values:
    """Return what a device gets of a record under a rule: what a pull would put."""
    names = [*collection.core_names, *BOOKKEEPING]
    for part, of_part in collection.part_names.items():
        if not rule.omit & BIT[part]:
            names += of_part
    for place, late in enumerate(collection.late_parts):
        if rule.late & late_bit(place):
            names += late.names
    shown = {name: values[name] for name in names}
    if rule.omit & BIT[Part.CONTENT] and not rule.omit & BIT[Part.PREVIEW]:
        shown |= {name: _cut(values[name]) for name in collection.part_names.get(Part.CONTENT, ())}
    return shown


def _cut(value: Any) -> Any:
    return value[:PREVIEW_LENGTH] if isinstance(value, str) else value


def joined(core: bytes, parts: Sequence[bytes]) -> bytes:
    """Return a record with all its parts but the preview, as the feed keeps it: without its closing brace."""
    return b"".join([core, *parts[: Part.PREVIEW - 1], *parts[Part.PREVIEW :]])


def taken_apart(body: bytes, preview: bytes, sizes: Sequence[int]) -> tuple[bytes, list[bytes]]:
    """Return the core and the parts of what the feed keeps."""
    pieces, first = [], 0
    for part, size in enumerate(sizes):
        if part == Part.PREVIEW:
            pieces.append(preview)
            continue
        pieces.append(body[first : first + size])
        first += size
    return pieces[0], pieces[1:]


def values_of(collection: Collection, core: bytes, parts: list[bytes]) -> Values:
    """Return the fields and bookkeeping of a rendered record.

    A newer version of the app may have rendered it: what only that one knows lies behind all that is known.
    """
    known = parts[: len(Part) + len(collection.late_parts)]
    values: Values = orjson.loads(joined(core, known) + b"}")
    del values["id"], values["revision"]
    return values


def is_carried(part: int, parts: int) -> bool:
    """Say whether a part is sent under a rule's `parts`, the core being part 0.

    A preview is sent only in the place of what it previews.
    """
    if part == Part.PREVIEW:
        return bool(parts & BIT[Part.CONTENT]) and not parts & BIT[Part.PREVIEW]
    return part == 0 or bool(parts & 1 << (part - 1)) == (part > len(Part))


def mark_of(record_id: UUID, body_revision: int) -> int:
    """Return the first eight bytes of the MD5 of `id:revision`, signed: what digests are made of."""
    digest = md5(f"{record_id}:{body_revision}".encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
