"""A new account's first records: its company's settings and a usable set of lists."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

from app.studio.starter_lists import LISTS, Entry
from app.studio.weekdays import WORK_WEEK, Weekday
from app.sync.store import Write


def starter_id(account_id: UUID, collection: str, key: str) -> UUID:
    """Return the id of a starter entry of an account."""
    return uuid5(account_id, f"{collection}/{key}")


def starter_writes(account_id: UUID) -> list[Write]:
    """Return the writes that give a new account its lists."""
    return [
        Write(name, starter_id(account_id, name, entry.key), dict(_fields(account_id, place, entry)))
        for name, entries in LISTS.items()
        for place, entry in enumerate(entries, start=1)
    ]


def first_settings(account_id: UUID) -> dict[str, Any]:
    """Return the settings a new company starts with: open nine to five, closed at the weekend."""
    hours = [
        {
            "id": str(starter_id(account_id, "opening_hours", day)),
            "weekday": day,
            "opens": "09:00:00",
            "closes": "17:00:00" if day in WORK_WEEK else "09:00:00",
        }
        for day in Weekday
    ]
    return {"opening_hours": hours, "work_week": list(WORK_WEEK)}


def _fields(account_id: UUID, place: int, entry: Entry) -> Iterator[tuple[str, Any]]:
    yield "description", entry.word
    yield "sort_order", place * 10
    yield from entry.fields.items()
    for field, parent, key in entry.belongs_to:
        yield field, str(starter_id(account_id, parent, key))
