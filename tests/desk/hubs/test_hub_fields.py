"""The fields a hub may name: all that is declared, each of use wherever it says so."""

import pytest

from app.desk.hubs.hubs import HUBS
from tests.accounts.studios import Studio
from tests.contract.desks import Desk
from tests.desk.conftest import Has
from tests.desk.hubs.asking import Json, ask, invoiced, leaf, rows, wrong
from tests.samples import named

LABELS = {
    "client.address.city": "Client: Address: City",
    "client.mailing_address.city": "Client: Mailing address: City",
    "client.last_name": "Client: Last name",
    "status_id": "Status id",
    "status.description": "Status",
    "session_type.description": "Session type",
    "description": "Description",
    "custom.text_1": "Custom: Text 1",
}
every_hub = pytest.mark.parametrize("hub", HUBS)


async def fields(desk: Desk, hub: str, links: int = 1) -> dict[str, Json]:
    answer = await desk.ask("GET", f"desk/fields/{hub}?links={links}")
    assert answer.status_code == 200, answer.text
    return {each["path"]: each for each in answer.json()["fields"]}


async def test_a_field_is_told_with_all_that_it_is_good_for(desk: Desk) -> None:
    told = await fields(desk, "sessions", links=2)
    assert told["web_expire_date"] == {
        "path": "web_expire_date",
        "kind": "date",
        "label": "Web expire date",
        "custom_label": None,
        "description": named("sessions").fields["web_expire_date"].info.description,
        "example": "2026-08-01",
        "choices": [],
        "operators": ["between", "blank", "equals", "greater", "less", "not"],
        "origin": "sessions",
        "through": [],
        "leads_to": None,
        "is_sortable": True,
        "is_groupable": True,
        "is_amount": False,
        "is_mergeable": True,
    }
    assert told["gallery_state"]["choices"] == ["offline", "online", "expired", "taken_down"]
    assert told["client_id"]["leads_to"] == "clients"
    assert told["client.status.description"]["through"] == ["client_id", "status_id"]
    assert told["client.status.description"]["origin"] == "client_statuses"
    assert told["events"]["operators"] == ["blank"]
    assert not told["notes"]["is_sortable"]
    assert "client.referred_by.last_name" in told
    assert "client.referred_by.status.description" not in told
    assert "client.last_name" not in await fields(desk, "sessions", links=0)


@every_hub
async def test_labels_tell_fields_apart(desk: Desk, hub: str) -> None:
    told = await fields(desk, hub, links=2)
    assert len({each["label"] for each in told.values()}) == len(told)


async def test_labels_say_where_a_field_stands_and_name_entries_of_lists_by_their_links(desk: Desk) -> None:
    told = await fields(desk, "sessions")
    assert {path: told[path]["label"] for path in LABELS} == LABELS


async def test_every_declared_field_is_there(desk: Desk) -> None:
    for name, hub in HUBS.items():
        own = {path.partition(".")[0] for path in await fields(desk, name, links=0)}
        assert own == {*named(hub.of).fields, "id", "created_at", "created_by", "updated_at", "updated_by"}


async def test_the_company_s_labels_head_its_own_fields(desk: Desk, studio: Studio) -> None:
    label = {
        "id": "9a3e1f8c-1c55-4f65-8e0a-6f3c1a190001",
        "collection": "clients",
        "custom_field": "text_1",
        "label": "Favourite colour",
    }
    changed = await desk.change(named("companies"), studio.account.account_id, {"custom_labels": [label]})
    assert changed.status_code == 200, changed.text
    assert (await fields(desk, "clients"))["custom.text_1"]["custom_label"] == "Favourite colour"
    assert (await fields(desk, "sessions"))["client.custom.text_1"]["custom_label"] == "Favourite colour"
    assert (await fields(desk, "sessions"))["custom.text_1"]["custom_label"] is None


@every_hub
async def test_every_field_can_be_shown_tested_sorted_and_counted_by(
    studio: Studio, has: Has, desk: Desk, hub: str
) -> None:
    about = {"client_id": (await has("clients"))["id"]} if hub == "sessions" else {}
    await (invoiced(studio) if hub == "invoices" else has(HUBS[hub].of, **about))
    told = await fields(desk, hub)
    paths = list(told)
    for start in range(0, len(paths), 60):
        some = paths[start : start + 60]
        tests = [leaf(path, "blank", nth % 2 == 0) for nth, path in enumerate(some)]
        answer = await ask(desk, hub, columns=some, filter={"any": tests})
        assert answer.status_code == 200, answer.text
        assert [set(row) for row in answer.json()["rows"]] == [{"id", *some}]
    for path, each in told.items():
        if "." in path and not path.startswith(("client.", "custom.")):
            continue
        sorted_by = await ask(desk, hub, sort=f"-{path}")
        assert (sorted_by.status_code == 200) is each["is_sortable"], (path, sorted_by.text)
        counted = await desk.ask("POST", f"hubs/{hub}/counts", {"group": path})
        assert (counted.status_code == 200) is each["is_groupable"], (path, counted.text)


async def test_what_a_record_holds_is_shown_under_its_path(has: Has, desk: Desk) -> None:
    status = await has("client_statuses", description="Loyal", is_initial=True)
    client = await has("clients", status_id=status["id"], last_name="Doe")
    session = await has("sessions", client_id=client["id"])
    columns = [
        "client.status.description",
        "custom.text_1",
        "start_time",
        "promotions",
        "events",
        "client_id",
    ]
    [row] = await rows(desk, "sessions", columns=columns)
    assert row == {
        "id": session["id"],
        "client.status.description": "Loyal",
        "custom.text_1": session["custom"]["text_1"],
        "start_time": session["start_time"],
        "promotions": session["promotions"],
        "events": session["events"],
        "client_id": client["id"],
    }


async def test_what_is_no_field_is_told_where_it_stands(desk: Desk) -> None:
    columns = [
        "date",
        "hair",
        "client.hair",
        "client.referred_by.status.description",
        "date",
        "custom",
        "client",
    ]
    refused = await ask(desk, "sessions", columns=columns, sort="events", search="a " * 11)
    assert sorted(wrong(refused)) == [
        ("columns.1", "unknown_field"),
        ("columns.2", "unknown_field"),
        ("columns.3", "unknown_field"),
        ("columns.4", "given_twice"),
        ("columns.5", "unknown_field"),
        ("columns.6", "unknown_field"),
        ("search", "too_many_words"),
        ("sort", "not_sortable"),
    ]
    for path in ("hubs/hair", "desk/fields/hair", "hubs/companies"):
        assert (await desk.ask("GET", path)).json()["code"] == "not_found"
