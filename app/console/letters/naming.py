"""What the records of letters are called: clients, subjects of emails, words of texts."""

from collections.abc import Iterable
from typing import Any

from app.console.api import Record, Refused
from app.console.visits import Visit

NAMES = ("first_name", "last_name", "company_name")
_LONGEST = 80


async def clients(visit: Visit, ids: Iterable[str | None]) -> dict[str, str]:
    """Return what clients are called, by id, as far as they may be seen."""
    rows = await _rows(visit, "clients", NAMES, ids)
    named = {each["id"]: of_client(each) for each in rows}
    return {each: name for each, name in named.items() if name}


async def subjects(visit: Visit, letters: Iterable[Record]) -> dict[str, str]:
    """Return what letters are about, by id: subjects of emails and the beginnings of texts."""
    found = dict[str, str]()
    for collection, hub, name in (("emails", "emails", "subject"), ("text_messages", "texts", "message")):
        ids = [each["id"] for each in letters if each["collection"] == collection]
        found |= {each["id"]: _short(each[name] or "") for each in await _rows(visit, hub, (name,), ids)}
    return {each: words for each, words in found.items() if words}


def of_client(row: Record, prefix: str = "") -> str | None:
    """Return what the client in a row of a hub is called."""
    person = " ".join(row[f"{prefix}{each}"] for each in NAMES[:2] if row.get(f"{prefix}{each}"))
    return person or row.get(f"{prefix}company_name")


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST].rstrip()}…"


async def _rows(visit: Visit, hub: str, columns: Iterable[str], ids: Iterable[str | None]) -> list[Record]:
    """Return some records of a hub; none where they may not be seen."""
    wanted = sorted({each for each in ids if each})
    if not wanted:
        return []
    asked: dict[str, Any] = {
        "columns": ["id", *columns],
        "filter": {"field": "id", "is": "in", "value": wanted},
        "limit": len(wanted),
    }
    try:
        return list((await visit.api.post(f"/v1/hubs/{hub}/query", asked))["rows"])
    except Refused:
        return []
