"""Runs that are cut, doubled, cancelled, or asked for by who may not."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from app.core.db import Database
from app.core.principal import Principal
from app.desk.imports import jobs, judging, store
from tests.accounts.studios import Studio, new_studio
from tests.contract.desks import Desk, at_a_desk
from tests.contract.phones import Record
from tests.desk.imports.uploading import checked, fates, rows, run, send, sent
from tests.samples import named

CLIENTS = named("clients")
MANY = "first name,last name\n" + "".join(f"Ada {n},Ferris\n" for n in range(730))


async def test_a_run_that_was_cut_goes_on_where_it_was_and_makes_nobody_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await sent(desk, MANY)
    await checked(desk, made)
    save, done = store.save, 0

    async def cut(*given: Any) -> None:
        nonlocal done
        done += 1
        await save(*given)
        if done == 3:
            raise OSError("the process was killed before its commit")

    with monkeypatch.context() as patch:
        patch.setattr(store, "save", cut)
        answer = await desk.ask("POST", f"imports/{made['id']}/run", {"duplicates": "skip"})
    assert answer.status_code == 503
    now = (await desk.ask("GET", f"imports/{made['id']}")).json()
    assert (now["state"], now["done"], now["counts"]["created"]) == ("running", 200, 200)
    assert len(await desk.all(CLIENTS)) == 200, "what is told is what there is"
    assert fates(await run(desk, made)) == {"created": 730}
    assert len({each["first_name"] for each in await desk.all(CLIENTS)}) == 730
    assert len(await desk.all(CLIENTS)) == 730


async def test_two_who_run_the_same_share_the_work(desk: Desk, other_desk: Desk) -> None:
    made = await sent(desk, MANY)
    await checked(desk, made)
    await asyncio.gather(run(desk, made), run(other_desk, made))
    assert len(await desk.all(CLIENTS)) == 730
    assert [each["row"] for each in await rows(desk, made, "created", limit=250)] == [*range(2, 732)]


async def test_one_import_of_an_account_runs_at_a_time(desk: Desk) -> None:
    first, second = await sent(desk, MANY), await sent(desk, "first name\nBen\n")
    for each in (first, second):
        await checked(desk, each)
    body = {"duplicates": "skip"}
    answer = await desk.ask("POST", f"imports/{first['id']}/run", body)
    assert (answer.json()["state"], answer.json()["done"]) == ("running", 5 * judging.CHUNK)
    answer = await desk.ask("POST", f"imports/{second['id']}/run", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "import_running")
    assert answer.json()["import_id"] == first["id"]
    assert (await desk.ask("DELETE", f"imports/{first['id']}")).json()["code"] == "import_begun"
    told = (await desk.ask("POST", f"imports/{first['id']}/cancel")).json()
    assert fates(told) == {"created": 500, "create": 230}
    assert fates(await run(desk, second)) == {"created": 1}
    assert (await desk.ask("POST", f"imports/{first['id']}/run", body)).json()["code"] == "import_begun"
    assert (await desk.ask("DELETE", f"imports/{first['id']}")).status_code == 204
    assert (await desk.ask("GET", f"imports/{first['id']}")).json()["code"] == "import_not_found"
    assert len(await desk.all(CLIENTS)) == 501


async def _asked_all(desk: Desk, made: Record) -> list[tuple[int, str]]:
    path = f"imports/{made['id']}"
    answers = [
        await desk.ask("GET", path),
        await desk.ask("GET", f"{path}/rows"),
        await desk.ask("GET", f"{path}/rows.csv"),
        await desk.ask("PUT", f"{path}/mapping", {"fields": ["first_name"]}, if_match='"1"'),
        await desk.ask("POST", f"{path}/check"),
        await desk.ask("POST", f"{path}/run", {"duplicates": "skip"}),
        await desk.ask("POST", f"{path}/cancel"),
        await desk.ask("DELETE", path),
    ]
    return [(each.status_code, each.json()["code"]) for each in answers]


async def test_an_import_of_somebody_else_is_as_one_that_never_was(
    studio: Studio, desk: Desk, photographer: Desk, database: Database
) -> None:
    made = await sent(desk, "first name\nAda\n")
    unknown = [(404, "import_not_found")] * 8
    assert await _asked_all(photographer, made) == unknown
    assert await _asked_all(photographer, {"id": uuid4()}) == unknown
    stranger = await new_studio(database, studio.client, studio.keys)
    assert await _asked_all(await at_a_desk(stranger), made) == unknown
    assert (await photographer.ask("GET", "imports")).json()["imports"] == []
    theirs = await sent(photographer, "first name\nBen\n")
    listed = (await desk.ask("GET", "imports")).json()["imports"]
    assert {each["id"] for each in listed} == {made["id"], theirs["id"]}


async def test_imports_of_one_user_take_no_place_of_anothers(
    desk: Desk, photographer: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST", 1)
    await sent(desk, "first name\nAda\n")
    assert (await send(desk, "first name\nAda\n")).json()["code"] == "import_limit_reached"
    await sent(photographer, "first name\nBen\n")


async def test_a_phone_sends_no_files(studio: Studio) -> None:
    phone = await at_a_desk(studio, initials="PK", device=studio.phone(studio.uid))
    answer = await send(phone, "first name\nAda\n")
    assert (answer.status_code, answer.json()["code"]) == (403, "desk_required")


async def test_who_may_not_make_clients_imports_none(studio: Studio, desk: Desk, photographer: Desk) -> None:
    made = await sent(photographer, "first name\nAda\n")
    await checked(photographer, made)
    group = await desk.ask(
        "POST", "security-groups", {"name": "Watchers", "levels": {"clients": "view_only"}}
    )
    assert group.status_code == 201, group.text
    path = f"users/{studio.photographer.user_id}"
    version = (await desk.ask("GET", path)).headers["etag"]
    body = {"security_group_id": group.json()["id"]}
    assert (await desk.ask("PATCH", path, body, if_match=version)).status_code == 200
    version = (await desk.ask("GET", "account")).headers["etag"]
    activated = await desk.ask("PATCH", "account", {"is_security_active": True}, if_match=version)
    assert activated.status_code == 200, activated.text
    refused = [
        await send(photographer, "first name\nAda\n"),
        await photographer.ask("POST", f"imports/{made['id']}/run", {"duplicates": "skip"}),
    ]
    assert {(each.status_code, each.json()["code"]) for each in refused} == {(403, "permission_denied")}
    assert await desk.all(CLIENTS) == []


async def test_an_import_is_forgotten_after_a_week(studio: Studio, desk: Desk, database: Database) -> None:
    old, new = await sent(desk, "first name\nAda\n"), await sent(desk, "first name\nBen\n")
    await studio.execute(
        "UPDATE imports SET made_at = now() - interval '8 days' WHERE account_id = $1 AND import_id = $2",
        old["id"],
    )
    await jobs._forget_old(database, Principal.system(studio.account.account_id))
    assert [each["id"] for each in (await desk.ask("GET", "imports")).json()["imports"]] == [new["id"]]
    assert await studio.execute("SELECT FROM import_rows WHERE account_id = $1 AND row = 2") == [()]
