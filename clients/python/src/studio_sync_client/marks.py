"""The mark of a record, of which digests are made."""

from hashlib import md5


def mark(record_id: str, revision: int) -> int:
    """Return the first 8 bytes of the MD5 of `id:revision`, as SQLite keeps 64 bits: with a sign."""
    told = md5(f"{record_id}:{revision}".encode(), usedforsecurity=False).digest()
    return int.from_bytes(told[:8], signed=True)
