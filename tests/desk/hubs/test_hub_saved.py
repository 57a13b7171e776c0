"""Filters and layouts that people keep: their own or for all, changed by version by who may."""

from uuid import uuid4

import pytest

from app.accounts.users import change_user
from app.core.principal import Principal
from app.desk.hubs import saved
from tests.accounts.studios import Studio
from tests.contract.desks import Desk, at_a_desk
from tests.desk.conftest import Has
from tests.desk.hubs.asking import Json, ids, leaf, wrong

FILTER = leaf("last_name", "equals", "Doe")
LAYOUT = {"columns": ["client.last_name", "web_expire_date", "yearbook_image"], "sort": "-web_expire_date"}
KEPT = pytest.mark.parametrize(
    ("place", "body", "other"),
    [
        ("hubs/clients/filters", {"filter": FILTER}, {"filter": leaf("last_name", "equals", "Roe")}),
        ("hubs/sessions/layouts", {"layout": LAYOUT}, {"layout": {"columns": ["date"]}}),
    ],
    ids=["filter", "layout"],
)


async def names(desk: Desk, place: str) -> list[str]:
    [told] = (await desk.ask("GET", place)).json().values()
    return [each["name"] for each in told if not each["is_shipped"]]


async def keep(desk: Desk, place: str, body: Json, name: str = "Mine", **more: object) -> Json:
    made = await desk.ask("POST", place, {"name": name, **body, **more})
    assert made.status_code == 201, made.text
    return dict(made.json())


@KEPT
async def test_what_is_private_is_its_owner_s_and_what_is_shared_is_read_by_all(
    desk: Desk, photographer: Desk, place: str, body: Json, other: Json
) -> None:
    private = await keep(photographer, place, body)
    shared = await keep(desk, place, body, "Ours", is_shared=True)
    assert (await names(desk, place), await names(photographer, place)) == (["Ours"], ["Mine", "Ours"])
    read = await photographer.ask("GET", f"{place}/{shared['id']}")
    assert (read.json(), read.headers["etag"]) == (shared, '"1"')
    for verb, sent in (("GET", None), ("PATCH", other), ("DELETE", None)):
        hidden = await desk.ask(verb, f"{place}/{private['id']}", sent, if_match='"1"')
        assert (hidden.status_code, hidden.json()["code"]) == (404, "saved_not_found")
    for verb, sent in (("PATCH", other), ("DELETE", None)):
        refused = await photographer.ask(verb, f"{place}/{shared['id']}", sent, if_match='"1"')
        assert (refused.status_code, refused.json()["code"]) == (403, "saved_not_yours")


@KEPT
async def test_a_change_names_the_version_it_is_about(
    desk: Desk, place: str, body: Json, other: Json
) -> None:
    made = await keep(desk, place, body)
    address = f"{place}/{made['id']}"
    assert (await desk.ask("PATCH", address, other)).json()["code"] == "precondition_required"
    changed = await desk.ask("PATCH", address, {**other, "name": "Renamed"}, if_match='"1"')
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (changed.json()["name"], changed.json()["version"]) == ("Renamed", 2)
    assert (await desk.ask("GET", address)).json() == changed.json()
    for verb in ("PATCH", "DELETE"):
        late = await desk.ask(verb, address, other if verb == "PATCH" else None, if_match='"1"')
        assert (late.status_code, late.json()["code"], late.headers["etag"]) == (
            412,
            "version_changed",
            '"2"',
        )
    assert (await desk.ask("DELETE", address, if_match='"2"')).status_code == 204
    assert await names(desk, place) == []


@KEPT
async def test_what_is_saved_is_told_with_its_version_and_place(
    desk: Desk, place: str, body: Json, other: Json
) -> None:
    made = await desk.ask("POST", place, {"name": "Mine", **body})
    assert made.headers["location"] == f"/v1/{place}/{made.json()['id']}"
    address = made.headers["location"].removeprefix("/v1/")
    assert (await desk.ask("PATCH", address, other, if_match=made.headers["etag"])).status_code == 200


@KEPT
async def test_it_belongs_to_its_hub(desk: Desk, place: str, body: Json, other: Json) -> None:
    del other
    made = await keep(desk, place, body)
    elsewhere = place.replace("clients", "tasks").replace("sessions", "tasks")
    assert (await desk.ask("GET", f"{elsewhere}/{made['id']}")).json()["code"] == "saved_not_found"


@KEPT
async def test_nobody_keeps_more_than_enough(
    *, desk: Desk, photographer: Desk, place: str, body: Json, other: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    del other
    monkeypatch.setattr(saved, "MOST", 1)
    await keep(desk, place, body)
    refused = await desk.ask("POST", place, {"name": "Another", **body})
    assert (refused.status_code, refused.json()["code"]) == (409, "saved_limit_reached")
    mine = await keep(photographer, place, body)
    monkeypatch.setattr(saved, "MOST", 2)
    for name in ("Ours", "Another of ours"):
        await keep(photographer if name == "Ours" else desk, place, body, name, is_shared=True)
    address = f"{place}/{mine['id']}"
    refused = await photographer.ask("PATCH", address, {"is_shared": True}, if_match='"1"')
    assert (refused.status_code, refused.json()["code"]) == (409, "saved_limit_reached")
    assert (await photographer.ask("GET", address)).json() == mine
    another = {"name": "One more of ours", "is_shared": True, **body}
    monkeypatch.setattr(saved, "MOST", 3)
    assert (await photographer.ask("POST", place, another)).status_code == 201
    assert (await desk.ask("POST", place, another)).json()["code"] == "saved_limit_reached"


@KEPT
async def test_what_the_deactivated_have_left_is_for_administrators(
    *, studio: Studio, desk: Desk, photographer: Desk, place: str, body: Json, other: Json
) -> None:
    taken, left = (
        await keep(photographer, place, body, "Taken"),
        await keep(photographer, place, body, "Left"),
    )
    await keep(photographer, place, body, "Shared", is_shared=True)
    hidden = await desk.ask("GET", f"{place}/{left['id']}")
    refused = await photographer.ask("GET", f"{place}?left=true")
    assert (hidden.status_code, refused.json()["code"]) == (404, "saved_not_yours")
    assert await names(desk, f"{place}?left=true") == []
    await set_active(studio, is_active=False)
    assert await names(desk, place) == ["Shared"]
    assert await names(desk, f"{place}?left=true") == ["Left", "Shared", "Taken"]
    changed = await desk.ask("PATCH", f"{place}/{taken['id']}", other, if_match='"1"')
    assert changed.json()["owner_id"] != taken["owner_id"]
    assert await names(desk, f"{place}?left=true") == ["Left", "Shared"]
    await set_active(studio, is_active=True)
    assert await names(desk, place) == ["Shared", "Taken"]
    assert await names(await at_a_desk(studio, initials="PK"), place) == ["Left", "Shared"]


async def set_active(studio: Studio, *, is_active: bool) -> None:
    who = Principal.system(studio.account.account_id)
    async with studio.database.writing(studio.account.account_id) as session:
        await change_user(session, who, studio.photographer.user_id, is_active=is_active)


async def test_what_ships_is_read_and_never_changed(desk: Desk) -> None:
    told = (await desk.ask("GET", "hubs/invoices/filters")).json()["filters"]
    orders, every = [each for each in told if each["is_shipped"]]
    assert (orders["name"], orders["owner_id"]) == ("Web Orders Today", None)
    assert every["name"] == "Web Orders"
    refused = await desk.ask("DELETE", f"hubs/invoices/filters/{orders['id']}", if_match='"1"')
    assert (refused.status_code, refused.json()["code"]) == (403, "saved_not_yours")


async def test_a_saved_filter_goes_with_one_that_is_sent(has: Has, desk: Desk) -> None:
    doe = (await has("clients", first_name="Jo", last_name="Doe"))["id"]
    await has("clients", first_name="Al", last_name="Doe")
    await has("clients", first_name="Jo", last_name="Roe")
    kept = await keep(desk, "hubs/clients/filters", {"filter": FILTER})
    assert await ids(desk, "clients", filter_id=kept["id"], filter=leaf("first_name", "equals", "Jo")) == [
        doe
    ]
    unknown = await desk.ask("GET", f"hubs/clients?filter_id={uuid4()}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "saved_not_found")


async def test_a_filter_that_is_kept_is_no_longer_than_lists_can_tell(desk: Desk) -> None:
    def named(many: int) -> Json:
        return {"name": "Long", "filter": leaf("last_name", "in", ["x" * 1_000] * many)}

    made = await desk.ask("POST", "hubs/clients/filters", named(19))
    assert made.status_code == 201
    assert wrong(await desk.ask("POST", "hubs/clients/filters", named(20))) == [("filter", "too_long")]
    address = f"hubs/clients/filters/{made.json()['id']}"
    longer = {"filter": named(20)["filter"]}
    assert wrong(await desk.ask("PATCH", address, longer, if_match='"1"')) == [("filter", "too_long")]


async def test_what_cannot_be_carried_out_is_not_kept(desk: Desk) -> None:
    body = {"name": "Odd", "filter": {"all": [leaf("hair", "blank")]}}
    assert wrong(await desk.ask("POST", "hubs/clients/filters", body)) == [
        ("filter.all.0.field", "unknown_field")
    ]
    layout = {"columns": ["hair", "last_name", "last_name"], "sort": "-notes", "group": "created_at"}
    assert wrong(await desk.ask("POST", "hubs/clients/layouts", {"name": "Odd", "layout": layout})) == [
        ("layout.columns.0", "unknown_field"),
        ("layout.columns.2", "given_twice"),
        ("layout.sort", "not_sortable"),
        ("layout.group", "not_groupable"),
    ]
