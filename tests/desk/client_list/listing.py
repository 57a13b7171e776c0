"""What phones and desks ask of the client list, and clients by the names they are to be listed under."""

from typing import Any
from uuid import uuid4

import httpx

from app.sync.store import Write
from tests.accounts.studios import Studio
from tests.contract.desks import Desk
from tests.contract.records import by_server
from tests.samples import named, sample

Json = dict[str, Any]
NAMES = ("first_name", "last_name", "company_name")


async def listed(studio: Studio, *clients: Json) -> list[str]:
    """Have clients, nameless but for what is said, and return their ids."""
    nobody: Json = {**dict.fromkeys(NAMES), "client_number": None}
    writes = [Write("clients", uuid4(), sample("clients", **{**nobody, **each})) for each in clients]
    await by_server(studio, *writes)
    return [str(each.record_id) for each in writes]


async def school(desk: Desk, name: str) -> str:
    """Have an organization, and return its id."""
    answer = await desk.create(named("organizations"), sample("organizations") | {"name": name})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def ask(desk: Desk, path: str = "", **asked: Any) -> httpx.Response:
    """Ask for a page of the list, or for its letters."""
    return await desk.ask("GET", f"client-list{path}?{httpx.QueryParams(asked)}")


async def rows(desk: Desk, limit: int = 500, **asked: Any) -> list[Json]:
    """Return all that a search finds, page by page."""
    found: list[Json] = []
    more: Json = {}
    while True:
        answer = await ask(desk, **asked, **more, limit=limit)
        assert answer.status_code == 200, answer.text
        found += answer.json()["clients"]
        if answer.json()["next_page"] is None:
            return found
        more = {"page": answer.json()["next_page"]}


async def shown(desk: Desk, search: str = "", **asked: Any) -> list[str]:
    """Return whom a search finds, by the first of their names."""
    found = await rows(desk, search=search, **asked)
    return [each["last_name"] or each["first_name"] or each["company_name"] for each in found]


async def index(desk: Desk, search: str = "") -> dict[str, int]:
    """Return how many stand under each letter anybody stands under."""
    answer = await ask(desk, "/letters", search=search)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [each["letter"] for each in told["letters"]] == [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ#"]
    assert told["total"] == sum(each["count"] for each in told["letters"])
    return {each["letter"]: each["count"] for each in told["letters"] if each["count"]}


def refused(answer: httpx.Response) -> tuple[int, str, list[tuple[str, str]]]:
    """Return how a request was refused, and for what places of it."""
    told = answer.json()
    places = [(each["path"], each["code"]) for each in told.get("fields", [])]
    return answer.status_code, told["code"], places
