"""Identifiers: those the server makes, and the one that is none."""

from datetime import datetime
from uuid import UUID, uuid4

from asyncpg.pgproto import pgproto

NIL = UUID(int=0)
"""The id before all others, which nothing has."""
_RANDOM = (1 << 62) - 1
"""The bits of a `timed_id` that are neither time nor place."""


def of_the_driver(read: UUID) -> UUID:
    """Return an id as the driver has its own: equal, but looked up and written down many times as fast."""
    return pgproto.UUID(read.bytes)


def new_id() -> UUID:
    """Return a fresh random id."""
    return uuid4()


def timed_id(at: datetime, place: int = 0) -> UUID:
    """Return a fresh id behind those of earlier milliseconds, and of earlier places (up to 4095) in its own.

    It is of version 7 of RFC 9562.
    """
    milliseconds = int(at.timestamp() * 1_000)
    return UUID(int=milliseconds << 80 | 7 << 76 | place << 64 | 2 << 62 | uuid4().int & _RANDOM)
