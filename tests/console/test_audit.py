"""The audit page: what is told, looked for, paged and downloaded."""

import csv
import io

import pytest

from app.accounts.users import change_user
from app.console import audit, audit_names
from app.core.principal import Principal
from tests.accounts.studios import Studio
from tests.console.browser import Browser
from tests.contract.desks import Desk
from tests.desk.conftest import Has
from tests.samples import named


async def test_what_was_done_is_told_in_words(
    studio: Studio, administrator: Browser, desk: Desk, has: Has
) -> None:
    client = await has("clients", first_name="Laura", last_name="Doe")
    await desk.change(named("clients"), client["id"], {"last_name": "Miller"})
    page = await administrator.open("/audit")
    for word in ("Jo Doe", "At a desk", "Clients", "Changed", "Last name", "was Doe is Miller", "Signed in"):
        assert word in page.text
    for word in (client["id"], str(studio.account.account_id), "last_name"):
        assert word not in page.text


async def test_it_is_looked_through_by_day_people_and_kind(
    studio: Studio, administrator: Browser, has: Has
) -> None:
    await has("clients", last_name="Doe")
    page = await administrator.open("/audit?subject=clients&action=created")
    assert "Doe" in page.text
    assert "Signed in" not in page.text.partition("What was different")[2]
    for filters in (
        "subject=clients&last=2020-01-01",
        "first=2999-01-01",
        f"subject=clients&user_id={studio.photographer.user_id}",
        "subject=clients&channel=mobile",
    ):
        page = await administrator.open(f"/audit?{filters}")
        assert (page.status, "Nothing was found" in page.text) == (200, True)
    page = await administrator.open("/audit?first=yesterday")
    assert (page.status, "Please choose a day." in page.text) == (422, True)
    page = await administrator.open("/audit?last=9999-12-31")
    assert page.status == 422
    page = await administrator.open("/audit?user_id=me")
    assert (page.status, "Please choose from the list." in page.text) == (422, True)


async def test_a_filter_that_is_not_known_shows_and_exports_nothing(
    studio: Studio, administrator: Browser
) -> None:
    for path in ("/v1/audit?subjects=clients", "/v1/audit.csv?subjects=clients", "/v1/audit.csv?page=3"):
        answer = await studio.client.get(path, headers=await studio.administrator())
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        assert [each["code"] for each in answer.json()["fields"]] == ["extra_forbidden"]
    twice = "/v1/audit.csv?subject=users&subject=clients"
    answer = await studio.client.get(twice, headers=await studio.administrator())
    assert [each["code"] for each in answer.json()["fields"]] == ["given_twice"]
    assert (await administrator.open("/audit?subjects=clients")).status == 422
    answer = await administrator.client.get("/console/audit.csv?subjects=clients")
    assert answer.status_code == 422


async def test_levels_are_told_in_the_words_they_are_given_in(studio: Studio, administrator: Browser) -> None:
    headers = await studio.administrator()
    body = {"name": "Sales", "levels": {"clients": "add_modify"}}
    answer = await studio.client.post("/v1/security-groups", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    page = await administrator.open("/audit?subject=security_groups")
    assert "Clients: view, add and change" in page.text
    assert "add modify" not in page.text


async def test_a_phone_is_named_with_its_user_also_once_it_is_gone(
    studio: Studio, administrator: Browser
) -> None:
    device = (await studio.signed_in())["device"]["id"]
    await studio.change_device(device, is_inactive=True, wipe=False)
    told = (await administrator.open("/audit?subject=devices&action=changed")).text
    assert "Pat's phone, Pat Kerr" in told.partition("What was different")[2]
    assert "Its history" not in told
    place = (await studio.authorize())[0]
    path = f"/v1/devices/{place}"
    assert (await studio.client.delete(path, headers=await studio.administrator())).status_code == 204
    told = (await administrator.open("/audit?subject=devices&action=deleted")).text
    assert "A place for a phone, Pat Kerr" in told.partition("What was different")[2]


async def test_what_references_name_is_told_and_no_more_read_than_a_page_may(
    administrator: Browser, has: Has, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await has("clients", last_name="Doe")
    await has("sessions", client_id=client["id"])
    told = (await administrator.open("/audit?subject=sessions&action=created")).text
    assert "Client Laura Doe" in told
    monkeypatch.setattr(audit_names, "MOST", 0)
    told = (await administrator.open("/audit?subject=sessions&action=created")).text
    assert "Client another record" in told


async def test_one_leads_to_the_older_ones_and_back(
    administrator: Browser, has: Has, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_PAGE", 2)
    for name in ("Abel", "Baker", "Carter"):
        await has("clients", last_name=name)
    page = await administrator.open("/audit?subject=clients&action=created")
    assert "Carter" in page.text
    assert "Abel" not in page.text
    [older] = [each for each in page.links if "page=" in each]
    page = await administrator.open(older)
    assert "Abel" in page.text
    assert "Carter" not in page.text
    assert "/audit?subject=clients&action=created" in page.links


async def test_it_is_downloaded_as_a_table(administrator: Browser, has: Has) -> None:
    await has("clients", last_name="Doe")
    answer = await administrator.client.get("/console/audit.csv?subject=clients&action=created")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    names = [name for name, _ in answer.headers.multi_items()]
    assert len(names) == len(set(names))
    assert answer.headers["cache-control"] == "no-store"
    itself, row = csv.DictReader(io.StringIO(answer.text))
    assert (itself["subject"], itself["action"]) == ("audit", "exported")
    assert (row["subject"], row["action"]) == ("clients", "created")
    page = await administrator.open("/audit?subject=audit")
    for word in ("Jo Doe", "Audit trail", "Exported as a table"):
        assert word in page.text


async def test_the_head_of_the_trail_and_the_hashes_are_shown_to_administrators(
    studio: Studio, administrator: Browser
) -> None:
    page = await administrator.open("/audit")
    [row] = await studio.execute(
        "SELECT position, hash FROM audit_entries WHERE account_id = $1 ORDER BY position DESC LIMIT 1"
    )
    assert f"The trail has come to No. {row['position']}, with the hash" in page.text
    assert page.text.count(row["hash"].hex()) == 2


async def test_a_wrong_password_is_told_of_somebody(studio: Studio, administrator: Browser) -> None:
    for device in (None, studio.phone()):
        await studio.login(password="not the password at all", device=device)
    page = await administrator.open("/audit?action=sign_in_refused")
    assert "Somebody" in page.text
    assert "At a desk" in page.text
    assert "The server itself" not in page.text.partition("What was different")[2]


async def test_why_sign_ins_ended_is_told_in_words(studio: Studio, administrator: Browser) -> None:
    await studio.signed_in(device=None)
    who = Principal.system(studio.account.account_id)
    async with studio.database.writing(studio.account.account_id) as session:
        await change_user(session, who, studio.photographer.user_id, must_reset=True)
    page = await administrator.open("/audit?action=signed_out")
    for word in ("Sign-ins that ended", "the password was reset"):
        assert word in page.text


async def test_who_may_not_see_it_is_not_given_the_table(photographer: Browser) -> None:
    answer = await photographer.client.get("/console/audit.csv")
    assert (answer.status_code, "You do not have the right" in answer.text) == (403, True)


async def test_a_user_leads_to_what_was_done_to_them(studio: Studio, administrator: Browser) -> None:
    user = studio.photographer.user_id
    page = await administrator.open(f"/users/{user}")
    link = f"/audit?record_id={user}"
    assert link in page.links
    page = await administrator.open(link)
    assert (page.status, "Only what was done to one" in page.text) == (200, True)
