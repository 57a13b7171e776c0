"""Who may see and write what at a desk: rights hold, and the windows of phones do not."""

from uuid import uuid4

from app.core.principal import Principal
from app.sync import preference_store
from app.sync.preference_store import Change
from tests.accounts.studios import Studio
from tests.contract.desks import Desk, told
from tests.contract.phones import signed_in
from tests.desk.conftest import Has
from tests.samples import named, sample

TASKS, CLIENTS, SESSIONS, LISTS = (named(name) for name in ("tasks", "clients", "sessions", "lead_sources"))
ALONE = {"assigned_user_id": None, "assigned_department_id": None, "is_private": True}


async def test_somebody_else_s_private_task_is_as_one_that_never_was(has: Has, photographer: Desk) -> None:
    task = await has("tasks", **ALONE)
    open_task = await has("tasks", **{**ALONE, "is_private": False})
    assert [each["id"] for each in await photographer.all(TASKS)] == [open_task["id"]]
    hidden = [
        await photographer.read(TASKS, task["id"]),
        await photographer.change(TASKS, task["id"], {"description": "Mine"}),
        await photographer.delete(TASKS, task["id"]),
        await photographer.ask("POST", f"tasks/{task['id']}/complete", {}),
    ]
    never_was = [
        await photographer.read(TASKS, uuid4()),
        await photographer.change(TASKS, uuid4(), {"description": "Mine"}),
        await photographer.delete(TASKS, uuid4()),
        await photographer.ask("POST", f"tasks/{uuid4()}/complete", {}),
    ]
    assert [{**each.json(), "instance": ""} for each in hidden] == [
        {**each.json(), "instance": ""} for each in never_was
    ]
    assert {each.json()["code"] for each in hidden} == {"unknown_record"}


async def test_a_deleted_private_task_is_unknown_to_others_too(
    has: Has, desk: Desk, photographer: Desk
) -> None:
    task = await has("tasks", **ALONE)
    assert (await desk.delete(TASKS, task["id"])).status_code == 204
    assert (await desk.read(TASKS, task["id"])).json()["code"] == "record_deleted"
    assert (await photographer.read(TASKS, task["id"])).json()["code"] == "unknown_record"


async def test_what_is_private_is_not_shown_to_who_creates_the_same(has: Has, photographer: Desk) -> None:
    task = await has("tasks", **ALONE)
    same = {name: task[name] for name in TASKS.fields if not TASKS.fields[name].is_read_only}
    answer = await photographer.create(TASKS, {"id": task["id"], **same})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_exists")
    assert task["description"] not in answer.text


async def test_who_gives_a_private_task_away_is_shown_it_once_more(
    studio: Studio, desk: Desk, photographer: Desk
) -> None:
    mine = sample("tasks", **{**ALONE, "assigned_user_id": str(studio.photographer.user_id)})
    made = await photographer.create(TASKS, mine)
    assert made.status_code == 201, made.text
    administrator = (await desk.read(TASKS, told(made)["id"])).json()["assigned_by_id"]
    away = {"assigned_user_id": None, "assigned_by_id": None}
    given = await photographer.change(TASKS, told(made)["id"], away)
    assert given.status_code == 200, given.text
    assert told(given)["assigned_user_id"] is None
    assert administrator == str(studio.photographer.user_id)
    assert (await photographer.read(TASKS, told(made)["id"])).status_code == 404


async def test_lists_are_maintained_by_administrators_and_read_by_all(
    has: Has, desk: Desk, photographer: Desk
) -> None:
    entry = await has("lead_sources")
    for refused in (
        await photographer.create(LISTS, sample("lead_sources")),
        await photographer.change(LISTS, entry["id"], {"description": "Mine"}),
        await photographer.delete(LISTS, entry["id"]),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert (await photographer.read(LISTS, entry["id"])).json() == entry
    assert (await desk.delete(LISTS, entry["id"])).status_code == 204


async def test_an_administrator_s_phone_does_not_maintain_lists(studio: Studio) -> None:
    await studio.authorize(user=None)
    phone = await signed_in(studio)
    [result] = await phone.push(
        {"op": "create", "collection": "lead_sources", "id": str(uuid4()), "fields": sample("lead_sources")}
    )
    assert result["code"] == "read_only_collection"


async def test_what_phones_do_not_hold_is_there_at_a_desk(studio: Studio, has: Has, desk: Desk) -> None:
    client = await has("clients")
    session = await has("sessions", client_id=client["id"], date="2001-05-04", notes="Long ago")
    async with studio.database.writing(studio.account.account_id) as turn:
        narrow = {"sessions_past_days": 1, "include_notes": False}
        change = Change(None, {}, narrow, is_resync=False)
        await preference_store.keep(turn, Principal.system(studio.account.account_id), change)
    phone = await signed_in(studio)
    assert session["id"] not in (await phone.copy("clients", "sessions")).records
    assert (await desk.read(SESSIONS, session["id"])).json() == session
    assert [each["id"] for each in await desk.all(SESSIONS)] == [session["id"]]
