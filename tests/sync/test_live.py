"""Waiting for pokes: who is behind is told, who may no longer wait is told why, and nothing is missed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from jwt import PyJWK, decode

from app.accounts.tokens import Claims, issue_access, verify_access
from app.core import clock
from app.core.db import Database
from app.core.keys import KeyRing, load_keys
from app.core.settings import Settings
from app.sync.live.watchers import PER_SIGN_IN
from tests.accounts.ends import (
    deactivated,
    edition_lowered,
    password_changed_elsewhere,
    signed_out,
    subscription_lapsed,
    user_made_inactive,
)
from tests.accounts.studios import Studio, bearer, new_studio
from tests.samples import sample
from tests.sync.live import Event, Served, serving

Json = dict[str, Any]


@pytest.fixture(scope="module")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(database_url=database_url, data_dir=tmp_path_factory.mktemp("live"), pool_size=2)


@pytest.fixture(scope="module")
def keys(settings: Settings) -> KeyRing:
    return load_keys(settings)


@pytest.fixture(scope="module")
async def server(settings: Settings, keys: KeyRing) -> AsyncIterator[Served]:
    del keys
    async with serving(settings) as server:
        yield server


@pytest.fixture(scope="module")
async def other_server(settings: Settings, server: Served) -> AsyncIterator[Served]:
    """Another process of the same installation; `server` has made its keys."""
    del server
    async with serving(settings) as other:
        yield other


@pytest.fixture
async def studio(database: Database, other_server: Served, keys: KeyRing) -> Studio:
    """Make a studio that is spoken to through the other server than the one its phones wait at."""
    studio = await new_studio(database, other_server.client, keys)
    await studio.authorize(2)
    return studio


@pytest.fixture
async def phone(studio: Studio) -> Json:
    return await studio.signed_in()


@pytest.fixture
def at(server: Served, phone: Json) -> Callable[[], Awaitable[Json]]:
    """Return where the account is, as a query that says so."""

    async def ask() -> Json:
        answer = await server.client.get("/v1/sync/wait", params={"seconds": 0}, headers=bearer(phone))
        told = answer.json()
        return {"revision": told["revision"], "scope_version": told["scope_version"]}

    return ask


async def push(studio: Studio, phone: Json) -> int:
    """Make a client under a stream of its own, and return how far the account has come."""
    change = {
        "n": 1,
        "collection": "clients",
        "id": str(uuid4()),
        "op": "create",
        "fields": sample("clients"),
    }
    body = {"stream": uuid4().hex, "first": 1, "changes": [change]}
    answer = await studio.client.post("/v1/sync/push", json=body, headers=bearer(phone))
    assert answer.json()["results"][0]["verdict"] == "applied", answer.text
    return int(answer.json()["revision"])


async def test_who_knows_nothing_is_poked_at_once(server: Served, phone: Json, at: Any) -> None:
    known = await at()
    async with server.listening(bearer(phone)) as ear:
        assert await ear.poke() == (known["revision"], known["scope_version"])
        assert ear.answer.headers["content-type"].startswith("text/event-stream")
        assert ear.answer.headers["cache-control"] == "no-store"


async def test_a_push_at_another_process_pokes_who_waits(
    server: Served, studio: Studio, phone: Json, at: Any
) -> None:
    async with server.listening(bearer(phone), **await at()) as ear:
        for _ in range(2):
            revision = await push(studio, phone)
            assert (await ear.poke())[0] == revision


async def test_a_change_of_preferences_pokes(server: Served, studio: Studio, phone: Json, at: Any) -> None:
    known = await at()
    async with server.listening(bearer(phone), **known) as ear:
        answer = await studio.client.put(
            "/v1/preferences", json={"sessions_past_days": 7}, headers=await studio.administrator()
        )
        assert answer.status_code == 200
        assert await ear.poke() == (known["revision"], known["scope_version"] + 1)


async def test_what_was_written_while_nobody_listened_is_told_at_once(
    server: Served, studio: Studio, phone: Json, at: Any
) -> None:
    known = await at()
    revision = await push(studio, phone)
    async with server.listening(bearer(phone), **known) as ear:
        assert (await ear.poke())[0] == revision


async def test_a_browser_goes_on_from_its_last_event(
    server: Served, studio: Studio, phone: Json, at: Any
) -> None:
    stale = await at()
    await push(studio, phone)
    last = await at()
    told = {**bearer(phone), "Last-Event-ID": f"{last['revision']}-{last['scope_version']}"}
    async with server.listening(told, **stale) as ear:
        later = await push(studio, phone)
        assert (await ear.poke())[0] == later


async def test_another_account_pokes_nobody(server: Served, studio: Studio, phone: Json, at: Any) -> None:
    stranger = await new_studio(studio.database, studio.client, studio.keys)
    async with server.listening(bearer(phone), **await at()) as ear:
        await push(stranger, await stranger.signed_in())
        revision = await push(studio, phone)
        assert (await ear.poke())[0] == revision


@pytest.mark.parametrize(
    "refusal",
    [
        (deactivated, "device_deactivated"),
        (user_made_inactive, "user_inactive"),
        (subscription_lapsed, "subscription_inactive"),
        (edition_lowered, "edition_required"),
        (signed_out, "invalid_token"),
        (password_changed_elsewhere, "invalid_token"),
    ],
)
async def test_who_may_no_longer_wait_is_told_what_a_request_would_be_told(
    server: Served,
    studio: Studio,
    phone: Json,
    at: Any,
    refusal: tuple[Callable[[Studio, Json], Awaitable[None]], str],
) -> None:
    happens, code = refusal
    async with server.listening(bearer(phone), **await at()) as ear:
        await happens(studio, phone)
        last = await ear.named()
        assert last is not None
        assert await ear.next() is None
    answer = await server.client.get("/v1/sync/manifest", headers=bearer(phone))
    assert (last.name, last.data["code"]) == ("refused", code)
    own = {"instance", "wipe_order"}
    assert {**last.data, **dict.fromkeys(own)} == {**answer.json(), **dict.fromkeys(own)}
    assert last.data["instance"] == f"urn:uuid:{ear.answer.headers['x-request-id']}"


async def test_the_order_to_wipe_on_a_stream_is_signed(
    server: Served, studio: Studio, phone: Json, at: Any
) -> None:
    async with server.listening(bearer(phone), **await at()) as ear:
        await deactivated(studio, phone)
        last = await ear.named()
    assert last is not None
    order = last.data["wipe_order"]
    told = decode(order, PyJWK(phone["wipe_key"]), algorithms=["ES256"], audience="studio-device")
    assert (told["sub"], told["uid"]) == (phone["device"]["id"], str(studio.uid))
    receipt = await studio.client.post("/v1/devices/me/wiped", json={"wipe_order": order})
    assert receipt.status_code == 200


async def test_a_stream_ends_with_its_token(
    server: Served, phone: Json, keys: KeyRing, held: Any, at: Any
) -> None:
    known, claims = await at(), verify_access(keys, phone["access_token"])
    held(clock.now() - timedelta(minutes=14, seconds=58))
    short = issue_access(keys, Claims(*(getattr(claims, name) for name in _IDS)))
    held(None)
    async with server.listening({"Authorization": f"Bearer {short}"}, **known) as ear:
        last = await ear.named()
        assert last is not None
        assert (last.name, last.data["code"]) == ("refused", "token_expired")
        assert await ear.next() is None


_IDS = ("account_id", "user_id", "sign_in_id", "device_id")


async def test_a_fourth_stream_of_a_sign_in_ends_the_oldest(server: Served, phone: Json, at: Any) -> None:
    known = await at()
    async with AsyncExitStack() as open_ones:
        ears = [
            await open_ones.enter_async_context(server.listening(bearer(phone), **known))
            for _ in range(PER_SIGN_IN + 1)
        ]
        last = await ears[0].named()
        assert last is not None
        assert (last.name, last.data["reason"]) == ("end", "replaced")


async def test_streams_hold_nothing_of_the_database(
    server: Served, studio: Studio, phone: Json, at: Any
) -> None:
    known = await at()
    phones = [phone, *[await studio.signed_in(device=studio.phone()) for _ in range(2)]]
    async with AsyncExitStack() as open_ones:
        ears = [
            await open_ones.enter_async_context(server.listening(bearer(each), **known)) for each in phones
        ]
        # The pool has two connections, fewer than there are streams.
        assert (await server.client.get("/v1/sync/manifest", headers=bearer(phone))).status_code == 200
        revision = await push(studio, phone)
        assert [(await ear.poke())[0] for ear in ears] == [revision] * 3


async def test_who_was_deaf_hears_what_was_missed(
    server: Served, studio: Studio, phone: Json, at: Any, server_url: str
) -> None:
    async with server.listening(bearer(phone), **await at()) as ear:
        owner = await asyncpg.connect(server_url)
        ended = await owner.fetch(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE application_name = 'studio live' AND datname = $1",
            await _database_of(studio),
        )
        await owner.close()
        # Those of both servers, and of whatever else listens in this worker.
        assert len(ended) >= 2
        assert all(row[0] for row in ended)
        revision = await push(studio, phone)
        assert (await ear.poke())[0] == revision


async def _database_of(studio: Studio) -> str:
    async with studio.database.directory() as connection:
        name: str = await connection.fetchval("SELECT current_database()")
    return name


async def test_a_stream_shows_that_it_lives_and_ends_after_a_while(settings: Settings, phone: Json) -> None:
    quick = settings.model_copy(update={"live_heartbeat_seconds": 1, "live_seconds": 2})
    async with serving(quick) as server, server.listening(bearer(phone)) as ear:
        told: list[Event] = []
        while (event := await ear.next()) is not None:
            told.append(event)
    assert [event.name for event in (told[0], told[-1])] == ["poke", "end"]
    assert [event.comment for event in told[1:-1]] == ["ping"] * (len(told) - 2)
    assert len(told) > 2
    assert told[-1].data["reason"] == "renew"
    assert told[-1].retry == round(told[-1].data["retry_after"] * 1000)


@pytest.mark.parametrize(
    ("limit", "refusal"),
    [("live_streams_per_account", (429, "too_many_streams")), ("live_streams", (503, "unavailable"))],
)
async def test_too_many_are_asked_to_come_back(
    settings: Settings, studio: Studio, phone: Json, limit: str, refusal: tuple[int, str]
) -> None:
    second = await studio.signed_in(device=studio.phone())
    async with serving(settings.model_copy(update={limit: 1})) as server:
        async with server.listening(bearer(phone)):
            answer = await server.client.get("/v1/sync/live", headers=bearer(second))
            assert (answer.status_code, answer.json()["code"]) == refusal
            assert int(answer.headers["retry-after"]) > 0
            assert (await server.client.get("/v1/sync/wait", headers=bearer(second))).is_error
        # The place is free again as soon as the server has noticed.
        async with asyncio.timeout(30):
            while (await server.client.get("/v1/sync/wait", headers=bearer(second))).is_error:
                pass


async def test_a_stream_ends_at_once_when_the_server_is_about_to_stop(
    settings: Settings, phone: Json
) -> None:
    async with serving(settings) as server, server.listening(bearer(phone)) as ear:
        await ear.poke()
        server.watchers.close()
        last = await ear.named()
        assert last is not None
        assert (last.name, last.data["reason"]) == ("end", "restart")
        assert 1 <= last.data["retry_after"] <= 11
        assert (await server.client.get("/v1/sync/live", headers=bearer(phone))).status_code == 503


async def test_a_long_poll_answers_at_once_who_is_behind(server: Served, phone: Json, at: Any) -> None:
    known = await at()
    for asked in ({}, {"revision": known["revision"] + 1}, {**known, "scope_version": 99}):
        answer = await server.client.get("/v1/sync/wait", params=asked, headers=bearer(phone))
        assert answer.json() == {**known, "has_changed": True}


async def test_a_long_poll_waits_for_the_next_write(
    server: Served, studio: Studio, phone: Json, at: Any
) -> None:
    asked = server.client.get("/v1/sync/wait", params={**await at(), "seconds": 30}, headers=bearer(phone))
    waiting = asyncio.create_task(asked)
    revision = await push(studio, phone)
    assert (await waiting).json()["revision"] == revision


async def test_a_long_poll_ends_with_no_news(server: Served, phone: Json, at: Any) -> None:
    known = await at()
    asked = {**known, "seconds": 0}
    answer = await server.client.get("/v1/sync/wait", params=asked, headers=bearer(phone))
    assert answer.json() == {**known, "has_changed": False}


async def test_a_long_poll_is_refused_when_its_phone_is(
    server: Served, studio: Studio, phone: Json, at: Any
) -> None:
    asked = server.client.get("/v1/sync/wait", params={**await at(), "seconds": 30}, headers=bearer(phone))
    waiting = asyncio.create_task(asked)
    await deactivated(studio, phone)
    answer = await waiting
    assert (answer.status_code, answer.json()["code"]) == (403, "device_deactivated")
    assert answer.json()["wipe_order"]


@pytest.mark.parametrize("path", ["live", "wait"])
async def test_an_app_that_is_too_old_does_not_wait(settings: Settings, studio: Studio, path: str) -> None:
    old = await studio.signed_in(device={**studio.phone(), "schema_version": 1})
    async with serving(settings.model_copy(update={"minimum_schema_version": 2})) as server:
        answer = await server.client.get(f"/v1/sync/{path}", headers=bearer(old))
    assert (answer.status_code, answer.json()["code"]) == (426, "client_too_old")
