"""API keys: told once, capped by their owner, ended at once, and never taken for anything else."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.accounts import store
from app.accounts.keys import use
from app.accounts.keys.jobs import forget_old
from app.accounts.keys.keeping import KEPT, MOST
from app.accounts.keys.tokens import PREFIX, new_key
from app.accounts.tokens import Claims
from app.core import clock
from app.core.db import Database
from app.core.keys import load_keys
from app.core.principal import Principal
from app.core.settings import Settings
from app.http.limits import RateLimits
from app.sync.live.watcher import Watcher
from tests.accounts.studios import Studio, bearer, new_studio
from tests.keys.conftest import LEVELS, Program, a_key, activate_security, by, code, give

INVALID = (401, "invalid_token")


@pytest.fixture
async def hold() -> AsyncIterator[Callable[[datetime], None]]:
    """Hold the clock at an instant until the test ends."""
    yield clock.hold
    clock.hold(None)


async def test_a_key_is_told_once_and_kept_nowhere(
    studio: Studio, owner: Program, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = await owner.ask("POST", "api-keys", {"name": "Widget", "levels": LEVELS})
    told = made.json()
    key, secret = told.pop("key"), told["id"]
    assert key.startswith(PREFIX)
    assert len(key) == 111
    assert told["hint"] == key[-4:]
    assert made.headers["cache-control"] == "no-store"
    await by(studio.client, key).get("api-keys/me")
    shown = await owner.ask("GET", f"api-keys/{secret}")
    assert shown.json() == {**told, "last_used_at": shown.json()["last_used_at"], "last_network": None}
    for table in ("api_keys", "audit_entries", "idempotent_answers"):
        rows = await studio.execute(f"SELECT t::text FROM {table} t WHERE account_id = $1")
        assert not any(key[4:40] in str(row) or key[-40:] in str(row) for row in rows), table
    assert key[4:] not in caplog.text
    listed = await owner.get("api-keys")
    assert secret in {each["id"] for each in listed["keys"]}
    assert key not in str(listed)
    assert {"clients", "lists"} < set(listed["features"])
    assert not {"users", "api_keys"} & set(listed["features"])


async def test_a_key_has_its_own_levels_and_no_others(owner: Program) -> None:
    key = await a_key(owner)
    me = await key.get("api-keys/me")
    assert {name: level for name, level in me["levels"].items() if level != "no_access"} == LEVELS
    assert me["id"] == key.id
    assert (await key.get("clients"))["records"] == []
    denied = await key.ask("GET", "invoices")
    assert code(denied) == (403, "permission_denied")
    assert (denied.json()["feature"], denied.json()["level"]) == ("invoices", "view_only")
    assert code(await key.ask("POST", "clients", {"last_name": "Lee"})) == (403, "permission_denied")
    assert code(await owner.ask("GET", "api-keys/me")) == (404, "api_key_not_found")


async def test_other_levels_count_from_the_next_request_on(owner: Program) -> None:
    key = await a_key(owner)
    told = await owner.ask("GET", f"api-keys/{key.id}")
    changed = await owner.ask(
        "PATCH", f"api-keys/{key.id}", {"levels": {"tasks": "view_only"}}, if_match=told.headers["etag"]
    )
    assert changed.json()["levels"] == {"tasks": "view_only"}
    assert code(await key.ask("GET", "clients")) == (403, "permission_denied")
    stale = await owner.ask("PATCH", f"api-keys/{key.id}", {"name": "B"}, if_match=told.headers["etag"])
    assert stale.status_code == 412
    assert code(await owner.ask("PATCH", f"api-keys/{key.id}", {"name": "B"})) == (
        428,
        "precondition_required",
    )


@pytest.mark.parametrize(
    ("levels", "fault"),
    [
        ({"users": "view_only"}, "not_for_keys"),
        ({"api_keys": "full_access"}, "not_for_keys"),
        ({"nothing": "view_only"}, "unknown_feature"),
    ],
)
async def test_what_is_for_people_is_given_to_no_key(
    owner: Program, levels: dict[str, str], fault: str
) -> None:
    refused = await owner.ask("POST", "api-keys", {"name": "Widget", "levels": {**LEVELS, **levels}})
    assert code(refused) == (422, "invalid_scopes")
    assert refused.json()["fields"] == [{"path": f"body.levels.{next(iter(levels))}", "code": fault}]


async def test_a_key_loses_what_its_owner_loses_and_nobody_gives_more_than_they_have(
    database: Database, house: FastAPI, http: httpx.AsyncClient
) -> None:
    studio = await new_studio(database, http, house.state.keys)
    admin = Program(http, await studio.administrator())
    await activate_security(admin)
    pat = Program(http, bearer(await studio.signed_in(device=None)))
    user = studio.photographer.user_id
    assert code(await pat.ask("POST", "api-keys", {"name": "A", "levels": {}})) == (403, "permission_denied")
    own = {"api_keys": "add_modify", "invoices": "view_only"}
    await give(admin, user, **own)
    more = {"name": "A", "levels": {"invoices": "add_only"}}
    assert code(await pat.ask("POST", "api-keys", more)) == (403, "permission_denied")
    key = await a_key(pat, {"invoices": "view_only"})
    other = await a_key(admin)
    assert [each["id"] for each in (await pat.get("api-keys"))["keys"]] == [key.id]
    assert code(await pat.ask("GET", f"api-keys/{other.id}")) == (404, "api_key_not_found")
    assert code(await pat.ask("POST", f"api-keys/{other.id}/revoke")) == (404, "api_key_not_found")
    await key.get("invoices")
    tag = (await admin.ask("GET", f"api-keys/{key.id}")).headers["etag"]
    wider = {"levels": {"invoices": "view_only", "clients": "view_only"}}
    refused = await admin.ask("PATCH", f"api-keys/{key.id}", wider, if_match=tag)
    assert code(refused) == (422, "invalid_scopes")
    assert refused.json()["fields"] == [{"path": "body.levels.clients", "code": "not_lower"}]
    await give(admin, user, api_keys="full_access")
    fewer = {"levels": {"clients": "view_only"}}
    lowered = await pat.ask("PATCH", f"api-keys/{other.id}", fewer, if_match='"1"')
    assert lowered.status_code == 200, "less is nothing that whoever asks would have to have"
    assert lowered.json()["levels"] == fewer["levels"]
    await give(admin, user, **{**own, "invoices": "no_access"})
    assert code(await key.ask("GET", "invoices")) == (403, "permission_denied")
    assert (await key.get("api-keys/me"))["levels"]["invoices"] == "no_access"
    await give(admin, user, **{**own, "invoices": "full_access"})
    assert (await key.get("api-keys/me"))["levels"]["invoices"] == "view_only"
    found = await admin.ask("GET", f"users/{user}")
    await admin.ask("PATCH", f"users/{user}", {"is_active": False}, if_match=found.headers["etag"])
    assert code(await key.ask("GET", "invoices")) == (403, "user_inactive")
    assert (await admin.ask("POST", f"api-keys/{key.id}/revoke")).status_code == 200
    await studio.execute("UPDATE accounts SET subscription_state = 'cancelled' WHERE account_id = $1")
    assert code(await other.ask("GET", "clients")) == (403, "subscription_inactive")


async def test_a_revoked_key_opens_nothing_and_what_it_waits_with_ends(
    studio: Studio, owner: Program, house: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, account = await a_key(owner), studio.account.account_id
    revision = (await key.get("sync/wait?seconds=0"))["revision"]
    scope = (await key.get(f"sync/wait?seconds=0&revision={revision}"))["scope_version"]
    wait = f"sync/wait?seconds=55&revision={revision}&scope_version={scope}"
    entered = asyncio.Event()
    enter = house.state.watchers.enter

    def entering(claims: Claims) -> Watcher:
        entered.set()
        watcher: Watcher = enter(claims)
        return watcher

    monkeypatch.setattr(house.state.watchers, "enter", entering)
    waiting = asyncio.create_task(key.ask("GET", wait))
    async with asyncio.timeout(30):
        await entered.wait()
    revoked = await owner.ask("POST", f"api-keys/{key.id}/revoke")
    assert (revoked.json()["is_living"], revoked.json()["revoked_by"]) == (False, revoked.json()["owner_id"])
    house.state.watchers.wake(account)
    assert code(await waiting) == INVALID
    assert code(await key.ask("GET", "clients")) == INVALID
    ended = await owner.ask("POST", f"api-keys/{key.id}/revoke")
    assert code(ended) == (409, "api_key_ended")
    tag = revoked.headers["etag"]
    assert code(await owner.ask("PATCH", f"api-keys/{key.id}", {"name": "B"}, if_match=tag)) == code(ended)


async def test_a_key_ends_by_itself_and_is_forgotten_a_year_later(
    studio: Studio, owner: Program, hold: Callable[[datetime], None]
) -> None:
    key, now = await a_key(owner, days=3), clock.now()
    hold(now + timedelta(days=3, minutes=-1))
    await key.get("clients")
    hold(now + timedelta(days=3, minutes=9))
    assert code(await key.ask("GET", "clients")) == INVALID
    used_at = "SELECT last_used_at FROM api_keys WHERE account_id = $1 AND key_id = $2"
    [[used]] = await studio.execute(used_at, UUID(key.id))
    assert used == now + timedelta(days=3, minutes=-1), "it is no use of a key that has ended"
    who = Principal.system(studio.account.account_id)
    listed = "SELECT count(*) FROM api_keys WHERE account_id = $1 AND key_id = $2"
    for wait, left in ((KEPT, 1), (KEPT + timedelta(days=4), 0)):
        hold(now + wait)
        await forget_old(studio.database, who)
        [[count]] = await studio.execute(listed, UUID(key.id))
        assert count == left


async def test_no_more_keys_live_than_there_may_be(
    database: Database, house: FastAPI, http: httpx.AsyncClient
) -> None:
    studio = await new_studio(database, http, house.state.keys)
    admin = Program(http, await studio.administrator())
    key = await a_key(admin)
    await studio.execute(
        "INSERT INTO api_keys"
        " SELECT (jsonb_populate_record(k, jsonb_build_object('key_id', gen_random_uuid()))).*"
        " FROM api_keys k, generate_series(1, $2) WHERE account_id = $1",
        MOST - 2,
    )
    body = {"name": "One more", "levels": {}}
    made = await asyncio.gather(*(admin.ask("POST", "api-keys", body) for _ in range(3)))
    assert sorted(each.status_code for each in made) == [201, 409, 409]
    refused = next(each for each in made if each.status_code == 409)
    assert (refused.json()["code"], refused.json()["limit"]) == ("too_many_api_keys", MOST)
    await admin.ask("POST", f"api-keys/{key.id}/revoke")
    assert (await admin.ask("POST", "api-keys", body)).status_code == 201


async def test_what_a_key_is_answered_under_an_idempotency_key_is_its_own(owner: Program) -> None:
    key, once = await a_key(owner), str(uuid4())
    sent = {"last_name": "Lee"}
    made = await owner.ask("POST", "clients", sent, idempotency_key=once)
    assert made.status_code == 201
    assert code(await key.ask("POST", "clients", sent, idempotency_key=once)) == (403, "permission_denied")
    again = await owner.ask("POST", "clients", sent, idempotency_key=once)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    own = str(uuid4())
    for replayed in (None, "true"):
        done = await key.ask("POST", "tasks", {"subject": "Call"}, idempotency_key=own)
        assert (done.status_code, done.headers.get("idempotent-replayed")) == (201, replayed), done.text


async def test_the_trail_says_that_it_was_a_key_and_whose(studio: Studio, owner: Program) -> None:
    key = await a_key(owner)
    made = await key.ask("POST", "tasks", {"subject": "Call"})
    [entry] = await studio.execute(
        "SELECT channel, initials, user_id FROM audit_entries WHERE account_id = $1 AND record_id = $2",
        made.json()["id"],
    )
    owned = (await owner.get(f"api-keys/{key.id}"))["owner_id"]
    assert tuple(entry) == ("key", "JD", UUID(owned))
    told = await owner.get("audit?channel=key")
    assert made.json()["id"] in {each["record_id"] for each in told["entries"]}
    [kept] = await studio.execute(
        "SELECT after::text FROM audit_entries WHERE account_id = $1 AND record_id = $2", key.id
    )
    assert "Booking widget" in str(kept)


async def test_a_use_is_noted_behind_the_answer_once_in_five_minutes(
    studio: Studio, owner: Program, hold: Callable[[datetime], None]
) -> None:
    now = clock.now()
    hold(now)
    key = await a_key(owner)
    revision = (await key.get("sync/wait?seconds=0"))["revision"]
    hold(now + timedelta(minutes=4))
    await key.get("clients")
    assert (await owner.get(f"api-keys/{key.id}"))["last_used_at"] == now.isoformat().replace("+00:00", "Z")
    hold(now + timedelta(minutes=6))
    await asyncio.gather(*(key.get("clients") for _ in range(5)))
    [[used]] = await studio.execute(
        "SELECT last_used_at FROM api_keys WHERE account_id = $1 AND key_id = $2", UUID(key.id)
    )
    assert used == now + timedelta(minutes=6)
    assert UUID(key.id) in use._noted
    # It took no turn: nobody was poked for it.
    assert (await key.get("sync/wait?seconds=0"))["revision"] == revision


async def test_a_use_by_somebody_who_hangs_up_is_noted_too(
    studio: Studio, owner: Program, house: FastAPI
) -> None:
    key = await a_key(owner)
    heard = iter([{"type": "http.request", "body": b"{}", "more_body": False}])
    headers = {
        "host": "studio.test",
        "content-type": "application/json",
        "content-length": "2",
        **key.headers,
    }
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/tasks",
        "raw_path": b"/v1/tasks",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("203.0.113.9", 40_000),
        "server": ("studio.test", 80),
    }

    async def receive() -> dict[str, Any]:
        return next(heard, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        raise AssertionError(f"nobody is there to be told {message}")

    async with house.state.database.writing(studio.account.account_id):
        await house(scope, receive, send)
    used_from = "SELECT last_network FROM api_keys WHERE account_id = $1 AND key_id = $2"
    [[network]] = await studio.execute(used_from, UUID(key.id))
    assert network == "203.0.113.9"


async def test_a_key_s_copy_holds_back_what_is_forgotten_for_as_long_as_it_lives(
    studio: Studio, owner: Program
) -> None:
    key = await a_key(owner)
    async with studio.database.reading(studio.account.account_id) as session:
        assert UUID(key.id) in await store.list_copies(session)
    await owner.ask("POST", f"api-keys/{key.id}/revoke")
    async with studio.database.reading(studio.account.account_id) as session:
        assert UUID(key.id) not in await store.list_copies(session)


def forged(key: str, tmp: Any) -> dict[str, str]:
    """Return what is no key, by what is wrong with it."""
    others, _ = new_key(load_keys(Settings(data_dir=tmp)), uuid4(), uuid4())
    place = 30
    changed = key[:place] + ("A" if key[place] != "A" else "B") + key[place + 1 :]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # Four letters stand for the same bytes at the end: one of them is the form of a key.
    twin = letters[letters.index(key[-1]) ^ 1]
    return {
        "changed": changed,
        "another form of the same": key[:-1] + twin,
        "shorter": key[:-1],
        "longer": key + "A",
        "padded": key + "=",
        "another installation's": others,
        "nothing but the beginning": PREFIX,
        "huge": PREFIX + "A" * 10_000,
        "in capitals": key.upper(),
        "no letters": PREFIX + "\u00e9" * 107,
    }


async def test_what_is_no_key_is_refused_before_the_database_is_asked(
    owner: Program, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await a_key(owner)

    def asked(*_: Any, **__: Any) -> Any:
        raise AssertionError("the database was asked")

    for door in ("reading", "writing", "asking", "beside"):
        monkeypatch.setattr(Database, door, asked)
    for name, text in forged(key.key, tmp_path).items():
        headers = [(b"authorization", f"Bearer {text}".encode())]
        answer = await owner.client.get("/v1/clients", headers=headers)
        assert code(answer) == INVALID, name
        assert text not in answer.text
    basic = await owner.client.get("/v1/clients", headers={"Authorization": f"Basic {key.key}"})
    assert code(basic) == INVALID
    told = await owner.client.get(f"/v1/clients?access_token={key.key}", headers=key.headers)
    assert code(told) == (400, "bad_request")


async def test_a_key_of_ours_with_another_secret_opens_nothing(
    studio: Studio, owner: Program, house: FastAPI
) -> None:
    key = await a_key(owner)
    text, _ = new_key(house.state.keys, studio.account.account_id, UUID(key.id))
    assert code(await by(owner.client, text).ask("GET", "clients")) == INVALID
    unknown, _ = new_key(house.state.keys, studio.account.account_id, uuid4())
    assert code(await by(owner.client, unknown).ask("GET", "clients")) == INVALID
    elsewhere, _ = new_key(house.state.keys, uuid4(), UUID(key.id))
    assert code(await by(owner.client, elsewhere).ask("GET", "clients")) == INVALID


async def test_a_key_is_told_how_it_stands_with_its_limit(
    owner: Program, house: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await a_key(owner)
    limits = RateLimits(per_address=100_000, per_caller=100_000, per_key=3)
    monkeypatch.setitem(house.state._state, "limits", limits)
    left = []
    for _ in range(3):
        answer = await key.ask("GET", "clients")
        assert answer.headers["ratelimit-policy"] == '"key";q=3;w=60'
        name, remaining, resets = answer.headers["ratelimit"].split(";")
        assert name == '"key"'
        assert 0 < int(resets.removeprefix("t=")) <= 60
        left.append(int(remaining.removeprefix("r=")))
    assert left == [2, 1, 0]
    refused = await key.ask("GET", "clients")
    assert code(refused) == (429, "rate_limited")
    assert refused.headers.get_list("ratelimit-policy") == ['"key";q=3;w=60']
    assert refused.headers["ratelimit"].startswith('"key";r=0;t=')
    assert "ratelimit" not in (await owner.ask("GET", "clients")).headers
    assert (await owner.get("limits"))["requests"]["per_minute_per_key"] > 0


@pytest.mark.parametrize(
    "body",
    [
        {"name": "two\nlines", "levels": {}},
        {"name": "x" * 81, "levels": {}},
        {"name": "A", "levels": {"clients": "everything"}},
        {"name": "A", "levels": {}, "days": 731},
        {"name": "A", "levels": {}, "days": 0},
        {"name": "A"},
    ],
)
async def test_a_key_that_cannot_be_is_not_made(owner: Program, body: dict[str, Any]) -> None:
    assert code(await owner.ask("POST", "api-keys", body)) == (422, "invalid_request")
