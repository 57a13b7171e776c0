"""What a level lets somebody do: every collection, command and verb, at a desk and on a phone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.accounts import features
from app.accounts.groups import create_group
from app.accounts.lifecycle import change_account, set_security
from app.accounts.standing import admit
from app.accounts.tokens import verify_access
from app.accounts.users import NewUser, change_user, create_user
from app.core.db import Database
from app.core.principal import Level, Principal
from app.sync import registry
from app.sync.commands import Command, commands
from app.sync.pull import pull
from app.sync.registry import Collection
from app.sync.schemas import PullRequest
from app.sync.store import Write
from tests.accounts.studios import PASSWORD, Studio, new_studio
from tests.contract.desks import Desk, at_a_desk
from tests.contract.phones import Phone, change, signed_in
from tests.contract.records import another_value, by_server, every, fresh, parents_of, planted, whole
from tests.facts import Property
from tests.samples import named, widen

DENIED = "permission_denied"
NOBODY = UUID(int=1)
GUARDED = [
    ("GET", "devices", "devices", Level.VIEW_ONLY),
    ("GET", f"devices/{NOBODY}", "devices", Level.VIEW_ONLY),
    ("POST", "devices", "devices", Level.ADD_ONLY),
    ("PATCH", f"devices/{NOBODY}", "devices", Level.ADD_MODIFY),
    ("DELETE", f"devices/{NOBODY}", "devices", Level.ADD_MODIFY_DELETE),
    ("PUT", "preferences", "preferences", Level.ADD_MODIFY),
    ("GET", "audit", "audit", Level.VIEW_ONLY),
]
BODIES: Mapping[str, Any] = {"POST": {"user_id": str(NOBODY)}, "PATCH": {"is_inactive": True}, "PUT": {}}


@dataclass(frozen=True)
class Member:
    """Somebody with one level of everything, at a desk and on a phone."""

    user_id: UUID
    level: Level
    desk: Desk
    phone: Phone

    def may(self, feature: str | None, level: Level) -> bool:
        """Say whether the level is enough, as far as the feature can be kept from anybody."""
        if feature is None:
            return True
        found = features.named(feature)
        assert found
        has = self.level if self.level.covers(found.least) else found.least
        return has.covers(level)


@pytest.fixture(scope="module")
async def secured(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Studio:
    """Make an account that has activated security."""
    studio = await new_studio(database, http, house.state.keys)
    await widen(database, studio.account.account_id)
    who = Principal.system(studio.account.account_id)
    async with database.writing(studio.account.account_id) as session:
        await change_account(session, who, licences=20)
        await set_security(session, who, is_active=True)
    return studio


@pytest.fixture(scope="module")
async def members(secured: Studio) -> list[Member]:
    """Make somebody for each level, who has it of everything."""
    return [await _member(secured, level) for level in Level]


async def _member(studio: Studio, level: Level) -> Member:
    initials = f"L{list(Level).index(level)}"
    user = await create_user(studio.database, studio.account, NewUser(initials, PASSWORD, "Lee", "Vell"))
    who = Principal.system(studio.account.account_id)
    of_all = {each.key: level if level.covers(each.least) else each.least for each in features.features()}
    async with studio.database.writing(studio.account.account_id) as session:
        group = await create_group(session, who, f"Those with {level}", of_all)
        await change_user(session, who, user.user_id, group_id=group.group_id)
    await studio.authorize(user=user)
    desk = await at_a_desk(studio, initials=initials)
    words = await studio.signed_in(initials=initials, device=studio.phone())
    headers = {"Authorization": f"Bearer {words['access_token']}"}
    return Member(user.user_id, level, desk, Phone(studio.client, headers, str(user.user_id)))


async def set_level(studio: Studio, member: Member, **levels: Level) -> None:
    """Give somebody levels of their own."""
    async with studio.database.writing(studio.account.account_id) as session:
        who = Principal.system(studio.account.account_id)
        await change_user(session, who, member.user_id, levels=levels)


def is_denied(answer: httpx.Response, feature: str | None, level: Level) -> bool:
    """Say whether a level was wanting; the refusal names it."""
    told = answer.json() if answer.content else {}
    if answer.status_code != 403 or told["code"] != DENIED:
        return False
    assert (told["feature"], told["level"]) == (feature, level)
    return True


@every()
async def test_a_desk_reads_what_its_user_may_view(
    collection: Collection, secured: Studio, members: list[Member], record_property: Property
) -> None:
    related = {}
    if "user_id" in collection.fields:
        related = {"user_id": str(members[0].user_id)}
    record_id = await planted(secured, collection.name)
    for member in members:
        if related:
            await by_server(secured, Write(collection.name, record_id, {"user_id": str(member.user_id)}))
        may = member.may(collection.feature, Level.VIEW_ONLY)
        read = await member.desk.read(collection, record_id)
        listed = await member.desk.ask("GET", f"{collection.name}?limit=1")
        assert [read.status_code, listed.status_code] == ([200, 200] if may else [403, 403]), read.text
        for answer in (read, listed):
            assert is_denied(answer, collection.feature, Level.VIEW_ONLY) is not may
    record_property("counted: rights judged", 2 * len(members))


@every(is_kept_by_server=False)
async def test_a_desk_writes_what_its_user_may(
    collection: Collection, secured: Studio, members: list[Member], record_property: Property
) -> None:
    links = await parents_of(secured, collection)
    for member in members:
        record_id, spec = uuid4(), _changeable(collection)
        await by_server(secured, Write(collection.name, record_id, fresh(collection, **links)))
        record = fresh(collection, **links)
        value = another_value(collection, whole(collection, **links), spec)
        for level, answer in (
            (Level.ADD_ONLY, await member.desk.create(collection, record)),
            (Level.ADD_MODIFY, await member.desk.change(collection, record_id, {spec.name: value})),
            (Level.ADD_MODIFY_DELETE, await member.desk.delete(collection, record_id)),
        ):
            may = member.may(collection.feature, level)
            assert is_denied(answer, collection.feature, level) is not may, (member.level, answer.text)
            assert answer.is_success is may, answer.text
    record_property("counted: rights judged", 3 * len(members))


@every(is_writable=True)
async def test_a_phone_pushes_what_its_user_may_and_loses_nothing(
    collection: Collection, secured: Studio, members: list[Member], record_property: Property
) -> None:
    links = await parents_of(secured, collection)
    for member in members:
        record_id, spec = uuid4(), _changeable(collection)
        await by_server(secured, Write(collection.name, record_id, fresh(collection, **links)))
        value = another_value(collection, whole(collection, **links), spec)
        results = await member.phone.push(
            change("create", collection.name, uuid4(), **fresh(collection, **links)),
            change("patch", collection.name, record_id, **{spec.name: value}),
            change("delete", collection.name, record_id),
        )
        for level, result in zip(
            (Level.ADD_ONLY, Level.ADD_MODIFY, Level.ADD_MODIFY_DELETE), results, strict=True
        ):
            if member.may(collection.feature, level):
                assert result["verdict"] == "applied", result
            else:
                assert (result["verdict"], result["code"]) == ("rejected", DENIED)
                assert result["fields"] == {"feature": collection.feature, "level": level}
                assert result["inbox_id"]
    record_property("counted: rights judged", 3 * len(members))


@pytest.mark.parametrize("command", commands(), ids=lambda each: f"{each.name}-{each.collections[0]}")
async def test_a_command_needs_its_levels(
    command: Command, secured: Studio, members: list[Member], record_property: Property
) -> None:
    for name in command.collections:
        collection = named(name)
        record_id = await planted(secured, name)
        for member in members:
            answer = await member.desk.ask("POST", f"{name}/{record_id}/{command.name}", {})
            needed = command.needed(collection)
            may = all(member.may(feature, level) for feature, level in needed.items())
            denied = answer.status_code == 403 and answer.json()["code"] == DENIED
            assert denied is not may, (member.level, answer.text)
            if denied:
                assert needed[answer.json()["feature"]] == answer.json()["level"]
    record_property("counted: rights judged", len(command.collections) * len(members))


@pytest.mark.parametrize("door", GUARDED, ids=" ".join)
async def test_what_administrators_do_can_be_given_to_others(
    door: tuple[str, str, str, Level], members: list[Member], record_property: Property
) -> None:
    verb, path, feature, level = door
    for member in members:
        answer = await member.desk.ask(verb, path, BODIES.get(verb))
        may = member.may(feature, level)
        assert is_denied(answer, feature, level) is not may, (member.level, answer.text)
    record_property("counted: rights judged", len(members))


async def test_a_phone_holds_what_its_user_may_view(secured: Studio, members: list[Member]) -> None:
    for each in registry.collections():
        await planted(secured, each.name)
    nobody, viewer = members[0], members[1]
    all_of_them = {each.name for each in registry.collections()} - {"inbox"}
    lists = {each.name for each in registry.collections() if _least(each.feature) != Level.NO_ACCESS}
    assert {name for name, put in (await _first_sync(nobody.phone)).items() if put} - {"inbox"} == (
        lists & all_of_them
    )
    assert {name for name, put in (await _first_sync(viewer.phone)).items() if put} >= all_of_them


FAMILIES = [each for each in registry.collections() if each.feature == each.name and not each.is_set_at_desk]


@pytest.mark.parametrize("collection", FAMILIES, ids=lambda each: each.name)
async def test_what_may_no_longer_be_viewed_is_evicted_and_comes_back(
    collection: Collection, secured: Studio, members: list[Member]
) -> None:
    member = members[3]
    record_id = str(await planted(secured, collection.name))
    copy = await member.phone.copy()
    assert record_id in copy.records
    await set_level(secured, member, **{collection.name: Level.NO_ACCESS})
    pages = await copy.pull()
    gone = [each for page in pages for each in page["changes"].get(collection.name, {}).get("evict", [])]
    assert record_id in gone
    assert not copy.gone
    assert await _holds_the_same(copy.phone, copy.records)
    await set_level(secured, member)
    await copy.pull()
    assert record_id in copy.records
    assert await _holds_the_same(copy.phone, copy.records)


async def test_a_right_lost_between_two_pages_counts_from_the_next(
    secured: Studio, members: list[Member]
) -> None:
    member = members[4]
    for _ in range(3):
        await planted(secured, "tasks")
    phone, held = member.phone, dict[str, Any]()
    page = (await phone.post("pull", {"cursor": None, "max_rows": 1, "collections": ["tasks"]})).json()
    assert page["has_more"]
    assert len(page["changes"]["tasks"]["put"]) == 1
    held |= {each["id"]: each for each in page["changes"]["tasks"]["put"]}
    await set_level(secured, member, tasks=Level.NO_ACCESS)
    while True:
        page = (await phone.post("pull", {"cursor": page["cursor"], "collections": ["tasks"]})).json()
        told = page["changes"].get("tasks", {"put": [], "evict": [], "del": []})
        assert not told["put"]
        for each in told["evict"]:
            del held[each]
        if not page["has_more"]:
            break
    assert not held
    await set_level(secured, member)


async def test_client_notes_are_a_right_of_their_own(secured: Studio, members: list[Member]) -> None:
    clients, member = named("clients"), replace(members[5])
    client_id = await planted(secured, "clients")
    await by_server(secured, Write("clients", client_id, {"notes": "Allergic to dogs."}))
    copy = await member.phone.copy("clients")
    assert copy.records[str(client_id)]["notes"] == "Allergic to dogs."
    await set_level(secured, member, client_notes=Level.NO_ACCESS)
    await copy.pull()
    for shown in (copy.records[str(client_id)], (await member.desk.read(clients, client_id)).json()):
        assert not {"notes", "status_notes"} & set(shown)
    refused = await member.desk.change(clients, client_id, {"notes": "None."})
    assert is_denied(refused, "client_notes", Level.ADD_MODIFY)
    [result] = await member.phone.push(change("patch", "clients", client_id, notes="None."))
    assert result["code"] == DENIED
    assert "Allergic" not in str(result)
    entry = await member.desk.read(named("inbox"), result["inbox_id"])
    assert "Allergic" not in entry.text
    assert (await member.desk.change(clients, client_id, {"job_title": "Vet"})).is_success
    await set_level(secured, member, client_notes=Level.ADD_ONLY)
    assert is_denied(
        await member.desk.change(clients, client_id, {"notes": None}), "client_notes", Level.ADD_MODIFY_DELETE
    )
    await by_server(secured, Write("clients", client_id, {"notes": None}))
    assert (await member.desk.change(clients, client_id, {"notes": "Likes cats."})).is_success
    await set_level(secured, member)


async def test_before_security_is_activated_everybody_may_but_administer(
    database: Database, house: FastAPI, http: httpx.AsyncClient
) -> None:
    studio = await new_studio(database, http, house.state.keys)
    who = Principal.system(studio.account.account_id)
    of_none = {each.key: each.least for each in features.features()}
    async with database.writing(studio.account.account_id) as session:
        group = await create_group(session, who, "Nobody", of_none)
        await change_user(session, who, studio.photographer.user_id, group_id=group.group_id)
    desk = await at_a_desk(studio, initials="PK")
    clients = named("clients")
    made = await desk.create(clients, fresh(clients))
    assert made.status_code == 201
    assert (await desk.ask("GET", "devices")).json()["code"] == DENIED
    phone = await signed_in(studio)
    copy = await phone.copy("clients")
    async with database.writing(studio.account.account_id) as session:
        await set_security(session, who, is_active=True)
    assert (await desk.read(clients, made.json()["id"])).json()["code"] == DENIED
    await copy.pull()
    assert not copy.records


def _changeable(collection: Collection) -> Any:
    """Return a field without links that people may set."""
    plain = (
        spec
        for spec in collection.fields.values()
        if not spec.is_read_only and not spec.link and spec.part is None and spec.kind == "text"
    )
    return next(plain)


def _least(feature: str | None) -> Level:
    found = features.named(feature) if feature else None
    return found.least if found else Level.FULL_ACCESS


async def _first_sync(phone: Phone) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    cursor = None
    while True:
        page = (await phone.post("pull", {"cursor": cursor, "max_rows": 5000})).json()
        for name, changes in page["changes"].items():
            found.setdefault(name, []).extend(changes["put"])
        cursor = page["cursor"]
        if not page["has_more"]:
            return found


async def _holds_the_same(phone: Phone, records: Mapping[str, Any]) -> bool:
    """Say whether a copy is what a first sync would bring."""
    fresh_copy = await phone.copy()
    return fresh_copy.records == dict(records)


async def _asked_when_idle(house: FastAPI, studio: Studio, phone: Phone) -> list[str]:
    """Return the statements of a pull that brings nothing, once the scope has been compiled."""
    cursor = (await phone.copy()).cursor
    claims = verify_access(house.state.keys, phone.headers["Authorization"].removeprefix("Bearer "))
    seen: list[str] = []
    async with studio.database.reading(studio.account.account_id) as session:
        with session.raw.query_logger(lambda each: seen.append(each.query)):
            work = await admit(session, house.state.keys, claims)
            asked = PullRequest(cursor=cursor)
            pulled = await pull(
                session, work.who, work.clock, house.state.sealer, asked, schema_version=work.schema_version
            )
    assert pulled.is_consistent
    return seen


async def test_rights_cost_an_idle_pull_no_further_statement(
    house: FastAPI, secured: Studio, members: list[Member], record_property: Property
) -> None:
    for member in members:
        asked = await _asked_when_idle(house, secured, member.phone)
        assert len(asked) == 1, asked
        record_property("worst: statements of an idle pull", len(asked))
