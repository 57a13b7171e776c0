"""Whoever sends files at a desk, and goes on until all is done."""

from pathlib import Path
from typing import Any

import httpx

from tests.contract.desks import Desk
from tests.contract.phones import Record

FILES = Path(__file__).parent / "files"
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
VCARD = "text/vcard"
ICALENDAR = "text/calendar"


async def send(
    desk: Desk, content: bytes | str, type_: str = CSV, kind: str = "clients", *, headings: bool = True
) -> httpx.Response:
    """Send a file, whatever comes of it."""
    body = content.encode() if isinstance(content, str) else content
    headers = {**desk.headers, "Content-Type": type_}
    path = f"/v1/imports?kind={kind}" + ("" if headings else "&headings=false")
    return await desk.client.post(path, content=body, headers=headers)


async def sent(
    desk: Desk, content: bytes | str, type_: str = CSV, kind: str = "clients", *, headings: bool = True
) -> Record:
    """Send a file that is taken in."""
    answer = await send(desk, content, type_, kind, headings=headings)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/imports/{answer.json()['id']}"
    return dict(answer.json())


async def mapped(desk: Desk, made: Record, *fields: str | None, **more: Any) -> Record:
    """Say what the columns are."""
    body = {"fields": list(fields), **more}
    path = f"imports/{made['id']}/mapping"
    answer = await desk.ask("PUT", path, body, if_match=f'"{made["version"]}"')
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def checked(desk: Desk, made: Record) -> Record:
    """Check a file to its end."""
    return await _ended(desk, f"imports/{made['id']}/check", None, "checked")


async def run(desk: Desk, made: Record, duplicates: str = "skip") -> Record:
    """Run a file that was checked to its end."""
    return await _ended(desk, f"imports/{made['id']}/run", {"duplicates": duplicates}, "done")


async def undone(desk: Desk, made: Record) -> Record:
    """Undo an import to its end."""
    return await _ended(desk, f"imports/{made['id']}/undo", None, "undone")


async def _ended(desk: Desk, path: str, body: Any, end: str) -> Record:
    done = -1
    while True:
        answer = await desk.ask("POST", path, body)
        assert answer.status_code == 200, answer.text
        told = dict(answer.json())
        if told["state"] == end:
            return told
        assert told["done"] > done, "it goes on"
        done = told["done"]


async def rows(desk: Desk, made: Record, fate: str | None = None, limit: int = 500) -> list[Record]:
    """Return the whole report, page by page."""
    found: list[Record] = []
    page = 0
    while True:
        asked = f"imports/{made['id']}/rows?limit={limit}&page={page}" + (f"&fate={fate}" if fate else "")
        answer = await desk.ask("GET", asked)
        assert answer.status_code == 200, answer.text
        found += answer.json()["rows"]
        if answer.json()["next_page"] is None:
            return found
        page = answer.json()["next_page"]


def fates(told: Record) -> Record:
    """Return how many rows have which fate, those that none has left out."""
    return {fate: many for fate, many in told["counts"].items() if many}
