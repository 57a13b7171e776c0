"""Users and security groups: making, changing, and what is refused."""

from typing import Any

import orjson

from app.core.principal import Level
from tests.accounts.people import give, secured
from tests.accounts.studios import PASSWORD, Studio
from tests.console.browser import Browser
from tests.contract.phones import signed_in

NEW = {"initials": "AB", "first_name": "Ann", "last_name": "Bell", "password": "three ducks on a pond"}


async def test_a_user_is_created_and_must_choose_a_password(administrator: Browser) -> None:
    await administrator.open("/users/new")
    page = await administrator.send("/users/new", **NEW, lists=["photographer"])
    assert "The user was created." in page.text
    page = await administrator.open("/users")
    for word in ("Ann Bell", "AB", "Photographer", "Must choose a password"):
        assert word in page.text


async def test_who_may_only_look_at_users_is_not_offered_to_make_one(
    studio: Studio, photographer: Browser
) -> None:
    await secured(studio)
    await give(studio, users=Level.VIEW_ONLY)
    page = await photographer.open("/users/new")
    assert (page.status, "You may look at this, and not change it." in page.text) == (200, True)
    assert "Create user" not in page.text
    await give(studio, users=Level.ADD_ONLY)
    assert "Create user" in (await photographer.open("/users/new")).text


async def test_what_is_wrong_is_told_at_the_field(administrator: Browser) -> None:
    await administrator.open("/users/new")
    page = await administrator.send("/users/new", **{**NEW, "initials": "PK"})
    assert (page.status, "Somebody else has these initials." in page.text) == (409, True)
    page = await administrator.send("/users/new", **{**NEW, "password": "short"})
    assert (page.status, "at least 12 characters" in page.text) == (422, True)
    assert page.form("/users/new")["first_name"] == ["Ann"]
    page = await administrator.send("/users/new", **{**NEW, "first_name": ""})
    assert (page.status, "Please fill this in." in page.text) == (422, True)
    page = await administrator.send("/users/new", **NEW, email="no address")
    assert (page.status, "not written as it should be" in page.text) == (422, True)
    page = await administrator.send("/users/new", **{**NEW, "initials": "A B"}, email="")
    assert (page.status, "Initials are one to ten letters or digits." in page.text) == (422, True)


async def test_a_user_is_changed_and_only_where_something_is_different(
    studio: Studio, administrator: Browser
) -> None:
    path = f"/users/{studio.photographer.user_id}"
    await administrator.open(path)
    page = await administrator.send(path)
    assert "nothing was changed" in page.text
    page = await administrator.send(path, last_name="Kerr-Lee", email="pat@studio.test")
    assert "The user was saved." in page.text
    assert page.form(path)["last_name"] == ["Kerr-Lee"]
    page = await administrator.send(path, email="")
    assert page.form(path)["email"] == [""]


async def test_the_second_of_two_is_shown_what_the_first_saved(
    studio: Studio, administrator: Browser, colleague: Browser
) -> None:
    path = f"/users/{studio.photographer.user_id}"
    await administrator.open(path)
    await colleague.open(path)
    await colleague.send(path, last_name="Lee")
    page = await administrator.send(path, last_name="Kerr-Lee")
    assert page.status == 412
    assert "Somebody else has changed this meanwhile." in page.text
    assert "What they saved Last name Lee" in page.text
    page = await administrator.send(path)
    assert page.form(path)["last_name"] == ["Kerr-Lee"]


async def test_what_the_other_saved_is_told_whatever_one_typed_oneself(
    studio: Studio, administrator: Browser, colleague: Browser
) -> None:
    path = f"/users/{studio.photographer.user_id}"
    await administrator.open(path)
    await colleague.open(path)
    await colleague.send(path, last_name="Lee", level_invoices="no_access", level_tasks="view_only")
    page = await administrator.send(path, email="pat@studio.test", level_clients="view_only")
    assert page.status == 412
    assert "What they saved Last name Lee" in page.text
    assert "Invoices: no access" in page.text
    await administrator.send(path)
    [row] = await studio.execute(
        "SELECT last_name, email, levels::text AS levels FROM users WHERE account_id = $1 AND user_id = $2",
        studio.photographer.user_id,
    )
    assert (row["last_name"], row["email"]) == ("Lee", "pat@studio.test")
    levels = orjson.loads(row["levels"])
    assert levels == {"invoices": "no_access", "tasks": "view_only", "clients": "view_only"}


async def test_what_another_saves_while_a_mistake_is_put_right_is_not_lost(
    studio: Studio, administrator: Browser, colleague: Browser
) -> None:
    path = f"/users/{studio.photographer.user_id}"
    await administrator.open(path)
    page = await administrator.send(path, last_name="Kerr-Lee", first_name="")
    assert page.status == 422
    await colleague.open(path)
    await colleague.send(path, last_name="Lee", email="pat@studio.test")
    page = await administrator.send(path, first_name="")
    assert (page.status, page.form(path)["last_name"]) == (422, ["Kerr-Lee"])
    page = await administrator.send(path, first_name="Pat")
    assert page.status == 412
    assert "What they saved Last name Lee" in page.text
    page = await administrator.send(path)
    assert (page.form(path)["last_name"], page.form(path)["email"]) == (["Kerr-Lee"], ["pat@studio.test"])


async def test_nobody_makes_themselves_inactive_and_another_is_shut_out(
    studio: Studio, administrator: Browser, photographer: Browser
) -> None:
    path = f"/users/{studio.photographer.user_id}/deactivate"
    page = await administrator.open(path)
    assert "Their phones keep their copy" in page.text
    page = await administrator.send(path)
    assert "The user is inactive. Their phones keep what is on them." in page.text
    assert "Waiting for sign-in" in page.text.partition("Their phones")[2]
    page = await photographer.open("/")
    assert (page.status, "has been made inactive" in page.text) == (403, True)
    await administrator.open(f"/users/{studio.photographer.user_id}/activate")
    await administrator.send(f"/users/{studio.photographer.user_id}/activate")
    assert (await photographer.open("/")).status == 200
    [me] = await studio.execute("SELECT user_id FROM users WHERE account_id = $1 AND initials = 'JD'")
    mine = f"/users/{me['user_id']}"
    assert f"{mine}/deactivate" not in (await administrator.open(mine)).links
    await administrator.open(f"{mine}/deactivate")
    page = await administrator.send(f"{mine}/deactivate")
    assert (page.status, "You cannot deactivate yourself." in page.text) == (409, True)


async def _phones(studio: Studio) -> dict[str, Any]:
    rows = await studio.execute("SELECT name, is_inactive, wipe_nonce FROM devices WHERE account_id = $1")
    return {row["name"]: (row["is_inactive"], row["wipe_nonce"] is not None) for row in rows}


async def test_the_phones_of_who_leaves_are_cleared_when_that_is_chosen(
    studio: Studio, administrator: Browser
) -> None:
    phone = await signed_in(studio)
    await phone.post("pull", {"cursor": None, "collections": ["lead_sources"], "queued": 3})
    await studio.authorize()
    path = f"/users/{studio.photographer.user_id}/deactivate"
    page = await administrator.open(path)
    assert "Pat's phone Not sent yet: 3 changes. Last synced just now." in page.text
    assert "A place no phone has signed in on" in page.text
    page = await administrator.send(path, clear="yes")
    assert (page.path, page.status) == (f"/console/users/{studio.photographer.user_id}", 200)
    assert "their phones are told to clear their copies" in page.text
    assert await _phones(studio) == {"Pat's phone": (True, True), None: (True, False)}
    refused = await phone.client.get("/v1/sync/manifest", headers=phone.headers)
    order = {"wipe_order": refused.json()["wipe_order"]}
    assert (await phone.client.post("/v1/devices/me/wiped", json=order)).status_code == 200
    page = await administrator.open(f"/users/{studio.photographer.user_id}")
    assert "Deactivated, cleared Confirmed just now" in page.text


async def test_a_phone_that_signed_in_while_it_was_asked_is_cleared_too(
    studio: Studio, administrator: Browser
) -> None:
    path = f"/users/{studio.photographer.user_id}/deactivate"
    page = await administrator.open(path)
    assert "A place no phone has signed in on" in page.text
    await studio.authorize()
    await signed_in(studio)
    page = await administrator.send(path, clear="yes")
    assert "their phones are told to clear their copies" in page.text
    assert await _phones(studio) == {"Pat's phone": (True, True), None: (True, False)}


async def test_a_phone_somebody_else_has_decided_about_is_not_cleared_and_that_is_told(
    studio: Studio, administrator: Browser, colleague: Browser
) -> None:
    await signed_in(studio)
    [row] = await studio.execute("SELECT device_id FROM devices WHERE account_id = $1")
    path = f"/users/{studio.photographer.user_id}/deactivate"
    await administrator.open(path)
    await colleague.open(f"/devices/{row['device_id']}/deactivate")
    await colleague.send(f"/devices/{row['device_id']}/deactivate")
    page = await administrator.send(path, clear="yes")
    assert (page.status, "1 of 1 phones could not be told to clear" in page.text) == (409, True)
    assert "Deactivated, data kept" in page.text
    assert await _phones(studio) == {"Pat's phone": (True, False)}


async def test_a_password_is_assigned_to_the_user_who_was_on_the_page(
    studio: Studio, administrator: Browser, colleague: Browser, nobody: Browser
) -> None:
    user = f"/users/{studio.photographer.user_id}"
    await administrator.open(f"{user}/password")
    await colleague.open(f"{user}/password")
    await colleague.send(f"{user}/password", new_password="three ducks on a pond")
    page = await administrator.send(f"{user}/password", new_password="nine geese over the bay")
    assert (page.status, "Somebody else has changed this meanwhile." in page.text) == (412, True)
    page = await nobody.sign_in(studio, "PK", "three ducks on a pond")
    assert "Choose a new password" in page.text
    page = await administrator.send(f"{user}/password", new_password="nine geese over the bay")
    assert "The password was changed" in page.text


async def test_a_password_of_names_that_are_known_is_told_at_the_field(
    studio: Studio, administrator: Browser
) -> None:
    user = f"/users/{studio.photographer.user_id}/password"
    await administrator.open(user)
    for known in ("Pat.Kerr-2026", "Studio-Of-A-Test", studio.account.account_name):
        page = await administrator.send(user, new_password=known)
        assert (page.status, "made of names that are known here" in page.text) == (422, True), known


async def test_a_password_is_chosen_anew_by_who_finds_the_page(nobody: Browser, studio: Studio) -> None:
    page = await nobody.open("/reset")
    assert "Choose a new password" in page.text
    page = await nobody.send(
        "/reset",
        account=studio.account.account_name,
        initials="PK",
        current_password=PASSWORD,
        new_password="three ducks on a pond",
    )
    assert (page.path, "Sign in with the new one." in page.text) == ("/console/sign-in", True)
    assert (await nobody.sign_in(studio, "PK", "three ducks on a pond")).path == "/console/"


async def test_users_are_found_by_words_and_put_in_an_order(studio: Studio, administrator: Browser) -> None:
    await administrator.open("/users/new")
    await administrator.send("/users/new", **NEW, lists=["retoucher"])
    everybody = ["Ann Bell", "Jo Doe", "Pat Kerr"]
    for asked, found in (
        ("", everybody),
        ("?words=kerr", ["Pat Kerr"]),
        ("?words=BELL+ann", ["Ann Bell"]),
        ("?words=retouch", ["Ann Bell"]),
        ("?words=administrators", ["Jo Doe"]),
        ("?words=ann+kerr", []),
        ("?order=initials", ["Ann Bell", "Jo Doe", "Pat Kerr"]),
        ("?order=nonsense", everybody),
    ):
        text = (await administrator.open(f"/users{asked}")).text.partition("Security group State")[2]
        assert sorted((each for each in everybody if each in text), key=text.index) == found, asked
    page = await administrator.open("/users?words=nobody")
    assert "Nobody was found" in page.text
    assert "0 of 3" in page.text
    user = f"/users/{studio.photographer.user_id}"
    await administrator.open(f"{user}/deactivate")
    await administrator.send(f"{user}/deactivate")
    text = (await administrator.open("/users?order=changed")).text.partition("Security group State")[2]
    assert text.index("Pat Kerr") < text.index("Ann Bell") < text.index("Jo Doe")


async def test_who_was_looked_for_is_still_looked_for_after_a_user_is_changed(
    studio: Studio, administrator: Browser
) -> None:
    sought, user = "?words=pat&order=name", f"/users/{studio.photographer.user_id}"
    page = await administrator.open(f"/users{sought}")
    assert f"{user}{sought}" in page.links
    await administrator.open(f"{user}{sought}")
    page = await administrator.send(f"{user}{sought}", last_name="Lee")
    assert ("The user was saved." in page.text, f"/users{sought}" in page.links) == (True, True)
    await administrator.open(f"{user}/deactivate{sought}")
    page = await administrator.send(f"{user}/deactivate{sought}")
    assert ("The user is inactive." in page.text, f"/users{sought}" in page.links) == (True, True)


async def test_the_last_administrator_stays_one(studio: Studio, administrator: Browser) -> None:
    [me] = await studio.execute("SELECT user_id FROM users WHERE account_id = $1 AND initials = 'JD'")
    mine = f"/users/{me['user_id']}"
    page = await administrator.open(mine)
    assert "Administrators (may do everything)" in page.text
    page = await administrator.send(mine, security_group_id="")
    assert (page.status, "This is the last administrator." in page.text) == (409, True)
    assert "What they saved" not in page.text
    assert "Administrators" in (await administrator.open("/users")).text


async def test_a_group_is_made_given_changed_and_removed(studio: Studio, administrator: Browser) -> None:
    page = await administrator.open("/groups")
    assert "Only the administrators' group so far" in page.text
    await administrator.open("/groups/new")
    page = await administrator.send("/groups/new", name="Seasonal", level_invoices="no_access")
    assert "The group was created." in page.text
    assert "Invoices: no access" in page.text
    [group] = await studio.execute("SELECT group_id FROM security_groups WHERE account_id = $1")
    path, user = f"/groups/{group['group_id']}", f"/users/{studio.photographer.user_id}"
    await administrator.open(user)
    page = await administrator.send(user, security_group_id=str(group["group_id"]), level_clients="view_only")
    assert page.form(user)["security_group_id"] == [str(group["group_id"])]
    assert page.form(user)["level_clients"] == ["view_only"]
    await administrator.open(path)
    await administrator.send(path, name="Seasonal staff", level_invoices="")
    page = await administrator.open(f"{path}/remove")
    assert "It still has 1 user." in page.text
    page = await administrator.send(f"{path}/remove")
    assert (page.status, "There are still users in this group." in page.text) == (409, True)
    await administrator.open(user)
    await administrator.send(user, security_group_id="")
    await administrator.open(f"{path}/remove")
    page = await administrator.send(f"{path}/remove")
    assert "The group was removed." in page.text


async def test_the_second_of_two_keeps_what_the_first_saved_of_a_group(
    studio: Studio, administrator: Browser, colleague: Browser
) -> None:
    await administrator.open("/groups/new")
    await administrator.send("/groups/new", name="Seasonal", level_invoices="no_access")
    [group] = await studio.execute("SELECT group_id FROM security_groups WHERE account_id = $1")
    path = f"/groups/{group['group_id']}"
    await administrator.open(path)
    await colleague.open(path)
    await colleague.send(path, level_invoices="view_only", name="Autumn")
    page = await administrator.send(path, name="Seasonal staff")
    assert (page.status, "What they saved Name Autumn" in page.text) == (412, True)
    assert page.form(path)["level_invoices"] == ["view_only"]
    page = await administrator.send(path)
    assert "Seasonal staff" in page.text
    assert "Invoices: view" in page.text
    await administrator.open(path)
    assert "nothing was changed" in (await administrator.send(path)).text


async def test_two_groups_of_one_name_are_told_at_the_name(administrator: Browser) -> None:
    for _ in range(2):
        await administrator.open("/groups/new")
        page = await administrator.send("/groups/new", name="Seasonal")
    assert (page.status, "Another group has this name." in page.text) == (409, True)


async def test_security_is_activated_for_good_after_being_asked(administrator: Browser) -> None:
    page = await administrator.open("/groups/security")
    assert "It cannot be taken back." in page.text
    page = await administrator.send("/groups/security")
    assert "Security is active." in page.text
    assert "Security is not active" not in page.text
