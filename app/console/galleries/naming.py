"""What clients and sessions are called on the pages about galleries."""

from collections.abc import Iterable

from app.console import fields
from app.console.api import Api, Record, Refused
from app.console.visits import Visit
from app.core.principal import Level

_NAMES = ("first_name", "last_name", "company_name")


async def client_name(api: Api, client_id: str | None) -> str | None:
    """Return what a client is called; none of one that is gone, or may not be seen."""
    if client_id is None:
        return None
    try:
        return fields.title(await api.get(f"/v1/clients/{client_id}"))
    except Refused:
        return None


async def client_names(api: Api, ids: Iterable[str]) -> dict[str, str]:
    """Return what clients are called, by id, as far as they may be seen."""
    found = {each: await client_name(api, each) for each in sorted(set(ids))}
    return {each: name for each, name in found.items() if name}


def columns(visit: Visit, *names: str) -> list[str]:
    """Return columns of a list of sessions, and those of the client's name to who may see clients."""
    named = [f"client.{each}" for each in _NAMES] if visit.may("clients", Level.VIEW_ONLY) else []
    return [*names, *named]


def client_of(row: Record) -> str | None:
    """Return what the client of a listed session is called, if that may be seen."""
    person = " ".join(row[f"client.{each}"] for each in _NAMES[:2] if row.get(f"client.{each}"))
    return person or row.get("client.company_name")
