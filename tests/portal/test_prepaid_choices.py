"""What a client has paid for before: the images it is made from are chosen online, and a task begins."""

from uuid import UUID, uuid4

from app.core.principal import Principal
from app.galleries import data_sync
from app.portal.web.gallery import PAGE
from app.sync.store import Write
from tests.accounts.studios import Studio
from tests.desk.hubs.asking import invoiced
from tests.portal.conftest import Asks, Visits
from tests.portal.galleries import Guest, Online, put_online
from tests.portal.test_choosing import at, school

__all__ = ["school"]
PLAN = {"assigned_user_id": None, "due_days": 0}


def line(quantity: int = 1, item: str = "PR-0810") -> dict[str, object]:
    sold = {"id": str(uuid4()), "item": item, "description": f"A {item}", "unit_price": 4500}
    return {**sold, "quantity": quantity, "images": []}


def ticked(go: str, *pictures: str) -> dict[str, str | list[str]]:
    return {"in": [*pictures], "go": go}


async def prepaid(online: Online, *lines: dict[str, object]) -> UUID:
    """Have the studio mark an invoice as prepaid, and the data sync bring it online."""
    client = str(online.client_id)
    of = {"client_id": client, "bill_to_client_id": client, "session_id": str(online.session_id)}
    marked = {"is_prepaid_online": True, "web_order_number": None, "invoice_type": "initial_order"}
    made = await invoiced(online.studio, **of, **marked, description="Senior package", lines=list(lines))
    account = online.studio.account
    await data_sync.run(online.studio.database, Principal.system(account.account_id), is_asked=True)
    return UUID(made)


async def tasks(online: Online) -> list[dict[str, object]]:
    """Return the tasks of a client as the desk has them."""
    headers = await online.studio.administrator()
    path = f"/v1/tasks?client_id={online.client_id}"
    answer = await online.studio.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["records"])


async def test_images_of_a_prepaid_order_are_chosen_page_by_page_and_are_on_its_invoice(
    studio: Studio, visits: Visits, ask: Asks
) -> None:
    plan = {"web_order": None, "yearbook_choice": None, "prepaid_choice": PLAN}
    assert (await ask("PUT", "/v1/gallery-tasks", plan)).status_code == 200
    online = await put_online(studio, pictures=PAGE + 2)
    prints, album = line(2), line(item="AL-1")
    invoice = await prepaid(online, prints, album)
    guest = await at(visits, ask, online)
    page = await guest.open("/prepaid")
    assert "Senior package" in page.text
    path = f"/prepaid/{invoice}/{prints['id']}"
    assert f"{online.path}{path}" in page.reader.links
    await guest.open(path)
    first, last = str(online.pictures[0]), str(online.pictures[-1])
    page = await guest.send(path, **ticked("more", first))
    assert (page.status, "0401" in page.text) == (200, True)
    assert "0401" in (await guest.send(path, **ticked("done", last))).text
    record = await online.record("invoices", invoice)
    assert [each["images"] for each in record["lines"]] == [["0401", f"{PAGE + 402:04}"], []]
    assert "Images chosen online" in record["status_notes"]
    assert await tasks(online) == [], "the album has no image yet"

    await guest.open(path)
    page = await guest.send(path, **ticked("done", first, str(online.pictures[1])))
    assert (page.status, "fewer images" in page.text) == (409, True)
    other = f"/prepaid/{invoice}/{album['id']}"
    await guest.open(other)
    stale = dict(guest.page.reader.forms[online.path + other])
    assert "All images are chosen" in (await guest.send(other, **ticked("done", first))).text
    assert (await guest.post(other, {**stale, "in": [last]})).status_code == 409
    [task] = await tasks(online)
    assert (task["invoice_id"], task["complete_date"]) == (str(invoice), None)

    await online.write(Write("invoices", invoice, {"is_prepaid_online": False}))
    assert "Nothing is to be chosen" in (await guest.open("/prepaid")).text
    await guest.open("/details")
    token = guest.page.reader.forms[f"{online.path}/details"]["form_token"]
    gone = await guest.post(other, {**stale, "form_token": token, "in": [last]})
    assert gone.status_code == 404
    assert [each["images"] for each in (await online.record("invoices", invoice))["lines"]][1] == ["0401"]


async def test_nobody_chooses_for_another_client_or_what_accounting_has_locked(
    studio: Studio, online: Online, client: Guest
) -> None:
    theirs, mine = await put_online(studio), line()
    foreign, posted = line(), line()
    other, locked = await prepaid(theirs, foreign), await prepaid(online, posted)
    open_one = await prepaid(online, mine)
    await online.write(Write("invoices", locked, {"is_posted": True}))
    page = await client.open("/prepaid")
    assert f"{online.path}/prepaid/{locked}/{posted['id']}" not in page.reader.links
    path = f"/prepaid/{open_one}/{mine['id']}"
    await client.open(path)
    filled = dict(client.page.reader.forms[online.path + path]) | {"in": [str(theirs.pictures[0])]}
    assert (await client.post(path, filled)).status_code == 303
    assert (await online.record("invoices", open_one))["lines"][0]["images"] == [], "a picture of theirs"
    filled |= {"in": [str(online.pictures[0])]}
    assert (await client.post(f"/prepaid/{other}/{foreign['id']}", filled)).status_code == 404
    assert (await client.post(f"/prepaid/{locked}/{posted['id']}", filled)).status_code == 409
    for invoice, of in ((other, theirs), (locked, online)):
        assert (await of.record("invoices", invoice))["lines"][0]["images"] == []


async def test_a_yearbook_choice_begins_one_task_that_says_what_is_chosen(
    school: Online, visits: Visits, ask: Asks
) -> None:
    plan = {"web_order": None, "yearbook_choice": PLAN, "prepaid_choice": None}
    assert (await ask("PUT", "/v1/gallery-tasks", plan)).status_code == 200
    guest = await at(visits, ask, school)

    async def choose(place: int, which: str) -> list[dict[str, object]]:
        picture = f"/pictures/{school.pictures[place]}"
        await guest.open(picture)
        await guest.send(f"{picture}/yearbook", which=which)
        return await tasks(school)

    assert await choose(0, "first") == []
    [task] = await choose(1, "second")
    assert (task["description"], task["session_id"]) == ("Chosen: 0401, 0402", str(school.session_id))
    assert [task] == await choose(1, "second")
    await school.write(Write("tasks", UUID(str(task["id"])), {"complete_date": "2026-05-04"}))
    [again] = await choose(2, "second")
    assert (again["id"], again["complete_date"], again["description"]) == (
        task["id"],
        None,
        "Chosen: 0401, 0403",
    )
    [open_one] = await choose(2, "first")
    assert "The second one is still to be chosen" in guest.page.text
    assert "please choose a second one" in (await guest.open("/yearbook")).text
    assert open_one["description"] == "Chosen: 0403; the second is still missing"
    assert (await school.record("sessions", school.session_id))["yearbook_status"] is None
    [whole] = await choose(0, "second")
    assert whole["description"] == "Chosen: 0403, 0401"
    assert "still to be chosen" not in guest.page.text
    assert "please choose" not in (await guest.open("/yearbook")).text
