"""What a client sees and chooses: pictures, favourites, groups, the yearbook image, their own details."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from app.portal.web.gallery import PAGE
from app.sync.store import Write
from tests.accounts.studios import Studio
from tests.contract.phones import signed_in
from tests.portal.conftest import Asks, Visits
from tests.portal.galleries import OWN, Guest, Online, put_online, written
from tests.samples import sample


async def at(visits: Visits, ask: Asks, online: Online) -> Guest:
    """Sign the client of a gallery in."""
    name = f"client of {online.gallery_id}"
    assert (await ask("PUT", online.login, {"user_name": name, "password": OWN})).status_code == 200
    guest = await visits(online)
    await guest.sign_in(name, OWN)
    return guest


def favourite(online: Online, place: int = 0) -> str:
    return f"/pictures/{online.pictures[place]}/favourite"


async def members(online: Online) -> dict[str, set[UUID]]:
    """Return the client's groups with their pictures, as the studio's own rooms read them."""
    rows = await online.studio.execute(
        "SELECT g.name, m.picture_id FROM picture_groups g LEFT JOIN picture_group_members m"
        " ON m.account_id = g.account_id AND m.group_id = g.id"
        " WHERE g.account_id = $1 AND g.session_id = $2 AND g.is_made_by_client",
        online.session_id,
    )
    found: dict[str, set[UUID]] = {}
    for row in rows:
        found.setdefault(row["name"], set()).update([row["picture_id"]] if row["picture_id"] else [])
    return found


async def test_pictures_come_page_by_page_and_none_that_is_not_online(
    studio: Studio, visits: Visits, ask: Asks
) -> None:
    online = await put_online(studio, pictures=PAGE + 3)
    hidden, waiting = online.pictures[1], online.pictures[2]
    sql = "UPDATE pictures SET {} WHERE account_id = $1 AND id = $2 RETURNING id"
    await studio.execute(sql.format("is_online = false"), hidden)
    await studio.execute(sql.format("state = 'waiting'"), waiting)
    guest = await at(visits, ask, online)
    first = await guest.open()
    assert "0401" in first.text
    assert "0402" not in first.text
    [more] = [each for each in first.reader.links if "after=" in each]
    second = await guest.open(more.removeprefix(online.path))
    shown = [each for page in (first, second) for each in page.reader.links if "/pictures/" in each]
    kept = [each for each in online.pictures if each not in (hidden, waiting)]
    assert shown == [f"{online.path}/pictures/{each}" for each in kept]
    for gone in (hidden, waiting):
        assert (await guest.open(f"/pictures/{gone}")).status == 404


async def test_a_favourite_is_marked_and_taken_out_again(online: Online, client: Guest) -> None:
    await client.open()
    page = await client.send(favourite(online))
    assert page.path == online.path
    assert await members(online) == {"Favourites": {online.pictures[0]}}
    [chip] = [each for each in page.reader.links if "group=" in each]
    favourites = await client.open(chip.removeprefix(online.path))
    assert ("0401" in favourites.text, "0402" in favourites.text) == (True, False)
    await client.send(favourite(online))
    assert await members(online) == {"Favourites": set()}


async def test_a_group_is_made_filled_renamed_and_removed(online: Online, client: Guest) -> None:
    await client.open("/groups")
    assert "The group was made" in (await client.send("/groups", name="For grandmother")).text
    await client.open(f"/pictures/{online.pictures[1]}")
    [made] = await online.studio.execute(
        "SELECT id FROM picture_groups WHERE account_id = $1 AND session_id = $2", online.session_id
    )
    ticked = {"in": [str(made["id"])]}
    assert "Saved" in (await client.send(f"/pictures/{online.pictures[1]}/groups", **ticked)).text
    assert await members(online) == {"For grandmother": {online.pictures[1]}}
    await client.open("/groups")
    await client.send(f"/groups/{made['id']}", name="For the wall")
    assert set(await members(online)) == {"For the wall"}
    assert (await client.send("/groups", name="  ")).status == 422
    assert (await client.send("/groups", name="For \u202egnp.llaw")).status == 422
    renamed = await client.send(f"/groups/{made['id']}", name="For\u200bme")
    assert (renamed.status, "can be seen" in renamed.text) == (422, True)
    assert set(await members(online)) == {"For the wall"}
    await client.open("/groups")
    await client.send(f"/groups/{made['id']}/remove")
    assert await members(online) == {}


async def test_nobody_reaches_into_another_gallery(
    studio: Studio, online: Online, client: Guest, visits: Visits, ask: Asks
) -> None:
    theirs = await put_online(studio)
    other = await at(visits, ask, theirs)
    await other.open("/groups")
    await other.send("/groups", name="Theirs")
    [group] = await studio.execute(
        "SELECT id FROM picture_groups WHERE account_id = $1 AND session_id = $2", theirs.session_id
    )
    await client.open("/groups")
    token = client.page.reader.forms[f"{online.path}/groups"]["form_token"][0]
    for path in (
        f"/groups/{group['id']}",
        f"/groups/{group['id']}/remove",
        favourite(theirs),
        f"/pictures/{theirs.pictures[0]}/groups",
    ):
        filled = {"form_token": token, "name": "Mine now", "is_favourite": "yes", "in": str(group["id"])}
        assert (await client.post(path, filled)).status_code == 404
    assert (await client.open(f"/pictures/{theirs.pictures[0]}")).status == 404
    assert (await client.open(f"?group={group['id']}")).status == 404
    assert await members(theirs) == {"Theirs": set()}
    assert (await replace(client, online=theirs).open()).path == f"{theirs.path}/sign-in"


@pytest.fixture
async def school(studio: Studio) -> Online:
    """Put a session of a school's online, which asks for two images."""
    kind, school = uuid4(), uuid4()
    await written(
        studio,
        Write("session_types", kind, sample("session_types", is_for_organizations=True)),
        Write("organizations", school, sample("organizations", is_secondary_image_required=True)),
    )
    return await put_online(studio, session_type_id=str(kind), organization_id=str(school))


async def test_a_yearbook_image_that_is_chosen_is_on_phones_with_the_next_sync(
    studio: Studio, school: Online, visits: Visits, ask: Asks
) -> None:
    copy = await (await signed_in(studio)).copy("sessions", "clients", "session_types", "organizations")
    guest = await at(visits, ask, school)
    picture = f"/pictures/{school.pictures[0]}"
    await guest.open(picture)
    await guest.send(f"{picture}/yearbook", which="first")
    told = await school.record("sessions", school.session_id)
    assert (told["yearbook_image"], told["yearbook_status"]) == ("0401", None), "a second one is wanted"
    second = f"/pictures/{school.pictures[2]}"
    await guest.open(second)
    assert "0403" in (await guest.send(f"{second}/yearbook", which="second")).text
    await copy.pull()
    chosen = ("yearbook_image", "yearbook_image_secondary", "yearbook_status")
    session = copy.records[str(school.session_id)]
    assert [session[name] for name in chosen] == ["0401", "0403", "selected"]


async def test_what_the_studio_prepares_is_no_longer_the_clients_to_change(
    school: Online, visits: Visits, ask: Asks
) -> None:
    guest = await at(visits, ask, school)
    await school.write(
        Write("sessions", school.session_id, {"yearbook_image": "0401", "yearbook_status": "prepared"})
    )
    picture = f"/pictures/{school.pictures[1]}"
    await guest.open(picture)
    assert (await guest.send(f"{picture}/yearbook", which="first")).status == 409
    assert (await school.record("sessions", school.session_id))["yearbook_image"] == "0401"


async def test_other_sessions_have_no_yearbook(online: Online, client: Guest) -> None:
    await client.open("/details")
    token = client.page.reader.forms[f"{online.path}/details"]["form_token"][0]
    typed = {"form_token": token, "which": "first"}
    assert (await client.post(f"/pictures/{online.pictures[0]}/yearbook", typed)).status_code == 404
    assert (await client.open("/yearbook")).status == 404


async def test_details_go_to_the_studio_and_nowhere_when_it_has_changed_them_meanwhile(
    online: Online, client: Guest
) -> None:
    before = await online.record("clients", online.client_id)
    [phone] = before["phones"]
    await client.open("/details")
    typed = {f"number.{phone['id']}": "(518) 555-0199", "new_number": "(518) 555-0111", "new_label": "Work"}
    assert "saved" in (await client.send("/details", email="ann@new.example", city="Troy", **typed)).text
    now = await online.record("clients", online.client_id)
    assert (now["email"], now["address"]["city"]) == ("ann@new.example", "Troy")
    assert [(each["label"], each["number"]) for each in now["phones"]] == [
        (phone["label"], "(518) 555-0199"),
        ("Work", "(518) 555-0111"),
    ]
    assert [each["is_sms_enabled"] for each in now["phones"]] == [True, False]
    assert now["last_name"] == before["last_name"]
    await client.open("/details")
    await online.write(Write("clients", online.client_id, {"email": "ann@studio.example"}))
    assert (await client.send("/details", city="Utica")).status == 409
    assert (await online.record("clients", online.client_id))["address"]["city"] == "Troy"


async def test_details_that_cannot_be_kept_are_told_at_their_field(online: Online, client: Guest) -> None:
    await client.open("/details")
    told = await client.send("/details", email="nowhere")
    assert told.status == 422
    assert "This is not an email address." in told.text
    again = await client.send("/details", new_number="4111 1111 1111 1111", city="Utica")
    assert (again.status, "number of a card" in again.text) == (422, True)
    assert "4111 1111" not in again.answer.text
    assert again.reader.forms[f"{online.path}/details"]["city"] == ["Utica"]
    kept = str(await online.record("clients", online.client_id))
    assert "4111111111111111" not in kept.replace(" ", "")


async def test_a_number_there_is_no_room_for_is_told(online: Online, client: Guest) -> None:
    [phone] = (await online.record("clients", online.client_id))["phones"]
    ten = [{**phone, "id": str(uuid4()), "number": f"(518) 555-01{each}"} for each in range(10, 20)]
    await online.write(Write("clients", online.client_id, {"phones": ten}))
    await client.open("/details")
    told = await client.send("/details", new_number="(518) 555-0199")
    assert (told.status, "as many numbers as there may be" in told.text) == (422, True)
    gone = {"new_number": "(518) 555-0199", f"number.{ten[0]['id']}": ""}
    assert "saved" in (await client.send("/details", **gone)).text
