"""The digest of a copy, written once more from the manual: tests must not take the server's word for it."""

from collections.abc import Mapping
from hashlib import md5
from typing import Any


def digest_of(revisions: Mapping[str, int]) -> dict[str, Any]:
    """Return the digest of records of one collection, by their ids."""
    mark = 0
    for record_id, revision in revisions.items():
        told = md5(f"{record_id}:{revision}".encode(), usedforsecurity=False).digest()[:8]
        mark ^= int.from_bytes(told, "big")
    return {"count": len(revisions), "mark": f"{mark:016x}"}
