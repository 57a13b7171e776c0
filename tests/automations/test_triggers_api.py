"""Triggers are saved if they can work, by who may, and tell every place where they cannot."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.accounts.rounds import in_accounts_due
from app.automations import jobs
from app.automations.jobs import ROOMS, look_after_all
from app.automations.triggers import upkeep
from app.core import clock
from app.core.beat import UnfinishedError
from app.core.db import Database
from app.core.principal import Level
from tests.accounts.studios import Studio, new_studio
from tests.automations.triggering import MONDAY, Json, Scene, new_scene
from tests.contract.desks import at_a_desk
from tests.desk.hubs.asking import give


@pytest.fixture(scope="module")
async def shared(database: Database, house: FastAPI, http: httpx.AsyncClient) -> AsyncIterator[Scene]:
    """Make a studio for all tests of this module."""
    async with new_scene(database, house, http) as made:
        yield made


@pytest.fixture
async def scene(shared: Scene) -> AsyncIterator[Scene]:
    """Return it with no trigger, on a Monday."""
    await shared.begins()
    yield shared
    clock.hold(None)


@pytest.fixture(scope="module")
async def stranger(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Studio:
    """Make another account."""
    return await new_studio(database, http, house.state.keys)


TASK: Json = {"name": "x", "kind": "session_gallery", "action": "task", "made": {"subject": "A task"}}
NONE = str(UUID(int=7))


async def _wrong(scene: Scene, **said: object) -> set[tuple[str, ...]]:
    answer = await scene.desk.ask("POST", "triggers", {**TASK, **said})
    assert (answer.status_code, answer.json()["code"]) == (422, "trigger_invalid"), answer.text
    return {(each["path"], each["code"]) for each in answer.json()["fields"]}


async def test_every_place_that_is_wrong_is_told(scene: Scene) -> None:
    ids = {f"{each}_id": NONE for each in ("type", "user", "department")}
    letter: Json = {"made": None, "template_id": NONE}
    cases: list[tuple[str, Json]] = [
        ("kind unknown_kind", {"kind": "production_status"}),
        ("status_id missing", {"kind": "session_status"}),
        ("type_id missing, status_id not_expected", {"kind": "session_type", "status_id": NONE}),
        (
            "status_id not_found, type_id not_found",
            {"kind": "session_status", "status_id": NONE, "type_id": NONE},
        ),
        ("value not_expected, on_field not_expected", {"value": "sent", "on_field": "date"}),
        ("offset_days not_expected", {"offset_days": 3}),
        ("on_field missing", {"kind": "session_date"}),
        ("on_field not_a_choice", {"kind": "session_date", "on_field": "birthday"}),
        ("value not_a_choice", {"kind": "email_delivery", "value": "opened"}),
        (
            "action not_allowed, template_id not_found",
            {"kind": "email_delivery", "value": "sent", "action": "email", **letter},
        ),
        ("action not_allowed", {"kind": "task_date", "on_field": "due_date"}),
        ("value one_word", {"kind": "text_keyword", "value": "two words"}),
        ("value reserved", {"kind": "text_keyword", "value": "Stop"}),
        ("fallback not_allowed", {"fallback": "call"}),
        ("recipient not_allowed", {"recipient": "bill_to"}),
        ("user_ids missing", {"recipient": "users"}),
        ("user_ids not_found", {"recipient": "users", "user_ids": [NONE]}),
        ("user_ids not_expected, user_ids not_found", {"user_ids": [NONE]}),
        (
            "recipient not_allowed, template_id not_found",
            {"action": "text", "recipient": "photographer", **letter},
        ),
        ("template_id missing, made not_expected", {"action": "letter"}),
        ("made missing", {"made": None}),
        ("made.subject missing", {"made": {"subject": " "}}),
        ("made.subject wrong_basis", {"made": {"subject": "[[InvoiceTotal]]"}}),
        ("made.subject unfinished", {"made": {"subject": "[[SessionDate"}}),
        (
            "made.type_id not_found, made.user_id not_found, made.department_id not_found",
            {"made": {"subject": "x", **ids}},
        ),
        ("made.priority not_expected", {"action": "call", "made": {"subject": "x", "priority": 1}}),
        ("filter_id not_found", {"filter_id": NONE}),
        ("template_id not_expected", {"template_id": NONE}),
    ]
    for wrong, said in cases:
        assert await _wrong(scene, **said) == {tuple(each.split()) for each in wrong.split(", ")}, said
    misspelt = {**TASK, "made": {"subject": "[[ClientFirstNam]]"}}
    answer = await scene.desk.ask("POST", "triggers", misspelt)
    named = {"token": "ClientFirstNam", "nearest": "ClientFirstName", "line": 1}
    assert answer.json()["fields"] == [{"path": "made.subject", "code": "unknown_field", **named}]
    step = scene.listed("task_statuses", "general_open")
    of_another = {"kind": "task_status", "type_id": scene.listed("task_types", "yearbook"), "status_id": step}
    assert await _wrong(scene, **of_another, action="call") == {("status_id", "does_not_fit")}
    assert (await scene.asks("GET", "triggers"))["triggers"] == []


async def test_a_template_must_be_made_for_it(scene: Scene) -> None:
    written: Json = {"action": "email", "made": None}
    text = await scene.template(kind="text", subject="")
    about_clients = await scene.template("client")
    assert await _wrong(scene, **written, template_id=text) == {("template_id", "wrong_kind")}
    assert await _wrong(scene, **written, template_id=about_clients) == {("template_id", "wrong_basis")}
    said = {"name": uuid4().hex, "kind": "form_letter", "basis": "session", "subject": "x", "text": "x"}
    unused = (await scene.asks("POST", "templates", {**said, "is_inactive": True}, 201))["id"]
    assert await _wrong(scene, **written, template_id=unused) == {("template_id", "inactive")}


async def test_a_filter_is_one_that_all_may_see(scene: Scene) -> None:
    body = {"name": uuid4().hex, "is_shared": False, "filter": {"field": "description", "is": "blank"}}
    mine = (await scene.asks("POST", "hubs/sessions/filters", body, 201))["id"]
    assert await _wrong(scene, filter_id=mine) == {("filter_id", "not_shared")}
    body |= {"is_shared": True, "filter": {"field": "email", "is": "blank"}}
    elsewhere = (await scene.asks("POST", "hubs/clients/filters", body, 201))["id"]
    assert await _wrong(scene, filter_id=elsewhere) == {("filter_id", "not_found")}


async def test_a_trigger_that_looks_for_something_else_begins_anew(scene: Scene) -> None:
    made = await scene.trigger(is_automatic=False)
    online, booked = (scene.listed("session_statuses", each) for each in ("images_online", "booked"))
    await scene.session(status_id=online)
    await scene.runs()
    told = await scene.asks("GET", f"triggers/{made['id']}")
    assert told["waiting"] == 1
    answers = ("id", "version", "is_active", "paused_code", "since", "waiting", "changed_at", "changed_by")
    wanted = {name: value for name, value in told.items() if name not in answers}
    path = f"triggers/{made['id']}"
    named = await scene.asks("PUT", path, {**wanted, "name": "Another name"}, if_match='"1"')
    assert (named["waiting"], named["since"], named["name"]) == (1, made["since"], "Another name")
    stale = await scene.desk.ask("PUT", path, wanted, if_match='"1"')
    assert (stale.status_code, stale.json()["code"]) == (412, "version_changed")
    assert (await scene.desk.ask("PUT", path, wanted)).json()["code"] == "precondition_required"
    clock.hold(clock.now() + timedelta(minutes=1))
    other = await scene.asks("PUT", path, {**wanted, "status_id": booked}, if_match='"2"')
    assert other["waiting"] == 0
    assert other["since"] > made["since"]
    await scene.asks("DELETE", path, None, 204, if_match='"3"')
    assert (await scene.desk.ask("GET", path)).json()["code"] == "trigger_not_found"


async def test_there_are_only_so_many(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.automations.triggers.saving.MOST", 1)
    await scene.asks("POST", "triggers", TASK, 201)
    answer = await scene.desk.ask("POST", "triggers", TASK)
    assert (answer.status_code, answer.json()["code"], answer.json()["limit"]) == (
        409,
        "trigger_limit_reached",
        1,
    )


async def test_who_may_not_see_a_record_sees_nothing_of_it_in_the_queue(scene: Scene) -> None:
    made = await scene.trigger(is_automatic=False)
    await scene.session(status_id=scene.listed("session_statuses", "images_online"))
    await scene.runs()
    [entry] = await scene.queue()
    rights = {"sessions": Level.NO_ACCESS, "triggers": Level.ADD_MODIFY}
    await give(scene.studio, **rights)
    other = await at_a_desk(scene.studio, initials="PK")
    assert (await other.ask("GET", "trigger-queue")).json()["occurrences"] == []
    for named in ({"ids": [entry["id"]]}, {"trigger_id": made["id"]}):
        for what in ("process", "skip"):
            answer = await other.ask("POST", f"trigger-queue/{what}", named)
            assert {each["code"] for each in answer.json()["results"]} <= {"occurrence_not_found"}
    refused = await other.ask("POST", "trigger-queue/delete", {"ids": [entry["id"]]})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    told = await other.ask("POST", "triggers", TASK)
    assert told.json()["fields"] == [{"path": "kind", "code": "not_allowed"}], "it would tell of sessions"
    await give(scene.studio, triggers=Level.VIEW_ONLY)
    assert (await other.ask("POST", "triggers", TASK)).status_code == 403
    assert (await other.ask("POST", "trigger-queue/process", {"ids": [entry["id"]]})).status_code == 403
    assert [each["state"] for each in await scene.queue()] == ["waiting"]


async def test_what_is_another_account_s_is_not_there(scene: Scene, stranger: Studio) -> None:
    made = await scene.trigger(is_automatic=False)
    await scene.session(status_id=scene.listed("session_statuses", "images_online"))
    await scene.runs()
    [entry] = await scene.queue()
    theirs = await at_a_desk(stranger)
    answer = await theirs.ask("POST", "trigger-queue/process", {"ids": [entry["id"]]})
    assert [each["code"] for each in answer.json()["results"]] == ["occurrence_not_found"]
    answer = await theirs.ask("POST", "trigger-queue/skip", {"trigger_id": made["id"]})
    assert answer.json()["code"] == "trigger_not_found"
    body = {**TASK, "action": "email", "made": None, "template_id": made["template_id"]}
    answer = await theirs.ask("POST", "triggers", body)
    assert answer.json()["fields"] == [{"path": "template_id", "code": "not_found"}]


async def test_an_account_that_fails_holds_up_no_other(scene: Scene, stranger: Studio) -> None:
    made_for = await scene.client()
    await scene.trigger()
    await scene.session(made_for, status_id=scene.listed("session_statuses", "images_online"))
    due = "UPDATE account_directory SET automations_due_at = $2 WHERE account_id = $1 RETURNING 1"
    await stranger.execute(due, MONDAY - timedelta(days=1))
    usual, (triggers, *others) = upkeep.look_after, ROOMS

    async def fails(database: Database, account_id: UUID, *, public_url: str | None = None) -> None:
        if account_id == stranger.account.account_id:
            raise RuntimeError("as a defect does")
        await usual(database, account_id, public_url=public_url)

    rooms = (jobs.Room(fails, triggers.next_due), *others)
    with pytest.raises(UnfinishedError):
        await look_after_all(scene.studio.database, None, rooms)
    assert len(await scene.of("emails", made_for)) == 1
    [row] = await stranger.execute(
        "SELECT automations_due_at AS due FROM account_directory WHERE account_id = $1"
    )
    assert row["due"] == clock.now() + jobs.LATER, "it comes behind the others"
    await stranger.execute(due, None)


async def test_an_account_that_takes_long_keeps_one_place_and_no_more() -> None:
    slow, *others = (uuid4() for _ in range(6))
    waiting, is_over = [slow, *others], asyncio.Event()

    async def due(_: int) -> list[UUID]:
        found, waiting[:] = waiting[:3], waiting[3:]
        return found

    async def work(account_id: UUID) -> bool:
        if account_id == slow:
            await is_over.wait()
        if account_id == others[-1]:
            is_over.set()
        return True

    await asyncio.wait_for(in_accounts_due(due, work, at_once=2), 30)
    assert is_over.is_set()
