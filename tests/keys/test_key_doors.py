"""Which doors API keys may go through: those that are named, as their owner, and no others."""

import random
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from fastapi import FastAPI

from app.core.db import Database
from app.main import doors
from app.sync import registry
from tests.accounts.studios import Studio, new_studio
from tests.attacks.conftest import SEED, Victim, check, gentle
from tests.attacks.line import Answered, Line
from tests.attacks.test_other_accounts import named, same
from tests.attacks.test_tokens_everywhere import mutations
from tests.house.requests import A_FEW, COLLECTIONS, Route, routes
from tests.keys.conftest import Program, a_key, by, code

FOR_ANY = {
    "sync_manifest",
    "sync_live",
    "sync_wait",
    "api_keys_me",
    "feed_read",
    "hubs_list",
    "schedule_read",
    "staff_list",
}
"""What a key of no level is answered: what moves, what people are called, and nothing of clients."""


def guarded() -> list[Route]:
    """Return what wants a token or a key."""
    return [each for each in routes() if each.is_guarded]


def is_open(route: Route) -> bool:
    """Say whether the document lets keys in."""
    return any("ApiKey" in each for each in route.operation["security"])


async def ask(line: Line, key: Program, route: Route, given: Mapping[str, str] | None = None) -> Answered:
    """Ask a route as its examples say, but for what is given."""
    content = orjson.dumps(route.body) if route.body is not None else b""
    kind = {"Content-Type": "application/json"} if content else {}
    query = gentle(route)
    target = route.address(given).encode() + (b"?" + query if query else b"")
    return await line.ask(route.verb, target, {**kind, **route.preconditions, **key.headers}, content)


def a_few() -> list[Route]:
    """Return the same, of collections a few: they are the same doors."""
    return [each for each in guarded() if each.tag not in COLLECTIONS - A_FEW]


@pytest.fixture(scope="module")
async def everything(owner: Program) -> Program:
    """Return a key that has all its owner has."""
    features = (await owner.get("api-keys"))["features"]
    return await a_key(owner, dict.fromkeys(features, "full_access"))


async def test_each_door_is_as_the_document_says(house: FastAPI, everything: Program) -> None:
    line, asked = Line(house), {True: 0, False: 0}
    for route in guarded():
        answered = await ask(line, everything, route)
        told = (route.operation["operationId"], answered.status, answered.content[:300])
        asked[is_open(route)] += 1
        assert answered.status != 401, told
        assert (answered.code == "key_not_welcome") is not is_open(route), told
        check(route, answered, everything.key)
    assert min(asked.values()) > 80, asked
    await everything.get("api-keys/me")


async def test_a_key_of_no_level_reads_nothing_and_changes_nothing(
    database: Database, house: FastAPI, http: httpx.AsyncClient
) -> None:
    studio = await new_studio(database, http, house.state.keys)
    admin = Program(http, await studio.administrator())
    key, line = await a_key(admin, {}), Line(house)
    await admin.ask("POST", "clients", {"last_name": "Lee"})
    before = (await admin.get("sync/wait?seconds=0"))["revision"]
    answered_well = set()
    for route in guarded():
        if is_open(route):
            answered = await ask(line, key, route)
            check(route, answered, key.key)
            if answered.status < 400:
                answered_well.add(route.operation["operationId"])
                assert b"Lee" not in answered.content, route.path
    assert answered_well <= FOR_ANY, answered_well - FOR_ANY
    assert (await admin.get("sync/wait?seconds=0"))["revision"] == before


async def test_no_door_opens_to_a_key_that_was_changed(house: FastAPI, everything: Program) -> None:
    line = Line(house)
    for route in a_few():
        dice = random.Random(f"{SEED} {route.operation['operationId']}")  # noqa: S311 - no secret
        for changed in mutations(dice, everything.key, 2):
            answered = await ask(line, by(everything.client, changed), route)
            assert (answered.status, answered.code) == (401, "invalid_token"), (route.path, changed[:200])


async def test_an_id_of_another_account_is_as_unknown_to_a_key_as_any(
    house: FastAPI, everything: Program, victim: Victim
) -> None:
    line, before = Line(house), await victim.revision()
    for route in filter(is_open, a_few()):
        names = named(route, "path")
        unknown = await ask(line, everything, route, dict.fromkeys(names, str(uuid4())))
        for name in ("clients", "tasks", "users") if names else ():
            given = dict.fromkeys(names, victim.ids[name])
            answered = await ask(line, everything, route, given)
            check(route, answered, *given.values())
            assert (answered.status, same(answered.content)) == (unknown.status, same(unknown.content))
    assert await victim.revision() == before


async def test_a_person_s_inbox_and_people_s_ways_are_closed(everything: Program) -> None:
    closed: list[tuple[str, str, Any]] = [
        ("GET", "inbox", None),
        ("GET", "sync/inbox", None),
        ("GET", "users", None),
        ("GET", "api-keys", None),
        ("POST", "api-keys", {"name": "Mine", "levels": {}}),
        ("POST", "sync/pull", {}),
        ("POST", "auth/logout", None),
        ("GET", "mail-server", None),
        ("POST", "calendar-feeds", {}),
    ]
    for verb, path, body in closed:
        assert code(await everything.ask(verb, path, body)) == (403, "key_not_welcome"), path


def test_a_route_nobody_thought_of_is_closed() -> None:
    made = doors()

    class Unknown:
        tags = ("something_new",)
        operation_id = "something_new_list"

    assert not made.let_in(Unknown, {})
    assert made.subjects == {"inbox"}
    named = {each.operation["operationId"] for each in routes()}
    assert made.operations <= named
    assert made.closed <= named
    assert made.tags <= {each.tag for each in routes()} | {"desk"}
    assert registry.named("inbox")


async def test_a_key_of_one_account_finds_nothing_of_another(
    studio: Studio, everything: Program, database: Database, house: FastAPI, http: httpx.AsyncClient
) -> None:
    other = await new_studio(database, http, house.state.keys)
    admin = Program(http, await other.administrator())
    made = (await admin.ask("POST", "clients", {"last_name": "Xyzzyva"})).json()
    for verb, path in (("GET", f"clients/{made['id']}"), ("DELETE", f"clients/{made['id']}")):
        refused = await everything.ask(verb, path, if_match="*")
        assert code(refused) == (404, "unknown_record")
    assert "Xyzzyva" not in str(await everything.get("clients"))
    assert "Xyzzyva" not in str(await everything.get("feed"))
    theirs = await admin.get("feed")
    assert code(await everything.ask("GET", f"feed?cursor={theirs['cursor']}")) == (400, "cursor_foreign")
    assert studio.account.account_id != other.account.account_id
