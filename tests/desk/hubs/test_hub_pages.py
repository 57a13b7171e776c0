"""Pages of a hub: in order both ways, whatever is blank, each record once; searched and counted."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest

from app.desk.hubs import querying
from tests.accounts.studios import Studio
from tests.contract.desks import Desk
from tests.desk.conftest import Has
from tests.desk.hubs.asking import ask, ids, invoiced, leaf, rows, set_by_server


async def test_records_are_listed_both_ways_and_what_is_blank_comes_last(
    studio: Studio, has: Has, desk: Desk
) -> None:
    client = (await has("clients"))["id"]
    days = ["2026-08-01", None, "2026-07-01", "2026-08-01", None, "2026-09-01"]
    for day in days:
        session = await has("sessions", client_id=client)
        await set_by_server(studio, "sessions", session, web_expire_date=day)
    for sort in ("web_expire_date", "-web_expire_date"):
        known = sorted((day for day in days if day), reverse=sort.startswith("-"))
        for limit in (1, 2, 3, 500):
            found = await rows(desk, "sessions", limit, sort=sort, columns=["web_expire_date"])
            assert [each["web_expire_date"] for each in found] == [*known, None, None]
            assert len({each["id"] for each in found}) == len(days)


@pytest.mark.parametrize(
    "sort",
    [
        "subject",
        "-is_urgent",
        "priority",
        "created_at",
        "-updated_at",
        "client.last_name",
        "-client.birthday",
        "custom.text_1",
        "custom.date_1",
    ],
)
async def test_any_kind_of_field_leads_from_page_to_page(has: Has, desk: Desk, sort: str) -> None:
    for nth in range(7):
        birthday = None if nth % 3 == 0 else f"1980-01-0{nth}"
        client = await has("clients", last_name=f"Doe {nth % 2}", birthday=birthday)
        custom = None if nth % 3 == 1 else {"text_1": f"Lab {nth % 2}", "date_1": f"2026-05-0{nth + 1}"}
        changing = {"is_urgent": nth % 2 == 0, "priority": None if nth == 2 else nth % 3 + 1}
        await has("tasks", subject=f"Order {nth % 4}", client_id=client["id"], custom=custom, **changing)
    path = sort.removeprefix("-")
    whole = await rows(desk, "tasks", sort=sort, columns=[path])
    for limit in (1, 2, 3):
        assert await rows(desk, "tasks", limit, sort=sort, columns=[path]) == whole
    known = [each[path] for each in whole if each[path] is not None]
    assert known == sorted(known, reverse=sort.startswith("-"))
    assert [each[path] for each in whole[len(known) :]] == [None] * (7 - len(known))


async def test_texts_are_in_order_without_capitals_and_accents(has: Has, desk: Desk) -> None:
    names = [
        "abel",
        "Ægir",
        "Émile",
        "emily",
        "Mull",
        "MULLER",
        "Muller",
        "Müller",
        "muller roe",
        "Øster",
        "Zorn",
    ]
    for name in sorted(names, reverse=True):
        await has("clients", last_name=name)
    await has("clients", last_name=None)
    for sort, expected in (("last_name", names), ("-last_name", names[::-1])):
        for limit in (2, 500):
            found = await rows(desk, "clients", limit, sort=sort, columns=["last_name"])
            assert [each["last_name"] for each in found] == [*expected, None]
    counted = (await desk.ask("POST", "hubs/clients/counts", {"group": "last_name"})).json()
    assert [each["value"] for each in counted["groups"]] == [*names, None]


async def test_a_page_goes_on_behind_what_was_shown_whatever_is_written_meanwhile(
    has: Has, desk: Desk
) -> None:
    for name in ("Bell", "Dow", "Fox"):
        await has("clients", last_name=name)
    first = (await ask(desk, "clients", columns=["last_name"], limit=2)).json()
    for name in ("Abel", "Eck"):
        await has("clients", last_name=name)
    rest = await ask(desk, "clients", columns=["last_name"], limit=9, page=first["next_page"])
    names = [each["last_name"] for each in (*first["rows"], *rest.json()["rows"])]
    assert names == ["Bell", "Dow", "Eck", "Fox"]


@pytest.mark.parametrize("sort", ["birthday", "-birthday"])
async def test_a_page_ends_where_it_is_long_enough_and_the_next_goes_on(
    has: Has, desk: Desk, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    monkeypatch.setattr(querying, "PAGE_BYTES", 1_000)
    made = list[str]()
    for nth, length in enumerate((200, 300, 1_800, 300, 300, 200, 0)):
        birthday = None if nth in {1, 5, 6} else f"1980-01-0{nth + 1}"
        made.append((await has("clients", notes="x" * length, birthday=birthday))["id"])
    first = (await ask(desk, "clients", sort=sort, columns=["notes", "group_ids"], limit=500)).json()
    assert sum(len(each["notes"]) for each in first["rows"]) <= 1_000
    assert first["next_page"]
    columns = ["notes", "birthday"]
    found = await rows(desk, "clients", sort=sort, columns=columns)
    assert found == await rows(desk, "clients", 1, sort=sort, columns=columns)
    assert sorted(each["id"] for each in found) == sorted(made)


async def test_a_hub_without_words_shows_its_own_columns_and_a_query_in_the_address(
    has: Has, desk: Desk
) -> None:
    for name in ("Doe", "Roe"):
        await has("clients", last_name=name)
    [hub] = [each for each in (await desk.ask("GET", "hubs")).json()["hubs"] if each["name"] == "clients"]
    plain = (await desk.ask("GET", "hubs/clients")).json()["rows"]
    assert [each["last_name"] for each in plain] == ["Doe", "Roe"]
    assert list(plain[0]) == ["id", *hub["columns"]]
    asked = await desk.ask("GET", "hubs/clients?columns=last_name,created_at&sort=-last_name&limit=1")
    assert [each["last_name"] for each in asked.json()["rows"]] == ["Roe"]
    rest = await desk.ask("GET", f"hubs/clients?sort=-last_name&page={asked.json()['next_page']}")
    assert [each["last_name"] for each in rest.json()["rows"]] == ["Doe"]


async def test_a_page_belongs_to_its_query(has: Has, desk: Desk) -> None:
    for _ in range(2):
        await has("clients")
    page = (await ask(desk, "clients", limit=1)).json()["next_page"]
    for other in (
        {"sort": "-last_name"},
        {"sort": "created_at"},
        {"search": "doe"},
        {"filter": leaf("last_name", "blank")},
    ):
        refused = await ask(desk, "clients", page=page, **other)
        assert (refused.status_code, refused.json()["code"]) == (400, "page_malformed"), other
    for odd in ("", "a", "W10", "é", "W251bGwsbnVsbCxudWxsXQ", "a" * 4_000):
        refused = await ask(desk, "clients", page=odd)
        assert (refused.status_code, refused.json()["code"]) == (400, "page_malformed"), odd


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_page_with_a_moment_that_never_was_is_malformed(has: Has, desk: Desk, value: str) -> None:
    for _ in range(2):
        await has("clients")
    page = (await ask(desk, "clients", sort="created_at", limit=1)).json()["next_page"]
    tag, _, record_id = json.loads(urlsafe_b64decode(page + "=="))
    forged = urlsafe_b64encode(json.dumps([tag, value, record_id]).encode()).decode().rstrip("=")
    refused = await ask(desk, "clients", sort="created_at", limit=1, page=forged)
    assert (refused.status_code, refused.json()["code"]) == (400, "page_malformed")


async def test_every_word_of_a_search_must_be_in_a_key(studio: Studio, has: Has, desk: Desk) -> None:
    doe = (await has("clients", first_name="Laura", last_name="Doe", company_name=None, email=None))["id"]
    roe = (await has("clients", first_name="Carl", last_name="Roe", company_name=None, email=None))["id"]
    of_doe = await invoiced(
        studio, invoice_number=51, web_order_number="W-100", bill_to_client_id=doe, invoice_date="2026-05-04"
    )
    of_roe = await invoiced(
        studio, invoice_number=100, web_order_number=None, bill_to_client_id=roe, invoice_date="2026-05-05"
    )
    assert await ids(desk, "clients", search="lAU do") == [doe]
    assert await ids(desk, "clients", search="laura roe") == []
    assert await ids(desk, "invoices", search="W-1") == [of_doe]
    assert sorted(await ids(desk, "invoices", search="100")) == sorted([of_doe, of_roe])
    assert await ids(desk, "invoices", search="2026-05-05") == [of_roe]
    assert await ids(desk, "invoices", search="%") == []
    assert len(await ids(desk, "invoices", search=" ")) == 2


async def test_groups_are_counted_and_lead_to_their_records(has: Has, desk: Desk) -> None:
    source = await has("lead_sources", description="The fair")
    met = [(await has("clients", lead_source_id=source["id"]))["id"] for _ in range(3)]
    other = (await has("clients", lead_source_id=None, last_name="Roe"))["id"]
    group = "lead_source.description"
    counted = (await desk.ask("POST", "hubs/clients/counts", {"group": group})).json()
    assert counted == {
        "total": 4,
        "groups": [{"value": "The fair", "count": 3}, {"value": None, "count": 1}],
        "has_more": False,
    }
    assert sorted(await ids(desk, "clients", filter=leaf(group, "equals", "The fair"))) == sorted(met)
    assert await ids(desk, "clients", filter=leaf(group, "blank")) == [other]
    all_together = await desk.ask("POST", "hubs/clients/counts", {"search": "roe"})
    assert all_together.json() == {"total": 1, "groups": [], "has_more": False}
