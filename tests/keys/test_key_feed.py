"""The feed of a key is all that the key may read, no more and no less, whatever rights become meanwhile."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from app.core.principal import Level
from app.sync import registry
from tests.accounts.studios import Studio, bearer, new_studio
from tests.contract.phones import signed_in
from tests.keys.conftest import Program, a_key, activate_security, code, give

Record = dict[str, Any]
FEATURES = ("clients", "client_notes", "tasks", "phone_calls", "lists")
OF = {"clients": "clients", "tasks": "tasks", "phone_calls": "phone_calls", "client_groups": "lists"}


@dataclass
class Poller:
    """What a program keeps that follows the feed."""

    key: Program
    collections: str | None = None
    rows: int = 2_000
    cursor: str | None = None
    records: dict[str, dict[str, Record]] = field(default_factory=dict)
    evicted: set[str] = field(default_factory=set)

    async def poll(self) -> list[Record]:
        """Ask until all is there, and return the pages."""
        pages: list[Record] = []
        while not pages or pages[-1]["has_more"]:
            asked = {"cursor": self.cursor, "collections": self.collections, "max_rows": self.rows}
            query = httpx.QueryParams({name: each for name, each in asked.items() if each is not None})
            pages.append(await self.key.get(f"feed?{query}"))
            self._keep(pages[-1])
        assert pages[-1]["consistent"]
        assert pages[-1]["usable"]
        return pages

    def _keep(self, page: Record) -> None:
        for name, changes in page["changes"].items():
            kept = self.records.setdefault(name, {})
            kept |= {each["id"]: each for each in changes["put"]}
            self.evicted |= {*changes["evict"]}
            for gone in (*changes["del"], *changes["evict"]):
                kept.pop(gone, None)
        self.cursor = page["cursor"]

    def held(self) -> dict[str, dict[str, Record]]:
        """Return what there is, by collection."""
        return {name: each for name, each in self.records.items() if each}


async def readable(key: Program) -> dict[str, dict[str, Record]]:
    """Return all that can be read one list after the other."""
    found: dict[str, dict[str, Record]] = {}
    for each in registry.collections():
        if each.is_for_people:
            continue
        records, page = dict[str, Record](), ""
        while True:
            answer = await key.ask("GET", f"{each.name}?limit=500{page}")
            if answer.status_code == 403:
                assert answer.json()["code"] == "permission_denied"
                break
            told = answer.json()
            records |= {record["id"]: record for record in told["records"]}
            if told["next_page"] is None:
                break
            page = f"&page={told['next_page']}"
        if records:
            found[each.name] = records
    return found


@dataclass
class Team:
    """A studio in which rights count, with an administrator, a photographer, and a few records."""

    studio: Studio
    admin: Program
    pat: Program
    ids: dict[str, str]
    given: dict[str, str] = field(default_factory=dict)

    async def may(self, **levels: str) -> None:
        """Give the photographer levels."""
        self.given = levels
        await give(self.admin, self.studio.photographer.user_id, api_keys="add_modify", **levels)

    async def set_key(self, key: Program, levels: Mapping[str, str]) -> None:
        """Have the photographer give a key levels that they have then, and perhaps not afterwards."""
        given = self.given
        await self.may(**dict.fromkeys(FEATURES, "full_access"))
        tag = (await self.pat.ask("GET", f"api-keys/{key.id}")).headers["etag"]
        changed = await self.pat.ask("PATCH", f"api-keys/{key.id}", {"levels": dict(levels)}, if_match=tag)
        assert changed.status_code == 200, changed.text
        await self.may(**given)


async def made(who: Program, collection: str, **fields: Any) -> str:
    """Create a record and return its id."""
    answer = await who.ask("POST", collection, fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture(scope="module")
async def team(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Team:
    """Make a studio with a few records, some of them private."""
    studio = await new_studio(database, http, house.state.keys)
    admin = Program(http, await studio.administrator())
    await activate_security(admin)
    pat = Program(http, bearer(await studio.signed_in(device=None)))
    people = (await admin.get("users"))["users"]
    boss = next(each["id"] for each in people if each["initials"] == "JD")
    alone = {"is_private": True, "assigned_user_id": str(studio.photographer.user_id)}
    ids = {
        "client": await made(admin, "clients", last_name="Lee", notes="Owes us a cake"),
        "another": await made(admin, "clients", last_name="Moss"),
        "group": await made(admin, "client_groups", description="Friends"),
        "task": await made(admin, "tasks", subject="Call"),
        "own": await made(pat, "tasks", subject="Order frames", **alone),
        "others": await made(admin, "tasks", subject="Surprise", is_private=True, assigned_user_id=boss),
    }
    ids["call"] = await made(
        admin, "phone_calls", client_id=ids["client"], subject="Hello", date="2026-06-13"
    )
    return Team(studio, admin, pat, ids)


@pytest.mark.parametrize("rounds", [5, pytest.param(50, marks=pytest.mark.proof)])
async def test_the_feed_is_what_may_be_read_by_the_lower_of_two_levels(team: Team, rounds: int) -> None:
    """Rights of the owner and of the key change; one poller follows, another begins anew each time."""
    dice = random.Random(f"feed {rounds}")  # noqa: S311 - no secret
    # Levels above viewing read alike; lists cannot be taken from people altogether.
    levels = [Level.NO_ACCESS, Level.VIEW_ONLY, Level.VIEW_ONLY, Level.FULL_ACCESS]
    await team.may(**dict.fromkeys(FEATURES, "full_access"))
    key = await a_key(team.pat, dict.fromkeys(FEATURES, "full_access"))
    follows = Poller(key, rows=3)
    for turn in range(rounds):
        own = {name: dice.choice(levels[1:] if name == "lists" else levels) for name in FEATURES}
        given = {name: dice.choice(levels) for name in FEATURES}
        await team.may(**own)
        await team.set_key(key, given)
        path = f"clients/{team.ids['another']}"
        assert (
            await team.admin.ask("PATCH", path, {"last_name": f"Moss {turn}"}, if_match="*")
        ).status_code == 200
        await follows.poll()
        begins = Poller(key)
        await begins.poll()
        read = await readable(key)
        assert follows.held() == begins.held() == read, (own, given)
        for name, feature in OF.items():
            is_seen = Level.NO_ACCESS not in (own[feature], given[feature])
            assert (name in read) is is_seen, (name, own, given)
            if is_seen and name != "tasks":
                [[count]] = await team.studio.execute(f"SELECT count(*) FROM {name} WHERE account_id = $1")
                assert len(read[name]) == count
        assert "inbox" not in read
        seen = set(read.get("tasks", {}))
        assert seen in (set(), {team.ids["task"], team.ids["own"]})
        if "clients" in read:
            is_told = Level.NO_ACCESS not in (own["client_notes"], given["client_notes"])
            assert ("notes" in read["clients"][team.ids["client"]]) is is_told
        # Never wider than its owner.
        owned = await readable(team.pat)
        assert all(set(each) <= set(owned.get(name, {})) for name, each in read.items())


async def test_what_may_be_seen_no_more_is_evicted_and_comes_back_whole(team: Team) -> None:
    await team.may(**dict.fromkeys(FEATURES, "full_access"))
    key = await a_key(team.pat, {"clients": "view_only", "client_notes": "view_only"})
    poller = Poller(key)
    [first] = await poller.poll()
    assert first["replace"]
    assert poller.records["clients"][team.ids["client"]]["notes"] == "Owes us a cake"
    await team.set_key(key, {"clients": "view_only"})
    [page] = await poller.poll()
    assert not page["replace"]
    assert "notes" not in poller.records["clients"][team.ids["client"]]
    await team.set_key(key, {})
    await poller.poll()
    assert "clients" not in poller.held()
    assert team.ids["client"] in poller.evicted
    await team.set_key(key, {"clients": "view_only", "client_notes": "view_only"})
    await poller.poll()
    assert poller.records["clients"][team.ids["client"]]["notes"] == "Owes us a cake"
    [quiet] = await poller.poll()
    assert quiet["changes"] == {}


async def test_an_owner_s_desk_and_key_never_get_each_other_s_pages(team: Team) -> None:
    """They share the user and have no device: what was compiled for one is not the other's."""
    desk = Poller(team.admin)
    await desk.poll()
    assert team.ids["others"] in desk.records["tasks"]
    key = await a_key(team.admin, {"tasks": "view_only"})
    narrow = Poller(key)
    await narrow.poll()
    assert set(narrow.records["tasks"]) == {team.ids["task"], team.ids["others"]}
    assert "clients" not in narrow.held()
    again = Poller(team.admin)
    await again.poll()
    assert again.held() == desk.held()
    for one, other in ((key, desk), (team.admin, narrow), (await a_key(team.admin, {}), narrow)):
        assert code(await one.ask("GET", f"feed?cursor={other.cursor}")) == (400, "cursor_foreign")


async def test_some_collections_are_asked_for_and_others_refused(team: Team) -> None:
    key = await a_key(team.admin, {"clients": "view_only", "tasks": "view_only"})
    poller = Poller(key, collections="clients,staff", rows=1)
    pages = await poller.poll()
    assert len(pages) > 2
    assert set(poller.held()) == {"clients", "staff"}
    told = await key.get(f"feed?cursor={poller.cursor}&digests=true")
    assert told["digests"]["clients"]["count"] == len(poller.records["clients"])
    other = await key.ask("GET", f"feed?cursor={poller.cursor}&collections=tasks")
    assert code(other) == (400, "cursor_collections")
    assert code(await key.ask("GET", "feed?collections=clowns")) == (422, "unknown_collection")
    assert code(await key.ask("GET", "feed?collections=clients,")) == (422, "invalid_request")
    assert code(await key.ask("GET", "feed?cursor=abc")) == (400, "cursor_malformed")
    assert code(await key.ask("GET", "feed?max_rows=0")) == (422, "invalid_request")
    made = await key.ask("GET", "feed")
    assert made.headers["cache-control"] == "no-store"
    assert "etag" not in made.headers


async def test_a_phone_pulls_and_has_no_feed(team: Team) -> None:
    phone = await signed_in(team.studio)
    refused = await team.admin.client.get("/v1/feed", headers=phone.headers)
    assert code(refused) == (403, "desk_required")


async def test_a_copy_of_a_restored_server_begins_anew(team: Team) -> None:
    key = await a_key(team.admin, {"clients": "view_only"})
    poller = Poller(key)
    await poller.poll()
    [[epoch]] = await team.studio.execute("SELECT epoch FROM account_clock WHERE account_id = $1")
    await team.studio.execute(
        "UPDATE account_clock SET epoch = $2 WHERE account_id = $1 RETURNING 1", uuid4()
    )
    refused = await key.ask("GET", f"feed?cursor={poller.cursor}")
    await team.studio.execute("UPDATE account_clock SET epoch = $2 WHERE account_id = $1 RETURNING 1", epoch)
    assert code(refused) == (410, "resync_required")
    assert (refused.json()["reason"], refused.json()["mode"]) == ("server_restored", "replace")
