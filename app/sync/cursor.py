"""The cursor: how far a device has come and the rules its content was given under, sealed."""

import hmac
import zlib
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from operator import itemgetter
from typing import Any, TypeVar
from uuid import UUID

import orjson

from app.core.ids import NIL
from app.sync.anchors import ALWAYS
from app.sync.errors import CursorMalformed, ResyncRequired
from app.sync.scope import EARLIEST, Rule, Scope
from app.sync.used import Place, Used, remembered

VERSION = 2
_SEAL = 16
_TAG = 6
_RAW = -zlib.MAX_WBITS

T = TypeVar("T")
RecordKey = tuple[date, UUID]
"""A place within one collection, which is gone through from the latest day to the earliest: day, record."""
FIRST_ID, LAST_ID = NIL, UUID(int=2**128 - 1)
TOP: RecordKey = (ALWAYS, LAST_ID)
BOTTOM: RecordKey = (EARLIEST, FIRST_ID)


def end_of(revision: int) -> Place:
    """Return the place behind everything a revision stamped."""
    return revision, 2**15 - 1, LAST_ID


def below(key: RecordKey) -> RecordKey:
    """Return the key that comes right after one on the way down."""
    day, record_id = key
    if record_id.int:
        return day, UUID(int=record_id.int - 1)
    return day - timedelta(days=1), LAST_ID


def tag(*ids: UUID | None) -> bytes:
    """Return a short text by which ids are known again: a cursor is sealed, and should be small."""
    return sha256(b"".join(each.bytes if each else b"-" for each in ids)).digest()[:_TAG]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one collection, down to a key, whose unchanged records were given under one rule."""

    downto: RecordKey
    rule: Rule | None


@dataclass(slots=True)
class Transit:
    """What a cursor also holds on its way from one consistent point to the next.

    `place` is how far fresh changes have been judged for the scope the way leads to, `aim`; `held` says what
    each stretch of keys was really given; `used` has what was aimed at before; `progress` counts records done
    and in all, by collection; `is_usable` once the device has all that is near; `typical_bytes` is about how
    large the records of the last page were.
    """

    place: Place
    held: dict[int, list[Piece]]
    aim: dict[int, Rule] = field(default_factory=dict)
    used: dict[int, list[Used]] = field(default_factory=dict)
    progress: dict[int, tuple[int, int]] = field(default_factory=dict)
    is_usable: bool = False
    typical_bytes: int = 1_000

    def aim_at(self, scope: Scope) -> None:
        """Lead to another scope; what may have been given under the last is remembered."""
        for number, rule in self.aim.items():
            self.used[number] = remembered(self.used.get(number, []), rule, self.place)
        self.aim = dict(scope)


@dataclass(slots=True)
class Cursor:
    """A device's place: `revision` and `base` are its last consistent point, `transit` the way since then.

    `owner`, `binding` and `epoch` are tags, by which the account and user, the device's binding and the
    account's epoch are known again.
    """

    owner: bytes
    binding: bytes
    epoch: bytes
    resync: int
    collections: list[str] | None
    revision: int
    base: dict[int, Rule]
    transit: Transit | None = None

    def has_parts_of(self, scope: Scope) -> bool:
        """Say whether what was given has just the parts of another scope: ids and revisions do not tell."""
        way = self.transit
        given = [*self.base.items()]
        if way:
            given += way.aim.items()
            given += [
                (number, piece.rule) for number, pieces in way.held.items() for piece in pieces if piece.rule
            ]
        are_same = all(scope[number].parts == rule.parts for number, rule in given if number in scope)
        return are_same and not (way and way.used)


Packed = Sequence[Any]
"""The rules of a scope as a cursor at rest holds them: what they say, and whose they are."""


def packed_scope(scope: Scope) -> Packed:
    """Return a scope as it would be read in a cursor at rest, without its rules being unpacked there."""
    rules = _Rules()
    numbers = rules.pack(scope.items())
    return list(orjson.loads(orjson.dumps([rules.known, numbers])))


@dataclass(frozen=True, slots=True)
class Rest:
    """A cursor at rest as it is read, its rules packed: it is compared much sooner than it is unpacked."""

    owner: bytes
    binding: bytes
    epoch: bytes
    resync: int
    collections: list[str] | None
    revision: int
    base: Packed


class Sealer:
    """Seals cursors so that nobody widens their own scope, and opens them again."""

    def __init__(self, keys: dict[str, bytes], current: str) -> None:
        """Keep keys by a one-letter id; the current one seals, all of them open."""
        self._keys = keys
        self._current = current

    def seal(self, cursor: Cursor) -> str:
        """Return the opaque text a device keeps."""
        packed = _pack(cursor)
        return self._current + urlsafe_b64encode(packed + self._sign(self._current, packed)).decode().rstrip(
            "="
        )

    def open(self, text: str) -> Cursor:
        """Return what was sealed; raises `CursorMalformed`, or `ResyncRequired` for another version's."""
        return self._opened(text, _unpack)

    def rest(self, text: str) -> Rest | None:
        """Return what was sealed if it is at rest, without unpacking its rules; raises as `open`."""
        return self._opened(text, _rest)

    def _opened(self, text: str, read: Callable[[bytes], T]) -> T:
        try:
            if "=" in text:
                raise CursorMalformed
            key, sealed = text[0], b64decode(text[1:] + "=" * (-len(text[1:]) % 4), b"-_", validate=True)
            packed, seal = sealed[:-_SEAL], sealed[-_SEAL:]
            if key not in self._keys or not hmac.compare_digest(seal, self._sign(key, packed)):
                raise CursorMalformed
            return read(packed)
        except (ValueError, IndexError, KeyError, TypeError, zlib.error):
            raise CursorMalformed from None

    def _sign(self, key: str, packed: bytes) -> bytes:
        return hmac.digest(self._keys[key], packed, sha256)[:_SEAL]


def _pack(cursor: Cursor) -> bytes:
    """Return the version and the tags as they are, and the rest as compressed JSON."""
    rules = _Rules()
    packed: dict[str, Any] = {
        "s": cursor.resync,
        "c": cursor.collections,
        "r": cursor.revision,
        "b": rules.pack(cursor.base.items()),
    }
    if cursor.transit:
        packed["t"] = _pack_transit(cursor.transit, rules)
    tags = cursor.owner + cursor.binding + cursor.epoch
    return bytes([VERSION]) + tags + zlib.compress(orjson.dumps([rules.known, packed]), 9, _RAW)


_Tags = tuple[bytes, bytes, bytes]


def _read(text: bytes) -> tuple[_Tags, list[dict[str, Any] | None], dict[str, Any]]:
    """Return the tags of owner, binding and epoch, the rules, and what refers to them."""
    # Read before anything else: another version's cursor may look like anything behind it.
    if text[0] != VERSION:
        raise ResyncRequired(reason="cursor_expired", mode="replace")
    owner, binding, epoch = (text[1 + place * _TAG :][:_TAG] for place in range(3))
    known, packed = orjson.loads(zlib.decompress(text[1 + 3 * _TAG :], _RAW))
    return (owner, binding, epoch), known, packed


def _rest(text: bytes) -> Rest | None:
    tags, known, packed = _read(text)
    if "t" in packed:
        return None
    return Rest(*tags, packed["s"], packed["c"], packed["r"], [known, packed["b"]])


def _unpack(text: bytes) -> Cursor:
    tags, known, packed = _read(text)
    rules = _Rules(known)
    return Cursor(
        *tags,
        resync=packed["s"],
        collections=packed["c"],
        revision=packed["r"],
        base=rules.unpack(packed["b"]),
        transit=_unpack_transit(packed["t"], rules) if "t" in packed else None,
    )


def _pack_transit(way: Transit, rules: "_Rules") -> dict[str, Any]:
    """Most collections have one piece, and are told like a scope; only the others piece by piece."""
    whole = {number: pieces[0].rule for number, pieces in way.held.items() if len(pieces) == 1}
    return {
        "p": _pack_place(way.place),
        "w": rules.pack(whole.items()),
        "h": {
            str(number): [
                [rules.number(each.rule), each.downto[0].toordinal(), each.downto[1].hex] for each in pieces
            ]
            for number, pieces in way.held.items()
            if len(pieces) > 1
        },
        "a": rules.pack(way.aim.items()),
        "s": _pack_used(way.used, rules),
        "n": [[number, *counts] for number, counts in way.progress.items()],
        "u": way.is_usable,
        "z": way.typical_bytes,
    }


def _unpack_transit(packed: dict[str, Any], rules: "_Rules") -> Transit:
    held = {number: [Piece(BOTTOM, rule)] for number, rule in rules.unpack_some(packed["w"])}
    for number, pieces in packed["h"].items():
        held[int(number)] = [
            Piece((date.fromordinal(day), UUID(record_id)), rules.rule(rule))
            for rule, day, record_id in pieces
        ]
    return Transit(
        place=_unpack_place(packed["p"]),
        held=held,
        aim=rules.unpack(packed["a"]),
        used=_unpack_used(packed["s"], rules),
        progress={number: (done, total) for number, done, total in packed["n"]},
        is_usable=packed["u"],
        typical_bytes=packed["z"],
    )


def _pack_used(used: Mapping[int, Sequence[Used]], rules: "_Rules") -> list[list[Any]]:
    """Return each place that was reached, and what was given on the way to it."""
    by_reach: dict[Place, list[tuple[int, Rule | None]]] = {}
    for number, each in used.items():
        for rule, reach in each:
            by_reach.setdefault(reach, []).append((number, rule))
    return [[_pack_place(reach), rules.pack(given)] for reach, given in by_reach.items()]


def _unpack_used(packed: Sequence[Sequence[Any]], rules: "_Rules") -> dict[int, list[Used]]:
    used: dict[int, list[Used]] = {}
    for reach, given in packed:
        for number, rule in rules.unpack_some(given):
            if rule is not None:
                used.setdefault(number, []).append((rule, _unpack_place(reach)))
    return used


class _Rules:
    """Rules told once each: the scopes of a cursor share most of theirs, and most collections one."""

    def __init__(self, known: list[dict[str, Any] | None] | None = None) -> None:
        self.known = known or []
        self._numbers: dict[Rule | None, int] = {}
        self._rules = [None if each is None else Rule.from_json(each) for each in self.known]

    def number(self, rule: Rule | None) -> int:
        found = self._numbers.setdefault(rule, len(self.known))
        if found == len(self.known):
            self.known.append(None if rule is None else rule.as_json())
        return found

    def rule(self, number: int) -> Rule | None:
        return self._rules[number]

    def pack(self, rules: Iterable[tuple[int, Rule | None]]) -> list[list[int]]:
        """Return the numbers of each rule's collections behind that of the rule, the same for equal rules."""
        packed: dict[int, list[int]] = {}
        for number, rule in sorted(rules, key=itemgetter(0)):
            packed.setdefault(self.number(rule), []).append(number)
        return [[rule, *numbers] for rule, numbers in packed.items()]

    def unpack(self, packed: list[list[int]]) -> dict[int, Rule]:
        return {number: rule for number, rule in self.unpack_some(packed) if rule is not None}

    def unpack_some(self, packed: list[list[int]]) -> Iterator[tuple[int, Rule | None]]:
        for rule, *numbers in packed:
            for number in numbers:
                yield number, self._rules[rule]


def _pack_place(place: Place) -> list[Any]:
    return [place[0], place[1], place[2].hex]


def _unpack_place(packed: list[Any]) -> Place:
    return packed[0], packed[1], UUID(packed[2])
