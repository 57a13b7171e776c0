"""Identifiers: those the server makes, and the one that is none."""

from uuid import UUID, uuid4

from asyncpg.pgproto import pgproto

NIL = UUID(int=0)
"""The id before all others, which nothing has."""


def of_the_driver(read: UUID) -> UUID:
    """Return an id as the driver has its own: equal, but looked up and written down many times as fast."""
    return pgproto.UUID(read.bytes)


def new_id() -> UUID:
    """Return a fresh random id."""
    return uuid4()
