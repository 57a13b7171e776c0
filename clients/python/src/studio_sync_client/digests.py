"""What the store holds in two numbers for each collection, to be compared with what it must hold."""

from collections import defaultdict
from dataclasses import dataclass
from hashlib import md5

from studio_sync_client import records
from studio_sync_client.errors import Json
from studio_sync_client.store import Store


@dataclass(slots=True)
class Digest:
    """How many records, and the exclusive or of the first 8 bytes of the MD5 of `id:revision` of each."""

    count: int = 0
    mark: int = 0

    def add(self, record_id: str, revision: int) -> None:
        """Count a record."""
        self.count += 1
        self.mark ^= int.from_bytes(
            md5(f"{record_id}:{revision}".encode(), usedforsecurity=False).digest()[:8]
        )


def digests(store: Store) -> dict[str, Digest]:
    """Return the digest of each collection of which the store holds anything, as the server knows it."""
    held: dict[str, Digest] = defaultdict(Digest)
    for collection, record_id, revision in records.copies(store):
        held[collection].add(record_id, revision)
    return dict(held)


def drifted(store: Store, told: Json) -> list[str]:
    """Return the collections of which the store holds something else than a consistent page tells."""
    held = digests(store)
    must = {name: Digest(each["count"], int(each["mark"], 16)) for name, each in told.items()}
    return sorted(name for name in held.keys() | must if held.get(name, Digest()) != must.get(name, Digest()))
