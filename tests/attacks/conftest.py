"""The house, somebody who may come in and misuses it, and an account that is none of theirs."""

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import orjson
import pytest
from fastapi import FastAPI

from app.core.db import Database
from app.core.keys import KeyRing
from tests.accounts.studios import Studio, bearer, new_studio
from tests.attacks.line import Answered, Headers, Line
from tests.contract.conftest import house, http  # noqa: F401 - fixtures are found by their names
from tests.contract.phones import Copy, Phone, change, signed_in
from tests.house.requests import Route

SEED = os.environ.get("SEED", "1")
ATTEMPTS = int(os.environ.get("ATTACKS", "6"))
"""How often chance tries something at each route."""

MARK = "Xyzzyva"
"""Stands in everything of the other account, and in nothing else."""
_NEVER = (b"Traceback", b"sqlalchemy", b"asyncpg", b"psycopg", b'File "', b"/app/", b"-----BEGIN", b"$argon2")
_LONGEST_REFUSAL = 64 * 1024


@dataclass
class Attacker:
    """A user who has signed in and asks for what they should not."""

    found: Callable[[], Awaitable[Studio]]
    line: Line
    studio: Studio | None = None
    headers: dict[str, str] = field(default_factory=dict)

    async def enter(self) -> None:
        """Sign in at a desk, as an administrator: of another account where guesses have spoilt this one."""
        answer = await self.studio.login(initials="JD", device=None) if self.studio else None
        if self.studio is None or answer is None or answer.status_code != 200:
            self.studio = await self.found()
            answer = await self.studio.login(initials="JD", device=None)
        self.headers = bearer(answer.json())

    async def ask(
        self,
        route: Route,
        *,
        body: object = ...,
        headers: Headers | None = None,
        given: Mapping[str, str] | None = None,
        query: bytes | None = None,
    ) -> Answered:
        """Ask a route: right, but for what is given. Whoever was shut out before enters again."""
        answered = await self._ask(route, body, headers or {}, given, query)
        if route.is_guarded and answered.code == "invalid_token" and "Authorization" not in (headers or {}):
            await self.enter()
            answered = await self._ask(route, body, headers or {}, given, query)
        return answered

    async def _ask(
        self,
        route: Route,
        body: object,
        headers: Headers,
        given: Mapping[str, str] | None,
        query: bytes | None,
    ) -> Answered:
        sent = route.body if body is ... else body
        content = sent if isinstance(sent, bytes) else b"" if route.body is None else orjson.dumps(sent)
        kind = {"Content-Type": "application/json"} if content else {}
        asked = gentle(route) if query is None else query
        target = route.address(given).encode() + (b"?" + asked if asked else b"")
        sends: Headers = {**kind, **route.preconditions, **self.headers, **headers}
        return await self.line.ask(route.verb, target, sends, content)


def gentle(route: Route) -> bytes:
    """Return a query with what has to stand in it, in which what may be waited for is waited for shortly."""
    shortest = {
        each["name"]: each["schema"]["minimum"]
        for each in route.operation.get("parameters", [])
        if each["in"] == "query" and "minimum" in each["schema"]
    }
    return urlencode({**route.asked(), **shortest}).encode()


def check(route: Route, answered: Answered, *secrets: str) -> None:
    """Hold an answer to what every answer must be, whatever was sent."""
    told = (route.verb, route.path, answered.status, answered.content[:400])
    assert answered.status < 500, told
    declared = route.operation["responses"].get(str(answered.status))
    assert declared is not None, told
    if answered.status < 400:
        assert MARK.encode() not in answered.content, told
        return
    assert answered.headers["content-type"] == "application/problem+json", told
    assert answered.code in declared["content"]["application/problem+json"]["examples"], told
    assert len(answered.content) <= _LONGEST_REFUSAL, told
    for never in (*_NEVER, MARK.encode(), *(secret.encode() for secret in secrets)):
        assert never not in answered.content, (never, told)


@pytest.fixture(scope="session")
async def line(house: FastAPI) -> Line:  # noqa: F811
    """Return a line to the house."""
    return Line(house)


@pytest.fixture(scope="session")
async def attacker(
    database: Database,
    house: FastAPI,  # noqa: F811
    http: httpx.AsyncClient,  # noqa: F811
    line: Line,
) -> Attacker:
    """Make an account and let its administrator in."""
    attacker = Attacker(partial(new_studio, database, http, house.state.keys), line)
    await attacker.enter()
    return attacker


@pytest.fixture(scope="session")
def keys(house: FastAPI) -> KeyRing:  # noqa: F811
    """Return the keys of the house."""
    keys: KeyRing = house.state.keys
    return keys


@dataclass(frozen=True)
class Victim:
    """Another account: its ids by what they are of, and a copy with its cursor."""

    studio: Studio
    phone: Phone
    copy: Copy
    ids: dict[str, str]

    async def revision(self) -> int:
        """Return how far the account has come: it moves with whatever changes in it."""
        rows = await self.studio.execute("SELECT revision FROM account_clock WHERE account_id = $1")
        return int(rows[0][0])


@pytest.fixture(scope="session")
async def victim(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Victim:  # noqa: F811
    """Make another account with a few records, each of them marked."""
    studio = await new_studio(database, http, house.state.keys)
    phone = await signed_in(studio)
    client, task = uuid4(), uuid4()
    await phone.must_push(
        change("create", "clients", client, last_name=MARK),
        change("create", "tasks", task, subject=MARK),
    )
    copy = await phone.copy()
    [device] = (await http.get("/v1/devices", headers=await studio.administrator())).json()["devices"]
    ids = {
        "clients": str(client),
        "tasks": str(task),
        "devices": device["id"],
        "users": str(studio.photographer.user_id),
        "accounts": str(studio.account.account_id),
        **{record["id"]: record["id"] for record in list(copy.records.values())[:3]},
    }
    return Victim(studio, phone, copy, ids)
