"""What who runs the installation does to accounts."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.accounts.operator import hash_of, new_key
from tests.accounts.apps import calling_from
from tests.accounts.studios import PASSWORD, Studio

KEY = new_key()
OPERATOR = {"X-Operator-Key": KEY}
PATH = "/v1/operator/accounts"


def wanted(**fields: Any) -> dict[str, Any]:
    administrator = {
        "initials": "AB",
        "password": PASSWORD,
        "must_reset": False,
        "first_name": "Ann",
        "last_name": "Bee",
    }
    return {
        "name": f"o{uuid4().hex}",
        "company_name": "Harbor Light",
        "time_zone": "America/New_York",
        "country": "US",
        "licences": 5,
        "administrator": administrator,
        **fields,
    }


@pytest.fixture(autouse=True)
def with_operator(app: FastAPI) -> None:
    """Let there be an operator."""
    app.state.operator_key_hash = hash_of(KEY)


async def change(studio: Studio, **fields: Any) -> httpx.Response:
    path = f"{PATH}/{studio.account.account_id}"
    etag = (await studio.client.get(path, headers=OPERATOR)).headers["etag"]
    return await studio.client.patch(path, json=fields, headers={**OPERATOR, "If-Match": etag})


async def test_an_account_is_made_and_its_administrator_comes_in(client: httpx.AsyncClient) -> None:
    made = await client.post(PATH, json=wanted(), headers=OPERATOR)
    assert made.status_code == 201, made.text
    told = made.json()
    assert told["devices"] == {"limit": 10, "in_use": 0, "over": 0}
    assert (told["edition"], told["subscription_state"]) == ("professional", "trial")
    words = {"account": told["name"], "initials": "AB", "password": PASSWORD}
    assert (await client.post("/v1/auth/login", json=words)).json()["user"]["is_administrator"] is True
    again = await client.post(PATH, json=wanted(name=told["name"].upper()), headers=OPERATOR)
    assert (again.status_code, again.json()["code"]) == (409, "account_name_taken")


async def test_accounts_are_listed_page_by_page(
    studio: Studio, other_studio: Studio, client: httpx.AsyncClient
) -> None:
    first, second = sorted([studio.account.account_name, other_studio.account.account_name])
    page = (await client.get(PATH, params={"page": first[:-1], "limit": 1}, headers=OPERATOR)).json()
    assert (page["accounts"][0]["name"], page["next_page"]) == (first, first)
    found: list[str] = []
    following: str | None = first
    while following is not None and second not in found:
        page = (await client.get(PATH, params={"page": following, "limit": 500}, headers=OPERATOR)).json()
        found += [each["name"] for each in page["accounts"]]
        following = page["next_page"]
    assert second in found
    assert first not in found


async def test_a_cut_in_licences_throws_nobody_out_and_is_told(studio: Studio) -> None:
    await studio.authorize(3)
    phone = await studio.signed_in()
    cut = await change(studio, licences=1)
    assert cut.json()["devices"] == {"limit": 2, "in_use": 4, "over": 2}
    headers = {"Authorization": f"Bearer {phone['access_token']}"}
    assert (await studio.client.get("/v1/account", headers=headers)).json()["devices"]["over"] == 2
    boss = await studio.administrator()
    assert (await studio.client.get("/v1/devices", headers=boss)).json()["over"] == 2
    body = {"user_id": str(studio.photographer.user_id)}
    refused = (await studio.client.post("/v1/devices", json=body, headers=boss)).json()
    assert (refused["code"], refused["limit"], refused["in_use"]) == ("device_limit_reached", 2, 4)
    assert len(refused["idle"]) == 4


@pytest.mark.parametrize(
    ("edition", "state", "code"),
    [
        ("spectra", "active", "edition_required"),
        ("express", "active", "edition_required"),
        ("essential", "past_due", "subscription_inactive"),
        ("enterprise", "cancelled", "subscription_inactive"),
        ("essential", "active", None),
        ("enterprise", "trial", None),
    ],
)
async def test_what_was_bought_bites_on_the_next_request(
    studio: Studio, edition: str, state: str, code: str | None
) -> None:
    phone = {"Authorization": f"Bearer {(await studio.signed_in())['access_token']}"}
    assert (await change(studio, edition=edition, subscription_state=state)).status_code == 200
    for answer in (await studio.client.get("/v1/account", headers=phone), await studio.login()):
        assert answer.json().get("code") == code, answer.text


async def test_who_is_slower_is_told(studio: Studio) -> None:
    path = f"{PATH}/{studio.account.account_id}"
    etag = (await studio.client.get(path, headers=OPERATOR)).headers["etag"]
    assert (await change(studio, licences=7, company_name="Lakeside")).json()["company_name"] == "Lakeside"
    slower = await studio.client.patch(path, json={"licences": 1}, headers={**OPERATOR, "If-Match": etag})
    assert (slower.status_code, slower.json()["code"]) == (412, "version_changed")
    blind = await studio.client.patch(path, json={"licences": 1}, headers=OPERATOR)
    assert (blind.status_code, blind.json()["code"]) == (428, "precondition_required")
    assert (await studio.client.get(path, headers=OPERATOR)).json()["licences"] == 7


async def test_without_the_key_there_is_no_way_in(studio: Studio, app: FastAPI) -> None:
    boss = await studio.administrator()
    for headers in ({}, boss, {"X-Operator-Key": ""}, {"X-Operator-Key": hash_of(KEY)}):
        answer = await studio.client.get(PATH, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_operator_key")
    app.state.operator_key_hash = None
    for headers in ({}, OPERATOR):
        assert (await studio.client.get(PATH, headers=headers)).json()["code"] == "not_found"


async def test_guesses_at_the_key_are_counted(client: httpx.AsyncClient) -> None:
    assert (await client.get(PATH, headers=OPERATOR)).status_code == 200
    answers = [await client.get(PATH, headers={"X-Operator-Key": new_key()}) for _ in range(11)]
    answers.append(await client.get(PATH, headers=OPERATOR))
    codes = [each.json()["code"] for each in answers]
    assert codes == [*["invalid_operator_key"] * 10, *["rate_limited"] * 2], "the right one is no exception"
    assert int(answers[-1].headers["Retry-After"]) > 0


async def test_guesses_from_one_household_are_counted_together(app: FastAPI) -> None:
    codes = []
    for number in range(11):
        async with calling_from(app, f"2001:db8::{number + 1}") as guessing:
            answer = await guessing.get(PATH, headers={"X-Operator-Key": new_key()})
            codes.append(answer.json()["code"])
    assert codes == [*["invalid_operator_key"] * 10, "rate_limited"]


async def test_an_account_there_is_not_is_not_found(client: httpx.AsyncClient) -> None:
    path = f"{PATH}/{uuid4()}"
    assert (await client.get(path, headers=OPERATOR)).json()["code"] == "account_not_found"
    headers = {**OPERATOR, "If-Match": '"1"'}
    assert (await client.patch(path, json={}, headers=headers)).json()["code"] == "account_not_found"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"time_zone": "Mars"}, "invalid_account"),
        ({"name": "no dots."}, "invalid_account"),
        ({"country": "usa"}, "invalid_request"),
        ({"licences": -1}, "invalid_request"),
        ({"licences": "5"}, "invalid_request"),
    ],
)
async def test_an_account_that_cannot_be_is_refused(
    client: httpx.AsyncClient, wrong: dict[str, Any], code: str
) -> None:
    answer = await client.post(PATH, json=wanted(**wrong), headers=OPERATOR)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
