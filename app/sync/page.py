"""One page of a pull: what is put, deleted and evicted, and the answer it is written into."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from app.sync import registry
from app.sync.reader import BETWEEN, Room, Run

_AT_ONCE = 64 * 1024
"""Bytes of records written in one piece, which are still at hand when they are sent."""


@dataclass(slots=True)
class Page:
    """The changes of one answer, by collection number, and the room that is left.

    What is put is a record, or a run of them in one text.
    """

    room: Room
    puts: dict[int, list[bytes]] = field(default_factory=dict)
    deletions: dict[int, list[UUID]] = field(default_factory=dict)
    evictions: dict[int, list[UUID]] = field(default_factory=dict)
    merges: dict[int, dict[UUID, UUID]] = field(default_factory=dict)
    progress: dict[int, tuple[int, int]] = field(default_factory=dict)
    is_cut: bool = False
    is_empty: bool = True

    def take(self, upto_bytes: Sequence[int]) -> int:
        """Return how many rows fit, given the bytes up to and with each; an empty page takes at least one.

        Notes whether any did not.
        """
        fitting = min(bisect_right(upto_bytes, self.room.bytes), self.room.rows)
        if self.is_empty and upto_bytes:
            fitting = max(fitting, 1)
        self.is_cut = fitting < len(upto_bytes)
        if fitting:
            self.is_empty = False
            left = max(0, self.room.bytes - upto_bytes[fitting - 1])
            self.room = Room(self.room.rows - fitting, left)
        return fitting

    def take_run(self, number: int, run: Run) -> bool:
        """Send a run of records if all of it fits, and say whether it does."""
        rows, size = self.room.rows - run.records, self.room.bytes - run.cost
        if min(rows, size) < 0:
            return False
        if run.records:
            self.room, self.is_empty = Room(rows, size), False
            self.put(number, run.text)
        return True

    def put_all(self, number: int, bodies: Iterable[bytes]) -> None:
        """Send records whole, each without its closing brace."""
        self.puts.setdefault(number, []).extend(bodies)

    def put(self, number: int, body: bytes) -> None:
        """Send a record whole, without its closing brace."""
        self.puts.setdefault(number, []).append(body)

    def delete(self, number: int, record_id: UUID, merged_into: UUID | None = None) -> None:
        """Say that a record no longer exists, and which one has taken its place, if one has."""
        self.deletions.setdefault(number, []).append(record_id)
        if merged_into is not None:
            self.merges.setdefault(number, {})[record_id] = merged_into

    def evict(self, number: int, record_id: UUID) -> None:
        """Say that a record exists but is no longer this device's."""
        self.evictions.setdefault(number, []).append(record_id)

    def render(self, head: Mapping[str, Any]) -> bytes:
        """Return the answer's JSON text: its other members, then the changes, bodies passed through."""
        numbers = sorted({*self.puts, *self.deletions, *self.evictions})
        members = orjson.dumps(head, default=str, option=orjson.OPT_UTC_Z)[:-1]
        # Joined once: a page is some megabytes, and each copy of it takes its time.
        pieces = [members, b',"changes":{']
        for place, number in enumerate(numbers):
            pieces += self._collection(number, b"," if place else b"")
        return b"".join([*pieces, b"}}"])

    def lines(self, head: Mapping[str, Any]) -> Iterator[bytes]:
        """Yield the page as lines of JSON, piece by piece, the other members last: with them it is whole.

        Parents are put before their children, and removed after them.
        """
        for number, bodies in sorted(self.puts.items()):
            before = b'{"put":"%b","record":' % _name(number)
            between = b"}}\n" + before
            for some in _together(bodies):
                text = b"%b%b}}\n" % (before, between.join(some).replace(BETWEEN, between))
                for first in range(0, len(text), _AT_ONCE):
                    yield text[first : first + _AT_ONCE]
        for number in sorted({*self.deletions, *self.evictions}, reverse=True):
            yield b"".join(self._removals(number))
        yield line({"page": head})

    def _removals(self, number: int) -> Iterator[bytes]:
        name, merges = _name(number).decode(), self.merges.get(number, {})
        for record_id in self.deletions.get(number, []):
            yield line({"del": name, "id": record_id, "merged_into": merges.get(record_id)})
        for record_id in self.evictions.get(number, []):
            yield line({"evict": name, "id": record_id})

    def _collection(self, number: int, before: bytes) -> list[bytes]:
        bodies = [body.replace(BETWEEN, b"},") for body in self.puts.get(number, [])]
        closed = [b"},"] * (2 * len(bodies))
        closed[::2], closed[-1:] = bodies, [b"}"] if bodies else []
        deleted = orjson.dumps(self.deletions.get(number, []), default=str)
        evicted = orjson.dumps(self.evictions.get(number, []), default=str)
        merges = {str(gone): str(into) for gone, into in self.merges.get(number, {}).items()}
        return [
            b'%b"%b":{"put":[' % (before, _name(number)),
            *closed,
            b'],"del":%b,"evict":%b,"merged":%b}' % (deleted, evicted, orjson.dumps(merges)),
        ]


def _together(bodies: Iterable[bytes]) -> Iterator[list[bytes]]:
    some, size = list[bytes](), 0
    for body in bodies:
        some.append(body)
        size += len(body)
        if size >= _AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


def line(members: Mapping[str, Any]) -> bytes:
    """Return a line of JSON."""
    return orjson.dumps(members, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


def _name(number: int) -> bytes:
    return registry.numbered(number).name.encode()
