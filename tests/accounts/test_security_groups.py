"""Deciding what the people of an account may do."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from app.accounts.features import features
from tests.accounts.people import Headers, at_a_desk, secured
from tests.accounts.studios import Studio

PATH = "/v1/security-groups"
CREW = {"name": "Crew", "levels": {"devices": "view_only"}}


@pytest.fixture
async def boss(studio: Studio) -> Headers:
    """Sign the administrator in."""
    return await studio.administrator()


async def create(studio: Studio, who: Headers, **fields: Any) -> dict[str, Any]:
    answer = await studio.client.post(PATH, json={**CREW, **fields}, headers=who)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def join(studio: Studio, who: Headers, group_id: str | None) -> httpx.Response:
    path = f"/v1/users/{studio.photographer.user_id}"
    etag = (await studio.client.get(path, headers=who)).headers["etag"]
    return await studio.client.patch(
        path, json={"security_group_id": group_id}, headers={**who, "If-Match": etag}
    )


def seen(group: dict[str, Any], who: Headers) -> Headers:
    return {**who, "If-Match": f'"{group["version"]}"'}


async def test_a_group_s_levels_are_its_members_from_their_next_request_on(
    studio: Studio, boss: Headers
) -> None:
    await secured(studio)
    clerk = await at_a_desk(studio)
    assert (await studio.client.get("/v1/devices", headers=clerk)).json()["code"] == "permission_denied"
    group = await create(studio, boss)
    assert (await join(studio, boss, group["id"])).json()["security_group_id"] == group["id"]
    assert (await studio.client.get("/v1/devices", headers=clerk)).status_code == 200
    none = await studio.client.patch(f"{PATH}/{group['id']}", json={"levels": {}}, headers=seen(group, boss))
    assert (none.status_code, none.json()["members"], none.json()["levels"]) == (200, 1, {})
    assert (await studio.client.get("/v1/devices", headers=clerk)).json()["code"] == "permission_denied"


async def test_a_group_with_members_stays(studio: Studio, boss: Headers) -> None:
    group = await create(studio, boss)
    await join(studio, boss, group["id"])
    path = f"{PATH}/{group['id']}"
    kept = await studio.client.delete(path, headers=seen(group, boss))
    assert (kept.status_code, kept.json()["code"], kept.json()["members"]) == (409, "group_in_use", 1)
    await join(studio, boss, None)
    assert (await studio.client.delete(path, headers=boss)).json()["code"] == "precondition_required"
    assert (await studio.client.delete(path, headers=seen(group, boss))).status_code == 204
    assert (await studio.client.delete(path, headers=seen(group, boss))).json()["code"] == "group_not_found"


async def test_the_administrators_are_a_group_that_stays_as_it_is(studio: Studio, boss: Headers) -> None:
    await create(studio, boss)
    first, second = (await studio.client.get(PATH, headers=boss)).json()["groups"]
    assert (first["id"], first["is_built_in"], first["members"]) == (str(studio.account.account_id), True, 1)
    assert first["levels"] == {each.key: "full_access" for each in features()}
    assert (second["name"], second["is_built_in"], second["members"]) == ("Crew", False, 0)
    path = f"{PATH}/{first['id']}"
    for answer in (
        await studio.client.patch(path, json={"levels": {}}, headers=seen(first, boss)),
        await studio.client.delete(path, headers=seen(first, boss)),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "group_is_built_in")


async def test_no_two_groups_have_one_name(studio: Studio, other_studio: Studio, boss: Headers) -> None:
    group = await create(studio, boss)
    answer = await studio.client.post(PATH, json={**CREW, "name": " CREW "}, headers=boss)
    assert (answer.status_code, answer.json()["code"]) == (409, "group_name_taken")
    other = await create(studio, boss, name="Others")
    renamed = await studio.client.patch(
        f"{PATH}/{other['id']}", json={"name": "crew"}, headers=seen(other, boss)
    )
    assert renamed.json()["code"] == "group_name_taken"
    await create(other_studio, await other_studio.administrator())
    stolen = await studio.client.delete(
        f"{PATH}/{group['id']}", headers=seen(group, await other_studio.administrator())
    )
    assert (stolen.status_code, stolen.json()["code"]) == (404, "group_not_found")


async def test_of_many_who_change_a_group_at_once_one_does(studio: Studio, boss: Headers) -> None:
    group = await create(studio, boss)
    answers = await asyncio.gather(
        *(
            studio.client.patch(
                f"{PATH}/{group['id']}", json={"name": f"Crew {n}"}, headers=seen(group, boss)
            )
            for n in range(20)
        )
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 19}
    [winner] = [answer.json() for answer in answers if answer.is_success]
    assert (await studio.client.get(PATH, headers=boss)).json()["groups"][1] == winner


@pytest.mark.parametrize(
    ("levels", "field"),
    [({"flying": "view_only"}, "levels.flying"), ({"lists": "no_access"}, "levels.lists")],
)
async def test_a_level_that_cannot_be_given_is_refused(
    studio: Studio, boss: Headers, levels: dict[str, str], field: str
) -> None:
    answer = await studio.client.post(PATH, json={**CREW, "levels": levels}, headers=boss)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
        422,
        "invalid_account",
        field,
    )


async def test_security_is_activated_once_and_for_good(studio: Studio, boss: Headers) -> None:
    account = await studio.client.get("/v1/account", headers=boss)
    assert account.json()["is_security_active"] is False
    tag = account.headers["etag"]
    clerk = await at_a_desk(studio)
    on = {"is_security_active": True}
    for headers, code in (
        ({**clerk, "If-Match": tag}, "permission_denied"),
        (boss, "precondition_required"),
        ({**boss, "If-Match": '"99"'}, "version_changed"),
    ):
        assert (await studio.client.patch("/v1/account", json=on, headers=headers)).json()["code"] == code
    activated = await studio.client.patch("/v1/account", json=on, headers={**boss, "If-Match": tag})
    assert activated.json()["is_security_active"] is True
    off = await studio.client.patch(
        "/v1/account",
        json={"is_security_active": False},
        headers={**boss, "If-Match": activated.headers["etag"]},
    )
    assert (off.status_code, off.json()["code"]) == (409, "security_stays")


async def test_features_are_told_with_the_levels_in_order(studio: Studio) -> None:
    told = (await studio.client.get("/v1/features", headers=await at_a_desk(studio))).json()
    assert [each["key"] for each in told["features"]] == [each.key for each in features()]
    assert told["levels"][0] == "no_access"
    assert told["levels"][-1] == "full_access"
