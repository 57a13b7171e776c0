"""Logins at the studio's desk: what they begin as, Reset Login, what staff type, what clients are told."""

from datetime import timedelta

import pytest

from app.core import clock
from app.core.db import Database
from app.core.principal import Principal
from app.portal.jobs import forget_old
from tests.accounts.studios import Studio
from tests.portal.conftest import Asks, Visits
from tests.portal.galleries import OWN, Guest, Online, put_online, switch_on


async def test_a_reset_puts_back_what_the_company_has_chosen(studio: Studio, guest: Guest, ask: Asks) -> None:
    online = guest.online
    told = (await ask("POST", f"{online.login}/reset")).json()
    email = (await online.record("clients", online.client_id))["email"]
    assert (told["user_name"], told["password_from"], told["tries_left"]) == (email, "last_name", 5)
    assert told["path"] == online.path
    assert (await ask("GET", online.login)).json() == told
    missing = await ask("POST", f"{(await put_online(studio, email=None)).login}/reset")
    assert (missing.status_code, missing.json()["missing"]) == (409, "client_email")
    chosen = {"user_name_from": "client_number", "password_from": "client_email"}
    assert (await ask("PUT", "/v1/portal-settings", chosen)).json() == chosen
    try:
        pupil = await put_online(studio, client_number=70_411)
        assert (await ask("POST", f"{pupil.login}/reset")).json()["user_name"] == "70411"
        guest.online = pupil
        email = (await pupil.record("clients", pupil.client_id))["email"]
        assert (await guest.sign_in("70411", email)).path == f"{pupil.path}/password"
    finally:
        back = {"user_name_from": "client_email", "password_from": "last_name"}
        await ask("PUT", "/v1/portal-settings", back)


async def test_no_two_clients_have_one_user_name(studio: Studio, ask: Asks) -> None:
    shared = "family@there.example"
    first, second = await put_online(studio, email=shared), await put_online(studio, email=shared.upper())
    assert (await ask("POST", f"{first.login}/reset")).status_code == 200
    taken = await ask("POST", f"{second.login}/reset")
    assert (taken.status_code, taken.json()["code"]) == (409, "user_name_taken")
    typed = {"user_name": "Family@There.example", "password": OWN}
    assert (await ask("PUT", second.login, typed)).json()["code"] == "user_name_taken"
    assert (await ask("PUT", second.login, {**typed, "user_name": "the twins"})).status_code == 200


async def test_what_staff_type_holds_at_once(online: Online, client: Guest, ask: Asks) -> None:
    assert (await ask("PUT", online.login, {"user_name": f"bee {online.client_id}"})).status_code == 200
    assert (await client.open()).status == 200, "another user name ends nothing"
    other = {"password": "seven swans a-swimming"}
    told = (await ask("PUT", online.login, other)).json()
    assert (told["state"], told["expires_at"]) == ("own", None)
    assert (await client.open()).path == f"{online.path}/sign-in"
    assert (await client.sign_in(f"bee {online.client_id}", other["password"])).path == online.path
    blocked = await ask("PUT", online.login, {"password": "Featherstone1"})
    assert (blocked.status_code, blocked.json()["reason"]) == (422, "context")


@pytest.mark.parametrize("body", [{}, {"user_name": " "}, {"password": ""}, {"user_name": "a\nb"}])
async def test_what_is_no_login_is_refused(online: Online, ask: Asks, body: dict[str, str]) -> None:
    assert (await ask("PUT", online.login, body)).status_code == 422
    assert (await ask("GET", online.login)).json()["code"] == "portal_login_not_found"
    assert (await ask("PUT", online.login, {"user_name": "nobody yet"})).status_code == 404


async def test_without_galleries_there_are_no_logins(studio: Studio, online: Online, ask: Asks) -> None:
    await switch_on(studio, has_galleries=False)
    try:
        assert (await ask("POST", f"{online.login}/reset")).json()["code"] == "galleries_switched_off"
    finally:
        await switch_on(studio)


async def test_a_letter_waits_until_somebody_has_told_the_client(online: Online, ask: Asks) -> None:
    await ask("POST", f"{online.login}/reset")
    found = (await ask("GET", "/v1/portal-letters?limit=100")).json()["letters"]
    [letter] = [each for each in found if each["client_id"] == str(online.client_id)]
    assert (letter["kind"], letter["path"]) == ("login_reset", online.path)
    done = await ask("POST", f"/v1/portal-letters/{letter['id']}/acknowledge")
    assert done.json()["acknowledged_by"] is not None
    again = await ask("POST", f"/v1/portal-letters/{letter['id']}/acknowledge")
    assert again.json() == done.json()
    assert letter["id"] not in (await ask("GET", "/v1/portal-letters?limit=100")).text
    assert letter["id"] in (await ask("GET", "/v1/portal-letters?state=all&limit=100")).text


async def test_the_trail_tells_of_logins_and_never_a_password(online: Online, ask: Asks) -> None:
    await ask("POST", f"{online.login}/reset")
    await ask("PUT", online.login, {"password": OWN})
    rows = await online.studio.execute(
        "SELECT action, after FROM audit_entries"
        " WHERE account_id = $1 AND subject = 'portal_logins' AND record_id = $2 ORDER BY position",
        online.client_id,
    )
    assert [row["action"] for row in rows] == ["created", "changed"]
    assert not [row for row in rows if OWN in row["after"] or "argon2" in row["after"]]


async def test_sign_ins_that_have_ended_are_forgotten(
    database: Database, online: Online, client: Guest, visits: Visits
) -> None:
    account_id = online.studio.account.account_id
    sql = "SELECT count(*) AS many FROM portal_sessions WHERE account_id = $1 AND client_id = $2"
    await forget_old(database, Principal.system(account_id))
    assert (await client.open()).status == 200
    clock.hold(clock.now() + timedelta(days=8))
    try:
        await forget_old(database, Principal.system(account_id))
    finally:
        clock.hold(None)
    [kept] = await online.studio.execute(sql, online.client_id)
    assert kept["many"] == 0
    assert (await (await visits(online)).open()).path == f"{online.path}/sign-in"
