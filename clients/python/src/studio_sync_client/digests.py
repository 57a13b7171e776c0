"""What the store holds in two numbers, to be compared with what it must hold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from studio_sync_client.errors import Json
from studio_sync_client.marks import mark
from studio_sync_client.store import Store

_BITS = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Digest:
    """How many records, and the exclusive or of the first 8 bytes of the MD5 of `id:revision` of each."""

    count: int = 0
    mark: int = 0


_NOTHING = Digest()


def digests(store: Store) -> dict[str, Digest]:
    """Return the digest of each collection of which the store holds anything, as it has been kept."""
    rows = store.rows("SELECT collection, count, mark FROM digests WHERE count <> 0 OR mark <> 0")
    return {collection: Digest(count, mark & _BITS) for collection, count, mark in rows}


def digest_of(records: Iterable[tuple[str, int]]) -> Digest:
    """Return the digest of some records, given by id and revision."""
    count = total = 0
    for record in records:
        count += 1
        total ^= mark(*record)
    return Digest(count, total & _BITS)


def differing(held: Mapping[str, Digest], told: Json) -> list[str]:
    """Return the names under which something else is held than the server tells."""
    must = {name: Digest(each["count"], int(each["mark"], 16)) for name, each in told.items()}
    return sorted(name for name in held.keys() | must if held.get(name, _NOTHING) != must.get(name, _NOTHING))
