"""Signing in to a gallery, and out; who may open it, and when it is closed."""

import logging
from typing import Any

import pytest

from app.accounts import passwords
from app.sync.store import Write
from tests.portal.conftest import Asks, Visits
from tests.portal.galleries import OWN, Guest, Online, switch_on

NEW = "seven swans a-swimming"


async def test_a_browser_keeps_a_token_of_its_own_that_no_script_reads(
    online: Online, guest: Guest, ask: Asks
) -> None:
    await ask("PUT", online.login, {"user_name": "Ann.F", "password": OWN})
    answer = await guest.post("/sign-in", {"user_name": " ann.f ", "password": OWN})
    [cookie] = answer.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-portal-")
    for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert word in cookie
    page = await guest.open()
    assert page.status == 200
    policy = page.answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert page.answer.headers["referrer-policy"] == "same-origin"


async def test_signing_out_ends_it_on_the_server_too(online: Online, client: Guest, visits: Visits) -> None:
    copied = await visits(online)
    copied.client.cookies.update(dict(client.client.cookies))
    await client.open()
    assert (await client.send("/sign-out")).path == f"{online.path}/sign-in"
    assert (await copied.open()).path == f"{online.path}/sign-in"


async def test_ten_wrong_passwords_are_enough_for_a_while(online: Online, guest: Guest, ask: Asks) -> None:
    await ask("PUT", online.login, {"user_name": f"many {online.client_id}", "password": OWN})
    typed = {"user_name": f"many {online.client_id}", "password": "not this one"}
    answers = [(await guest.post("/sign-in", typed)).status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    held_up = await guest.post("/sign-in", {**typed, "password": OWN})
    assert held_up.status_code == 429
    assert int(held_up.headers["retry-after"]) > 0


async def test_a_form_from_elsewhere_does_nothing(online: Online, client: Guest) -> None:
    await client.open()
    path = f"/pictures/{online.pictures[0]}/favourite"
    token = client.page.reader.forms[online.path + path]["form_token"][0]
    elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    filled = {"form_token": token, "is_favourite": "yes"}
    assert (await client.post(path, filled, headers=elsewhere)).status_code == 403
    assert (await client.post(path, {"is_favourite": "yes"})).status_code == 403
    assert (await client.post(path, {"is_favourite": "yes", "form_token": token[:-4]})).status_code == 403
    assert (await client.post("/groups", {"form_token": token, "name": "a\0b"})).status_code == 422


async def test_a_client_changes_their_password_and_is_signed_out_elsewhere(
    online: Online, client: Guest, visits: Visits
) -> None:
    other = await visits(online)
    await other.sign_in(f"ann {online.client_id}", OWN)
    await client.open("/password")
    assert (await client.send("/password", current_password="not this", new_password=NEW)).status == 422
    assert (
        "password was changed"
        in (await client.send("/password", current_password=OWN, new_password=NEW)).text
    )
    assert (await other.open()).path == f"{online.path}/sign-in"
    assert (await other.sign_in(f"ann {online.client_id}", NEW)).path == online.path


async def test_a_gallery_is_closed_when_the_company_has_none_or_hides_what_has_expired(
    online: Online, client: Guest
) -> None:
    studio = online.studio
    held = {"date": "2020-01-01", "is_shown_online": True, "is_cancelled": False, "is_on_hold": False}
    await online.write(Write("sessions", online.session_id, {**held, "web_expire_date": "2020-02-01"}))
    assert (await client.open()).status == 200, "the date alone closes nothing"
    await switch_on(studio, is_expired_gallery_hidden=True)
    assert (await client.open()).status == 404
    await online.write(Write("sessions", online.session_id, {"web_expire_date": "2999-01-01"}))
    assert (await client.open()).status == 200
    await online.write(Write("sessions", online.session_id, {"is_cancelled": True}))
    assert (await client.open()).status == 404
    await switch_on(studio, is_expired_gallery_hidden=False, has_galleries=False)
    assert (await client.open()).status == 404
    await switch_on(studio)
    assert (await client.open()).status == 200


async def test_nobody_signs_in_to_a_gallery_that_closes_while_the_password_is_compared(
    online: Online, guest: Guest, ask: Asks, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"ann {online.client_id}"
    assert (await ask("PUT", online.login, {"user_name": name, "password": OWN})).status_code == 200
    verify = passwords.verify

    async def verify_as_it_closes(*asked: Any) -> bool:
        down = "UPDATE galleries SET taken_down_at = now() WHERE account_id = $1 AND id = $2 RETURNING id"
        await online.studio.execute(down, online.gallery_id)
        return await verify(*asked)

    monkeypatch.setattr(passwords, "verify", verify_as_it_closes)
    await guest.sign_in(name, OWN)
    begun = "SELECT count(*) FROM portal_sessions WHERE account_id = $1 AND client_id = $2"
    [row] = await online.studio.execute(begun, online.client_id)
    assert (row["count"], guest.page.status >= 400) == (0, True)


async def test_no_line_of_the_log_tells_the_address_of_a_gallery(
    online: Online, client: Guest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    with caplog.at_level(logging.INFO, "studio.http"):
        await client.open(f"/pictures/{online.pictures[0]}")
    told = [str(each.__dict__) for each in caplog.records]
    assert any("left out" in each for each in told)
    assert not [each for each in told if online.address in each]
