"""Looking after the users of an account."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.core.principal import Level
from tests.accounts.people import Headers, at_a_desk, give, secured, version_of
from tests.accounts.studios import PASSWORD, Studio, bearer

NEW = {"initials": "AB", "password": "three ducks on a pond", "first_name": "Ann", "last_name": "Bee"}
OTHER = "nine geese over the bay"


@pytest.fixture
async def boss(studio: Studio) -> Headers:
    """Sign the administrator in."""
    return await studio.administrator()


async def read(studio: Studio, who: Headers, user_id: Any) -> dict[str, Any]:
    answer = await studio.client.get(f"/v1/users/{user_id}", headers=who)
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    return dict(answer.json())


async def change(studio: Studio, who: Headers, user_id: Any, **fields: Any) -> httpx.Response:
    version = (await read(studio, who, user_id))["version"]
    headers = {**who, "If-Match": f'"{version}"'}
    return await studio.client.patch(f"/v1/users/{user_id}", json=fields, headers=headers)


async def test_a_new_user_resets_the_password_and_comes_in(studio: Studio, boss: Headers) -> None:
    made = await studio.client.post("/v1/users", json=NEW, headers=boss)
    assert made.status_code == 201, made.text
    assert "password" not in made.text
    assert "argon2" not in made.text
    assert (made.json()["must_reset"], made.json()["display_name"]) == (True, "Ann Bee")
    words = {"initials": "ab", "password": NEW["password"], "device": None}
    assert (await studio.login(**words)).json()["code"] == "password_reset_required"
    reset = {
        "account": studio.account.account_name,
        "initials": "AB",
        "current_password": NEW["password"],
        "new_password": OTHER,
    }
    again = await studio.client.post("/v1/auth/reset", json={**reset, "new_password": NEW["password"]})
    assert (again.status_code, again.json()["reason"]) == (422, "same")
    assert (await studio.client.post("/v1/auth/reset", json=reset)).status_code == 204
    assert (await studio.login(**words)).json()["code"] == "invalid_credentials"
    assert (await studio.login(**{**words, "password": OTHER})).status_code == 200


async def test_a_reset_with_wrong_words_is_a_guess_like_any(studio: Studio) -> None:
    reset = {
        "account": studio.account.account_name,
        "initials": "PK",
        "current_password": "not this one",
        "new_password": OTHER,
    }
    codes = [
        (await studio.client.post("/v1/auth/reset", json={**reset, **other})).json()["code"]
        for other in ({}, {"initials": "XX"}, {"account": f"n{uuid4().hex}"}, *[{}] * 9, {})
    ]
    assert codes[:3] == ["invalid_credentials"] * 3
    assert codes[-1] == "rate_limited"
    assert (await studio.login(device=None)).json()["code"] == "rate_limited"


async def test_users_are_listed_page_by_page(studio: Studio, boss: Headers) -> None:
    listed: list[str] = []
    page: str | None = ""
    while page is not None:
        asked = {"limit": "1", **({"page": page} if page else {})}
        answer = (await studio.client.get("/v1/users", params=asked, headers=boss)).json()
        assert len(answer["users"]) <= 1
        listed += [each["initials"] for each in answer["users"]]
        page = answer["next_page"]
    assert sorted(listed) == ["JD", "PK"]


async def test_a_deactivated_user_is_out_at_the_next_request_and_may_come_back(
    studio: Studio, boss: Headers
) -> None:
    user_id = studio.photographer.user_id
    phone = bearer(await studio.signed_in())
    assert (await change(studio, boss, user_id, is_active=False)).json()["is_active"] is False
    assert (await studio.client.get("/v1/account", headers=phone)).json()["code"] == "user_inactive"
    assert (await studio.login()).json()["code"] == "invalid_credentials"
    taken = await studio.client.post("/v1/users", json={**NEW, "initials": "pk"}, headers=boss)
    assert taken.status_code == 201
    back = await change(studio, boss, user_id, is_active=True)
    assert (back.status_code, back.json()["code"]) == (409, "initials_taken")
    assert (await change(studio, boss, taken.json()["id"], initials="QQ")).status_code == 200
    assert (await change(studio, boss, user_id, is_active=True)).status_code == 200
    assert (await studio.client.get("/v1/account", headers=phone)).status_code == 200


async def test_an_assigned_password_ends_all_sign_ins(studio: Studio, boss: Headers) -> None:
    phone, path = bearer(await studio.signed_in()), f"/v1/users/{studio.photographer.user_id}/password"
    boss = {**boss, "If-Match": f'"{await version_of(studio)}"'}
    weak = await studio.client.post(path, json={"new_password": "short"}, headers=boss)
    assert (weak.json()["code"], weak.json()["reason"]) == ("password_blocked", "too_short")
    assert (await studio.client.get("/v1/account", headers=phone)).status_code == 200
    given = {"new_password": OTHER, "must_reset": False}
    assert (await studio.client.post(path, json=given, headers=boss)).status_code == 204
    assert (await studio.client.get("/v1/account", headers=phone)).json()["code"] == "invalid_token"
    assert (await studio.login()).json()["code"] == "invalid_credentials"
    assert (await studio.login(password=OTHER)).status_code == 200


async def test_a_password_is_assigned_to_the_user_who_was_looked_at(studio: Studio, boss: Headers) -> None:
    path = f"/v1/users/{studio.photographer.user_id}/password"
    seen = {**boss, "If-Match": f'"{await version_of(studio)}"'}
    blind = await studio.client.post(path, json={"new_password": OTHER}, headers=boss)
    assert (blind.status_code, blind.json()["code"]) == (428, "precondition_required")
    assert (await studio.client.post(path, json={"new_password": OTHER}, headers=seen)).status_code == 204
    slower = await studio.client.post(path, json={"new_password": NEW["password"]}, headers=seen)
    assert (slower.status_code, slower.json()["code"]) == (412, "version_changed")
    assert slower.json()["version"] == await version_of(studio)
    assert (await studio.login(password=OTHER)).json()["code"] == "password_reset_required"


async def test_a_password_that_must_be_reset_ends_all_sign_ins(studio: Studio, boss: Headers) -> None:
    phone = bearer(await studio.signed_in())
    assert (await change(studio, boss, studio.photographer.user_id, must_reset=True)).status_code == 200
    assert (await studio.client.get("/v1/account", headers=phone)).json()["code"] == "invalid_token"
    refused = (await studio.login()).json()
    assert (refused["code"], refused["page"]) == ("password_reset_required", "/console/reset")


async def test_one_s_own_password_wants_the_current_one(studio: Studio, boss: Headers) -> None:
    [me] = await studio.execute("SELECT user_id FROM users WHERE account_id = $1 AND initials = 'JD'")
    path = f"/v1/users/{me['user_id']}/password"
    answer = await studio.client.post(path, json={"new_password": OTHER}, headers=boss)
    assert (answer.status_code, answer.json()["code"]) == (409, "current_password_required")
    assert (await studio.login(initials="JD", device=None)).status_code == 200


async def test_nobody_shuts_themselves_or_the_last_administrator_out(studio: Studio, boss: Headers) -> None:
    [row] = await studio.execute("SELECT user_id FROM users WHERE account_id = $1 AND initials = 'JD'")
    me, group = row["user_id"], str(studio.account.account_id)
    assert (await change(studio, boss, me, is_active=False)).json()["code"] == "own_deactivation"
    assert (await change(studio, boss, me, security_group_id=None)).json()["code"] == "last_administrator"
    assert (await read(studio, boss, me))["security_group_id"] == group
    second = await change(studio, boss, studio.photographer.user_id, security_group_id=group)
    assert second.json()["is_administrator"] is True
    assert (await change(studio, boss, me, security_group_id=None)).status_code == 200
    assert (await studio.client.get("/v1/users", headers=boss)).json()["code"] == "permission_denied"


async def test_two_administrators_who_depose_each_other_leave_one(studio: Studio, boss: Headers) -> None:
    group = str(studio.account.account_id)
    await change(studio, boss, studio.photographer.user_id, security_group_id=group)
    other = await at_a_desk(studio)
    users = (await studio.client.get("/v1/users", headers=boss)).json()["users"]
    pairs = [(boss, "PK"), (other, "JD")] * 10
    answers = await asyncio.gather(
        *(
            studio.client.patch(
                f"/v1/users/{each['id']}",
                json={"security_group_id": None},
                headers={**who, "If-Match": f'"{each["version"]}"'},
            )
            for who, initials in pairs
            for each in users
            if each["initials"] == initials
        )
    )
    told = Counter(answer.json().get("code") for answer in answers)
    assert told[None] == 1
    assert set(told) <= {None, "version_changed", "permission_denied", "last_administrator"}
    left = await studio.execute(
        "SELECT 1 FROM users WHERE account_id = $1 AND is_administrator AND is_active"
    )
    assert len(left) == 1


async def test_who_is_slower_is_told_and_nothing_is_overwritten(studio: Studio, boss: Headers) -> None:
    path = f"/v1/users/{studio.photographer.user_id}"
    seen = await read(studio, boss, studio.photographer.user_id)
    headers = {**boss, "If-Match": f'"{seen["version"]}"'}
    first = await studio.client.patch(path, json={"first_name": "Patrick"}, headers=headers)
    assert first.status_code == 200
    slower = await studio.client.patch(path, json={"first_name": "Patricia"}, headers=headers)
    assert (slower.status_code, slower.json()["code"]) == (412, "version_changed")
    assert slower.json()["version"] == first.json()["version"]
    assert slower.headers["etag"] == first.headers["etag"]
    blind = await studio.client.patch(path, json={"first_name": "Patricia"}, headers=boss)
    assert (blind.status_code, blind.json()["code"]) == (428, "precondition_required")
    assert (await read(studio, boss, studio.photographer.user_id))["first_name"] == "Patrick"


async def test_what_changes_nothing_counts_nothing(studio: Studio, boss: Headers) -> None:
    before = await read(studio, boss, studio.photographer.user_id)
    same = await change(studio, boss, studio.photographer.user_id, first_name="Pat", lists=[], levels={})
    assert same.json() == before


async def test_who_looks_after_users_rises_no_higher(studio: Studio) -> None:
    await secured(studio)
    levels = {"users": Level.FULL_ACCESS, "security": Level.FULL_ACCESS, "clients": Level.VIEW_ONLY}
    await give(studio, **levels)
    clerk, me = await at_a_desk(studio), studio.photographer.user_id
    [row] = await studio.execute("SELECT user_id FROM users WHERE account_id = $1 AND initials = 'JD'")
    administrators = str(studio.account.account_id)
    refused = [
        await change(studio, clerk, me, security_group_id=administrators),
        await change(studio, clerk, me, levels={**levels, "clients": "add_modify"}),
        await change(studio, clerk, me, levels={}),
        await change(studio, clerk, row["user_id"], first_name="Joe"),
        await studio.client.post(
            f"/v1/users/{row['user_id']}/password",
            json={"new_password": OTHER},
            headers={**clerk, "If-Match": '"1"'},
        ),
        await studio.client.post("/v1/users", json=NEW, headers=clerk),
        await studio.client.post(
            "/v1/users", json={**NEW, "security_group_id": administrators}, headers=clerk
        ),
        await studio.client.post("/v1/security-groups", json={"name": "All"}, headers=clerk),
    ]
    assert {(each.status_code, each.json()["code"]) for each in refused} == {(403, "permission_denied")}
    assert all({"feature", "level"} <= set(each.json()) for each in refused)
    less = {**NEW, "levels": {"clients": "view_only"}}
    assert (await studio.client.post("/v1/users", json=less, headers=clerk)).status_code == 201
    assert (await studio.login(initials="JD", device=None)).status_code == 200


async def test_a_right_to_users_is_none_to_security(studio: Studio) -> None:
    await secured(studio)
    await give(studio, users=Level.FULL_ACCESS)
    clerk = await at_a_desk(studio)
    for body in ({"levels": {"tasks": "view_only"}}, {"security_group_id": None}):
        answer = await change(studio, clerk, studio.photographer.user_id, **body)
        assert (answer.status_code, answer.json()["feature"]) == (403, "security")
    assert (await studio.client.get("/v1/security-groups", headers=clerk)).json()["feature"] == "security"
    assert (await change(studio, clerk, studio.photographer.user_id, last_name="Carr")).status_code == 200


async def test_what_one_may_do_is_told_to_anybody(studio: Studio, boss: Headers) -> None:
    phone = bearer(await studio.signed_in())
    told = (await studio.client.get("/v1/users/me/permissions", headers=phone)).json()
    assert (told["is_security_active"], told["levels"]["devices"]) == (False, "no_access")
    await secured(studio)
    await give(studio, devices=Level.ADD_ONLY)
    told = (await studio.client.get("/v1/users/me/permissions", headers=phone)).json()
    assert (told["is_security_active"], told["levels"]["devices"]) == (True, "add_only")
    assert set(
        (await studio.client.get("/v1/users/me/permissions", headers=boss)).json()["levels"].values()
    ) == {"full_access"}


async def test_who_works_in_some_studios_gives_nobody_more_of_them(studio: Studio) -> None:
    await studio.execute("UPDATE accounts SET edition = 'enterprise' WHERE account_id = $1")
    here, there = str(uuid4()), str(uuid4())
    await secured(studio)
    await give(studio, users=Level.FULL_ACCESS)
    await studio.execute(
        "UPDATE users SET studios = $2::uuid[] WHERE account_id = $1 AND initials = 'PK'", [here]
    )
    clerk, me = await at_a_desk(studio), studio.photographer.user_id
    for wider in ([], [there], [here, there]):
        answer = await change(studio, clerk, me, studio_ids=wider)
        assert (answer.status_code, answer.json()["code"]) == (422, "studio_not_allowed")
        answer = await studio.client.post("/v1/users", json={**NEW, "studio_ids": wider}, headers=clerk)
        assert answer.json()["code"] in {"studio_not_allowed", "permission_denied"}
    assert (await read(studio, clerk, me))["studio_ids"] == [here]
    assert (await change(studio, clerk, me, first_name="Patricia", studio_ids=[here])).status_code == 200


BAD: list[tuple[dict[str, Any], str]] = [
    ({"initials": "J D"}, "invalid_account"),
    ({"initials": "JD"}, "initials_taken"),
    ({"password": "aaaaaaaaaaaa"}, "password_blocked"),
    ({"levels": {"flying": "full_access"}}, "invalid_account"),
    ({"levels": {"devices": "sometimes"}}, "invalid_request"),
    ({"security_group_id": str(uuid4())}, "unknown_group"),
    ({"email": "nowhere"}, "invalid_request"),
    ({"studio_ids": [str(uuid4())]}, "edition_required"),
    ({"is_administrator": True}, "invalid_request"),
]


@pytest.mark.parametrize(("wrong", "code"), BAD, ids=[f"{next(iter(wrong))}-{code}" for wrong, code in BAD])
async def test_a_user_who_cannot_be_is_refused(
    studio: Studio, boss: Headers, wrong: dict[str, Any], code: str
) -> None:
    answer = await studio.client.post("/v1/users", json={**NEW, **wrong}, headers=boss)
    assert answer.json()["code"] == code
    assert len((await studio.client.get("/v1/users", headers=boss)).json()["users"]) == 2


async def test_another_account_s_users_do_not_exist(
    studio: Studio, other_studio: Studio, boss: Headers
) -> None:
    theirs = f"/v1/users/{other_studio.photographer.user_id}"
    for answer in (
        await studio.client.get(theirs, headers=boss),
        await studio.client.patch(theirs, json={"is_active": False}, headers={**boss, "If-Match": '"1"'}),
        await studio.client.post(f"{theirs}/password", json={"new_password": OTHER}, headers=boss),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "user_not_found")
    assert (await other_studio.login(password=PASSWORD)).status_code == 200
    assert await version_of(other_studio) == 1
