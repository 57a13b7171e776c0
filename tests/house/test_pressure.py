"""When there is too much to do: what is shed, what goes on, and what everybody is told."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from app.core.db import Database
from app.core.errors import Overloaded, refusals
from app.core.settings import Settings
from app.http.limits import RateLimits
from app.http.problems import problem
from app.main import create_app
from tests.accounts.studios import Studio, bearer, new_studio
from tests.house.requests import Route, every_route

POOL = 5
ENOUGH = 1_000_000
SHED = {429, 503}
OF_PHONES = {"sync_push", "sync_exchange"}


@pytest.fixture(scope="module")
async def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    """Open the application with a small pool, and no patience at all."""
    folder = tmp_path_factory.mktemp("pressed")
    made = create_app(Settings(database_url=database_url, data_dir=folder, pool_size=POOL))
    async with made.router.lifespan_context(made):
        database, made.state.database = (
            made.state.database,
            Database(database_url, pool_size=POOL, patience=0),
        )
        yield made
        await made.state.database.close()
        made.state.database = database


@pytest.fixture(scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://studio.test") as made:
        yield made


@pytest.fixture(scope="module")
async def pressed(database: Database, app: FastAPI, client: httpx.AsyncClient) -> Studio:
    """Make the account that asks."""
    return await new_studio(database, client, app.state.keys)


@pytest.fixture(scope="module")
async def desk(pressed: Studio) -> dict[str, str]:
    """Sign its administrator in."""
    return await pressed.administrator()


@pytest.fixture(scope="module")
async def phone(pressed: Studio) -> dict[str, str]:
    """Sign its photographer in on a phone."""
    return bearer(await pressed.signed_in())


@asynccontextmanager
async def taken(app: FastAPI, usual: int, urgent: int = 0) -> AsyncIterator[AsyncExitStack]:
    """Have other accounts keep places busy."""
    async with AsyncExitStack() as busy:
        for is_urgent in [False] * usual + [True] * urgent:
            session = app.state.database.reading(uuid4(), is_urgent=is_urgent)
            await busy.enter_async_context(session)
        yield busy


async def test_pulls_are_shed_while_signing_in_goes_on(
    app: FastAPI, client: httpx.AsyncClient, pressed: Studio, desk: dict[str, str]
) -> None:
    signed_in = await pressed.signed_in(device=None)
    async with taken(app, POOL - 1) as busy:
        shed = await client.post("/v1/sync/pull", json={}, headers=desk)
        assert (shed.status_code, shed.json()["code"]) == (503, "overloaded")
        assert (await pressed.login(device=None)).status_code == 200
        refreshed = await client.post("/v1/auth/refresh", json={"refresh_token": signed_in["refresh_token"]})
        assert refreshed.status_code == 200
        for path in ("/health/live", "/health/ready", "/v1/limits"):
            assert (await client.get(path)).status_code == 200
        await busy.aclose()
        assert (await client.post("/v1/sync/pull", json={}, headers=desk)).status_code == 200


async def test_a_flood_of_sign_ins_leaves_places_to_pulls(
    app: FastAPI, client: httpx.AsyncClient, desk: dict[str, str]
) -> None:
    over = asyncio.Event()

    async def sign_in() -> None:
        async with taken(app, 0, urgent=1):
            await over.wait()

    flood = [asyncio.create_task(sign_in()) for _ in range(2 * POOL)]
    # Whoever finds a place has it now.
    await asyncio.sleep(0)
    answer = await client.post("/v1/sync/pull", json={}, headers=desk)
    over.set()
    await asyncio.gather(*flood)
    assert answer.status_code == 200, answer.text


async def test_a_process_without_a_free_connection_lives_and_is_not_ready(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    async with taken(app, 1, urgent=POOL - 1), asyncio.timeout(30):
        ready = asyncio.ensure_future(client.get("/health/ready"))
        assert (await client.get("/health/live")).status_code == 200
        assert not ready.done()
        answer = await ready
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert (await client.get("/health/ready")).status_code == 200


@pytest.mark.parametrize("failure", [Overloaded, ConnectionResetError, asyncpg.InternalClientError])
async def test_a_page_is_answered_also_when_nothing_can_be_noted_behind_it(
    app: FastAPI, pressed: Studio, monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
) -> None:
    headers = bearer(await pressed.signed_in())
    # What goes wrong behind an answer is raised to whoever serves.
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://studio.test")

    def fails(*_: object) -> None:
        raise failure

    monkeypatch.setattr(Database, "beside", fails)
    for path in ("/v1/sync/pull", "/v1/sync/verify"):
        assert (await client.post(path, json={}, headers=headers)).status_code == 200


async def test_an_account_whose_writer_does_not_end_holds_up_nobody_else(
    database: Database, app: FastAPI, client: httpx.AsyncClient, pressed: Studio, desk: dict[str, str]
) -> None:
    other = await new_studio(database, client, app.state.keys)
    theirs, path = await other.administrator(), "/v1/preferences"
    change = {"clients_activity_months": 6}
    async with app.state.database.writing(pressed.account.account_id):
        asking = [client.put(path, json=change, headers=desk) for _ in range(2 * POOL)]
        waiting = [asyncio.ensure_future(each) for each in asking]
        assert (await client.put(path, json=change, headers=theirs)).status_code == 200
        assert (await client.get(path, headers=desk)).status_code == 200
        assert not [each for each in waiting if each.done()]
    answers = await asyncio.gather(*waiting)
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize(("verb", "path"), [("GET", "/v1/sync/pull.ndjson"), ("POST", "/v1/sync/pull")])
async def test_who_hangs_up_while_waiting_waits_no_more(
    verb: str, path: str, app: FastAPI, database_url: str, desk: dict[str, str]
) -> None:
    usual, endless = app.state.database, Database(database_url, pool_size=2, patience=3_600)
    app.state.database = endless
    sent: list[Message] = []
    heard: Iterator[Message] = iter([{"type": "http.request", "body": b"{}"}, {"type": "http.disconnect"}])

    async def hear() -> Message:
        return next(heard)

    async def say(message: Message) -> None:
        sent.append(message)

    told = {**desk, "Content-Type": "application/json"}
    scope = {
        "type": "http",
        "method": verb,
        "path": path,
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in told.items()],
    }
    try:
        async with taken(app, 1), asyncio.timeout(30):
            await app(scope, hear, say)
    finally:
        app.state.database = usual
        await endless.close()
    assert sent == []


@every_route(guarded=True)
async def test_who_cannot_be_let_in_is_told_when_to_come_back(
    route: Route, app: FastAPI, client: httpx.AsyncClient, desk: dict[str, str], phone: dict[str, str]
) -> None:
    async with taken(app, 1, urgent=POOL - 1):
        answer = await route.ask(client, phone if route.operation["operationId"] in OF_PHONES else desk)
    assert answer.status_code in SHED, answer.text
    assert answer.json()["code"] in {"overloaded", "account_busy"}
    told_when(route, answer)


@contextmanager
def counted(app: FastAPI) -> Iterator[None]:
    """Let a caller ask once a minute."""
    usual = app.state.limits
    app.state.limits = RateLimits(per_address=ENOUGH, per_caller=1)
    try:
        yield
    finally:
        app.state.limits = usual


@every_route(guarded=True)
async def test_who_asks_too_often_is_told_when_to_come_back(
    route: Route, app: FastAPI, client: httpx.AsyncClient, desk: dict[str, str]
) -> None:
    with counted(app):
        await client.get("/v1/preferences", headers=desk)
        answer = await route.ask(client, desk)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    told_when(route, answer)


async def test_a_refresh_counts_as_a_request_of_its_sign_in(
    app: FastAPI, client: httpx.AsyncClient, pressed: Studio
) -> None:
    signed_in = await pressed.signed_in(device=None)
    sent = {"refresh_token": signed_in["refresh_token"]}
    with counted(app):
        assert (await client.get("/v1/preferences", headers=bearer(signed_in))).status_code == 200
        answer = await client.post("/v1/auth/refresh", json=sent)
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert (await client.post("/v1/auth/refresh", json=sent)).status_code == 200


def told_when(route: Route, answer: httpx.Response) -> None:
    """Check that an answer says when to come back, as its route says it does."""
    assert int(answer.headers["Retry-After"]) > 0
    declared = route.operation["responses"][str(answer.status_code)]
    assert "Retry-After" in declared["headers"]
    assert answer.json()["retryable"]


@pytest.mark.parametrize("status", sorted(SHED))
def test_no_refusal_of_its_kind_is_without_a_time_to_come_back(status: int) -> None:
    kinds = [kind for kind in refusals() if kind.status == status]
    assert kinds
    for kind in kinds:
        times = {int(problem(kind(), "").headers["Retry-After"]) for _ in range(100)}
        assert min(times) > 0
        assert len(times) > 1, "they would all come back at once"


async def test_the_limits_told_are_those_that_hold(client: httpx.AsyncClient, desk: dict[str, str]) -> None:
    answer = await client.get("/v1/limits")
    limits = answer.json()
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    manifest = await client.get("/v1/sync/manifest", headers=desk)
    assert manifest.json()["limits"] == limits["sync"]

    async def refused(path: str, content: str) -> str:
        """Return the code a body is refused with; none of what is taken."""
        sent = {**desk, "Content-Type": "application/json"}
        answer = await client.post(path, content=content, headers=sent)
        return str(answer.json().get("code"))

    sync, body = limits["sync"], limits["body"]
    pull, login = "/v1/sync/pull", "/v1/auth/login"
    for name, largest in (("max_rows", sync["max_rows"]), ("max_bytes", sync["max_page_bytes"])):
        assert await refused(pull, f'{{"{name}":{largest}}}') == "None"
        assert await refused(pull, f'{{"{name}":{largest + 1}}}') == "invalid_request"
    assert await refused(pull, " " * (sync["max_push_bytes"] + 1)) == "too_large"
    assert await refused(login, " " * (body["max_sign_in_bytes"] + 1)) == "too_large"
    assert await refused("/v1/devices", " " * (body["max_bytes"] + 1)) == "too_large"
    assert (
        await refused(login, "[" * (body["max_depth"] + 1) + "]" * (body["max_depth"] + 1)) == "invalid_json"
    )
    assert await refused(pull, f'{{"max_rows":{body["max_integer"] + 1}}}') == "invalid_json"

    most, longest = limits["desk"]["max_rows"], limits["desk"]["max_key_characters"]
    for more, status in ((0, 200), (1, 422)):
        listed = await client.get("/v1/clients", params={"limit": most + more}, headers=desk)
        assert listed.status_code == status
    for more, code in ((0, "invalid_fields"), (1, "invalid_request")):
        key = {"Idempotency-Key": "k" * (longest + more)}
        made = await client.post("/v1/clients", json={"hair": "red"}, headers={**desk, **key})
        assert made.json()["code"] == code


async def test_a_wait_is_no_longer_than_is_told(client: httpx.AsyncClient, desk: dict[str, str]) -> None:
    longest = (await client.get("/v1/limits")).json()["live"]["longest_wait_seconds"]
    answer = await client.get(f"/v1/sync/wait?seconds={longest}", headers=desk)
    assert answer.status_code == 200
    answer = await client.get(f"/v1/sync/wait?seconds={longest + 1}", headers=desk)
    assert answer.json()["code"] == "invalid_request"
