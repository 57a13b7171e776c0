"""Identifiers: those the server makes, and the one that is none."""

from uuid import UUID, uuid4

NIL = UUID(int=0)
"""The id before all others, which nothing has."""


def new_id() -> UUID:
    """Return a fresh random id."""
    return uuid4()
