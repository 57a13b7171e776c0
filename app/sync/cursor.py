"""The cursor: how far a device has come and the rules its content was given under, sealed."""

import hmac
import zlib
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from app.sync.anchors import ALWAYS
from app.sync.errors import CursorMalformed, ResyncRequired
from app.sync.scope import EARLIEST, Rule, Scope

VERSION = 1
_SEAL = 16

Place = tuple[int, int, UUID]
"""A place in the feed: revision, collection, record."""
RecordKey = tuple[date, UUID]
"""A place within one collection: day, record."""
LAST_ID = UUID(int=2**128 - 1)
FIRST_KEY: RecordKey = (EARLIEST, UUID(int=0))
END_KEY: RecordKey = (ALWAYS, LAST_ID)


def end_of(revision: int) -> Place:
    """Return the place behind everything a revision stamped."""
    return revision, 2**15 - 1, LAST_ID


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one collection, up to a key, whose unchanged records were given under one rule."""

    upto: RecordKey
    rule: Rule | None


@dataclass(slots=True)
class Transit:
    """What a cursor also holds on its way from one consistent point to the next.

    `place` is how far fresh changes have been judged; `held` says what each stretch of keys was really given;
    `used` are the scopes aimed at since the base, each with the furthest place reached under it; `progress`
    counts records done and in all, by collection.
    """

    place: Place
    held: dict[int, list[Piece]]
    used: list[tuple[dict[int, Rule], Place]] = field(default_factory=list)
    progress: dict[int, tuple[int, int]] = field(default_factory=dict)
    is_first: bool = False


@dataclass(slots=True)
class Cursor:
    """A device's place: `revision` and `base` are its last consistent point, `transit` the way since then."""

    account_id: UUID
    binding: UUID | None
    user_id: UUID | None
    epoch: UUID
    resync: int
    collections: list[str] | None
    revision: int
    base: dict[int, Rule]
    transit: Transit | None = None


class Sealer:
    """Seals cursors so that nobody widens their own scope, and opens them again."""

    def __init__(self, keys: dict[str, bytes], current: str) -> None:
        """Keep keys by a one-letter id; the current one seals, all of them open."""
        self._keys = keys
        self._current = current

    def seal(self, cursor: Cursor) -> str:
        """Return the opaque text a device keeps."""
        packed = zlib.compress(orjson.dumps(_pack(cursor)), 9)
        return self._current + urlsafe_b64encode(packed + self._sign(self._current, packed)).decode().rstrip(
            "="
        )

    def open(self, text: str) -> Cursor:
        """Return what was sealed; raises `CursorMalformed`, or `ResyncRequired` for another version's."""
        try:
            if "=" in text:
                raise CursorMalformed
            key, sealed = text[0], b64decode(text[1:] + "=" * (-len(text[1:]) % 4), b"-_", validate=True)
            packed, seal = sealed[:-_SEAL], sealed[-_SEAL:]
            if key not in self._keys or not hmac.compare_digest(seal, self._sign(key, packed)):
                raise CursorMalformed
            told = orjson.loads(zlib.decompress(packed))
            if told["v"] != VERSION:
                raise ResyncRequired(reason="cursor_expired", mode="replace")
            return _unpack(told)
        except (ValueError, IndexError, KeyError, TypeError, zlib.error):
            raise CursorMalformed from None

    def _sign(self, key: str, packed: bytes) -> bytes:
        return hmac.digest(self._keys[key], packed, sha256)[:_SEAL]


def _pack(cursor: Cursor) -> dict[str, Any]:
    packed = {
        "v": VERSION,
        "a": cursor.account_id.hex,
        "d": cursor.binding.hex if cursor.binding else None,
        "u": cursor.user_id.hex if cursor.user_id else None,
        "e": cursor.epoch.hex,
        "s": cursor.resync,
        "c": cursor.collections,
        "r": cursor.revision,
        "b": _pack_scope(cursor.base),
    }
    if cursor.transit:
        way = cursor.transit
        packed["t"] = {
            "p": _pack_place(way.place),
            "h": {
                str(number): [_pack_piece(piece) for piece in pieces] for number, pieces in way.held.items()
            },
            "s": [[_pack_scope(scope), _pack_place(reach)] for scope, reach in way.used],
            "n": {str(number): counts for number, counts in way.progress.items()},
            "f": way.is_first,
        }
    return packed


def _unpack(packed: dict[str, Any]) -> Cursor:
    cursor = Cursor(
        account_id=UUID(packed["a"]),
        binding=UUID(packed["d"]) if packed["d"] else None,
        user_id=UUID(packed["u"]) if packed["u"] else None,
        epoch=UUID(packed["e"]),
        resync=packed["s"],
        collections=packed["c"],
        revision=packed["r"],
        base=_unpack_scope(packed["b"]),
    )
    if way := packed.get("t"):
        cursor.transit = Transit(
            place=_unpack_place(way["p"]),
            held={
                int(number): [_unpack_piece(piece) for piece in pieces] for number, pieces in way["h"].items()
            },
            used=[(_unpack_scope(scope), _unpack_place(reach)) for scope, reach in way["s"]],
            progress={int(number): (done, total) for number, (done, total) in way["n"].items()},
            is_first=way["f"],
        )
    return cursor


def _pack_scope(scope: Scope) -> dict[str, Any]:
    return {str(number): rule.as_json() for number, rule in scope.items()}


def _unpack_scope(packed: dict[str, Any]) -> dict[int, Rule]:
    return {int(number): Rule.from_json(edges) for number, edges in packed.items()}


def _pack_place(place: Place) -> list[Any]:
    return [place[0], place[1], place[2].hex]


def _unpack_place(packed: list[Any]) -> Place:
    return packed[0], packed[1], UUID(packed[2])


def _pack_piece(piece: Piece) -> list[Any]:
    rule = piece.rule.as_json() if piece.rule else None
    return [rule] if piece.upto == END_KEY else [rule, str(piece.upto[0]), piece.upto[1].hex]


def _unpack_piece(packed: list[Any]) -> Piece:
    rule = Rule.from_json(packed[0]) if packed[0] is not None else None
    return Piece(END_KEY if len(packed) == 1 else (date.fromisoformat(packed[1]), UUID(packed[2])), rule)
