"""The house, a studio of it, and programs that come in by keys."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from tests.accounts.studios import Studio, new_studio
from tests.attacks.conftest import victim  # noqa: F401
from tests.contract.conftest import house, http  # noqa: F401 - fixtures are found by their names

LEVELS = {"clients": "view_only", "tasks": "add_modify_delete"}


@dataclass(frozen=True)
class Program:
    """Somebody who asks by an API key, or by whatever the headers say."""

    client: httpx.AsyncClient
    headers: dict[str, str]
    key: str = ""
    id: str = ""

    async def ask(self, verb: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Ask anything; `if_match="*"` is a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(verb, f"/v1/{path}", json=body, headers={**self.headers, **named})

    async def get(self, path: str) -> Any:
        """Read what must be there."""
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()


def by(client: httpx.AsyncClient, key: str, key_id: str = "") -> Program:
    """Return who asks by a key."""
    return Program(client, {"Authorization": f"Bearer {key}"}, key, key_id)


async def a_key(owner: Program, levels: dict[str, str] | None = None, **more: Any) -> Program:
    """Make a key of somebody."""
    body = {"name": "Booking widget", "levels": LEVELS if levels is None else levels, **more}
    answer = await owner.ask("POST", "api-keys", body)
    assert answer.status_code == 201, answer.text
    return by(owner.client, answer.json()["key"], answer.json()["id"])


async def give(owner: Program, user: UUID | str, **levels: str) -> None:
    """Give somebody levels, all they have of their own."""
    found = await owner.ask("GET", f"users/{user}")
    sent = {"levels": levels}
    answer = await owner.ask("PATCH", f"users/{user}", sent, if_match=found.headers["etag"])
    assert answer.status_code == 200, answer.text


async def activate_security(owner: Program) -> None:
    """Have levels count in the account."""
    found = await owner.ask("GET", "account")
    sent = {"is_security_active": True}
    answer = await owner.ask("PATCH", "account", sent, if_match=found.headers["etag"])
    assert answer.status_code == 200, answer.text


def code(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


@pytest.fixture(scope="module")
async def studio(
    database: Database,
    house: FastAPI,  # noqa: F811
    http: httpx.AsyncClient,  # noqa: F811
) -> Studio:
    """Make a studio for the tests of one file."""
    return await new_studio(database, http, house.state.keys)


@pytest.fixture(scope="module")
async def owner(studio: Studio) -> Program:
    """Return its administrator's desk."""
    return Program(studio.client, await studio.administrator())
