"""A company that its administrators change, and the lists they maintain."""

from typing import Any

import pytest

from app.accounts.lifecycle import set_security
from app.accounts.users import change_user
from app.core.principal import Level, Principal
from app.sync.registry import LISTS, Collection, collections
from tests.accounts.studios import Studio
from tests.contract.desks import Desk, told
from tests.contract.records import fresh, parents_of
from tests.desk.pulling import Json, pull, push
from tests.samples import named

FIXED = {
    "company_name": "Another Name",
    "edition": "enterprise",
    "country": "CA",
    "currency": "CAD",
    "time_zone": "America/Toronto",
}
ENTRIES = [
    each
    for each in collections()
    if each.feature == LISTS and {"description", "sort_order", "is_inactive"} <= each.fields.keys()
]


@pytest.fixture
def company(studio: Studio) -> str:
    return str(studio.account.account_id)


async def test_a_change_of_the_company_reaches_its_phones(studio: Studio, desk: Desk, company: str) -> None:
    phone = await studio.signed_in()
    cursor = (await pull(studio, phone))["cursor"]
    read = await desk.read(named("companies"), company)
    wanted: Json = {
        "slot_minutes": 30,
        "conflict_policy": "never",
        "terminology": {"session": "Shoot", "employee": "Artist", "resource": "Room"},
        "work_week": ["monday", "tuesday"],
    }
    changed = await desk.change(named("companies"), company, wanted, read.headers["etag"])
    assert changed.status_code == 200, changed.text
    assert {name: told(changed)[name] for name in wanted} == wanted
    page = await pull(studio, phone, cursor)
    assert page["changes"]["companies"]["put"] == [told(changed)]
    late = await desk.change(named("companies"), company, {"slot_minutes": 15}, read.headers["etag"])
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    unsaid = await desk.change(named("companies"), company, {"slot_minutes": 15}, None)
    assert (unsaid.status_code, unsaid.json()["code"]) == (428, "precondition_required")


async def test_what_is_the_account_s_is_not_changed_there(desk: Desk, company: str) -> None:
    before = (await desk.read(named("companies"), company)).json()
    for name, value in FIXED.items():
        refused = await desk.change(named("companies"), company, {name: value, "slot_minutes": 5})
        assert (refused.status_code, refused.json()["code"]) == (422, "read_only_field"), refused.text
        assert list(refused.json()["reasons"]) == [name]
    for wrong in ({"slot_minutes": "often"}, {"hair": 1}, {"client_number_status_id": company}):
        assert (await desk.change(named("companies"), company, wrong)).status_code == 422
    assert (await desk.read(named("companies"), company)).json() == before
    same = await desk.change(named("companies"), company, {name: before[name] for name in FIXED})
    assert same.status_code == 200, same.text


async def test_whoever_has_the_right_changes_the_company_and_everybody_reads_it(
    studio: Studio, desk: Desk, photographer: Desk, company: str
) -> None:
    wanted = {"slot_minutes": 30}
    assert (await photographer.read(named("companies"), company)).status_code == 200
    refused = await photographer.change(named("companies"), company, wanted)
    assert (refused.status_code, refused.json()["feature"]) == (403, "companies")
    who = Principal.system(studio.account.account_id)
    async with studio.database.writing(studio.account.account_id) as session:
        await set_security(session, who, is_active=True)
        await change_user(session, who, studio.photographer.user_id, levels={"companies": Level.ADD_MODIFY})
    assert (await photographer.change(named("companies"), company, wanted)).status_code == 200
    assert (await desk.read(named("companies"), company)).json()["slot_minutes"] == 30


async def test_a_phone_does_not_change_the_company(studio: Studio, desk: Desk, company: str) -> None:
    phone = await studio.signed_in()
    change: Any = {"collection": "companies", "id": company, "op": "patch", "fields": {"slot_minutes": 30}}
    [result] = (await push(studio, phone, change)).json()["results"]
    assert (result["verdict"], result["code"]) == ("rejected", "read_only_collection")
    assert (await desk.read(named("companies"), company)).json()["slot_minutes"] != 30


@pytest.mark.parametrize("collection", ENTRIES, ids=lambda each: each.name)
async def test_an_entry_of_a_list_is_made_renamed_put_in_its_place_and_taken_out_of_use(
    collection: Collection, studio: Studio, desk: Desk
) -> None:
    entry = told(await desk.create(collection, fresh(collection, **await parents_of(studio, collection))))
    for wanted in ({"description": "Our own word"}, {"sort_order": 77}, {"is_inactive": True}):
        changed = await desk.change(collection, entry["id"], wanted, f'"{entry["revision"]}"')
        assert changed.status_code == 200, changed.text
        entry = told(changed)
        assert entry.items() >= wanted.items()
