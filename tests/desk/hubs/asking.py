"""What a desk asks of hubs, and invoices and galleries that only the server makes."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from app.accounts.lifecycle import set_security
from app.accounts.users import change_user
from app.core.principal import Level, Principal
from app.sync.store import Write
from tests.accounts.studios import Studio
from tests.contract.desks import Desk
from tests.contract.records import by_server
from tests.samples import named, sample

Json = dict[str, Any]
_PAGE = (Path(__file__).resolve().parents[3] / "docs" / "desk.md").read_text()
_TOLD = _PAGE.partition("What is wrong in a query")[2].partition("**Saved filters**")[0]
CODES = set(re.findall(r"^\| `(\w+)` \| ", _TOLD, re.MULTILINE))
"""The codes of places of a query that the desk's page tells."""


def leaf(field: str, operator: str, value: Any = True) -> Json:
    """Return a filter of one test."""
    return {"field": field, "is": operator, "value": value}


async def ask(desk: Desk, hub: str, **asked: Any) -> httpx.Response:
    """Query a hub."""
    return await desk.ask("POST", f"hubs/{hub}/query", asked)


async def rows(desk: Desk, hub: str, limit: int = 500, **asked: Any) -> list[Json]:
    """Return all that a query finds, page by page."""
    found: list[Json] = []
    page = None
    while True:
        answer = await ask(desk, hub, **asked, limit=limit, page=page)
        assert answer.status_code == 200, answer.text
        found += answer.json()["rows"]
        page = answer.json()["next_page"]
        if page is None:
            return found


async def ids(desk: Desk, hub: str, **asked: Any) -> list[str]:
    """Return the ids of all that a query finds."""
    return [each["id"] for each in await rows(desk, hub, **asked)]


def wrong(answer: httpx.Response) -> list[tuple[str, str]]:
    """Return what a refused query was told, place by place."""
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_query"), answer.text
    told = [(each["path"], each["code"]) for each in answer.json()["fields"]]
    assert {code for _, code in told} <= CODES, "docs/desk.md does not tell it"
    return told


async def invoiced(studio: Studio, **fields: Any) -> str:
    """Have the server write an invoice."""
    record_id = uuid4()
    nothing: Json = {"lines": [], "client_id": None, "bill_to_client_id": None}
    await by_server(
        studio,
        Write(
            "invoices", record_id, {**named("invoices").defaults, **sample("invoices"), **nothing, **fields}
        ),
    )
    return str(record_id)


async def set_by_server(studio: Studio, collection: str, record: Json, **fields: Any) -> None:
    """Have the server set fields of a record that only it may set."""
    kept = {name: record[name] for name in named(collection).fields}
    await by_server(studio, Write(collection, UUID(record["id"]), {**kept, **fields}))


async def give(studio: Studio, **levels: Level) -> None:
    """Give the photographer some levels, in an account with security."""
    who = Principal.system(studio.account.account_id)
    async with studio.database.writing(studio.account.account_id) as session:
        await set_security(session, who, is_active=True)
        await change_user(session, who, studio.photographer.user_id, levels=levels)
