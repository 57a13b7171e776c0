"""Identifiers the server makes."""

from uuid import UUID, uuid4


def new_id() -> UUID:
    """Return a fresh random id."""
    return uuid4()
