"""Imports that are undone: what they made is deleted, unless it is somebody's work by now."""

from tests.contract.desks import Desk
from tests.contract.phones import Record
from tests.desk.conftest import Has
from tests.desk.imports.uploading import (
    FILES,
    ICALENDAR,
    checked,
    fates,
    rows,
    run,
    sent,
    undone,
)
from tests.samples import named

CLIENTS, APPOINTMENTS = named("clients"), named("appointments")


async def _imported(desk: Desk, text: str) -> Record:
    made = await sent(desk, text)
    await checked(desk, made)
    return await run(desk, made)


async def test_what_nobody_has_touched_is_deleted_and_the_rest_stays(desk: Desk, has: Has) -> None:
    old = await has("clients", first_name="Old", last_name="Friend", email="old@friend.example", phones=[])
    made = await _imported(
        desk, "first name,last name,email\nAda,Ferris,\nBen,Ferris,\nCleo,Ferris,\nOld,Friend,\n"
    )
    ada, ben, cleo, _ = await rows(desk, made)
    assert (await desk.change(CLIENTS, ben["record_id"], {"first_name": "Benno"})).status_code == 200
    task = await has("tasks", client_id=cleo["record_id"])
    told = await undone(desk, made)
    assert (fates(told), told["done"]) == ({"undone": 1, "created": 2, "skipped": 1}, 4)
    assert {each["first_name"] for each in await desk.all(CLIENTS)} == {"Old", "Benno", "Cleo"}
    assert (await desk.read(CLIENTS, ada["record_id"])).status_code == 410
    assert (await desk.read(named("tasks"), task["id"])).status_code == 200
    assert (await desk.read(CLIENTS, old["id"])).status_code == 200
    assert {each["row"]: each["code"] for each in await rows(desk, made, "created")} == {
        3: "changed_meanwhile",
        4: "still_referenced",
    }
    refused = await desk.ask("POST", f"imports/{made['id']}/run", {"duplicates": "skip"})
    assert (refused.status_code, refused.json()["code"]) == (409, "import_begun")


async def test_only_what_was_run_is_undone(desk: Desk) -> None:
    made = await sent(desk, "first name\nAda\n")
    answer = await desk.ask("POST", f"imports/{made['id']}/undo")
    assert (answer.status_code, answer.json()["code"]) == (409, "import_not_done")


async def test_a_calendar_that_was_undone_can_come_again(desk: Desk) -> None:
    content = (FILES / "radicale.ics").read_bytes()
    made = await sent(desk, content, ICALENDAR, "appointments")
    await checked(desk, made)
    await run(desk, made)
    assert fates(await undone(desk, made)) == {"undone": 4}
    assert await desk.all(APPOINTMENTS) == []
    for fate, many in (("create", 4), ("duplicate", 4)):
        again = await sent(desk, content, ICALENDAR, "appointments")
        assert fates(await checked(desk, again)) == {fate: many}
        await run(desk, again)
    assert len(await desk.all(APPOINTMENTS)) == 4
