"""Reset Login under attack: a last name opens nothing by itself, and at the gallery next to nothing."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from app.core import clock
from app.portal.web.visits import MISSES
from tests.accounts.studios import Studio
from tests.portal.conftest import Asks, Visits
from tests.portal.galleries import OWN, Guest, Online, put_online

NAME = "Featherstone"


async def reset(ask: Asks, online: Online) -> dict[str, str]:
    answer = await ask("POST", f"{online.login}/reset")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def letters(ask: Asks, online: Online) -> list[str]:
    found = (await ask("GET", "/v1/portal-letters?limit=100")).json()["letters"]
    return [each["kind"] for each in found if each["client_id"] == str(online.client_id)]


async def test_g1_name_and_last_name_open_nothing_away_from_the_gallery(
    online: Online, studio: Studio, ask: Asks, visits: Visits
) -> None:
    user_name = (await reset(ask, online))["user_name"]
    elsewhere = await visits(await put_online(studio, email="other@there.example"))
    told = await elsewhere.sign_in(user_name, NAME)
    assert told.status == 401
    assert told.text == (await elsewhere.sign_in("nobody at all", "nothing")).text.replace(
        "nobody at all", user_name
    )
    assert not elsewhere.client.cookies
    for path in ("/portal", "/portal/", "/portal/sign-in"):
        assert (await elsewhere.client.get(path, follow_redirects=True)).status_code == 404
    desk = await studio.client.post(
        "/v1/auth/login",
        json={"account": studio.account.account_name, "initials": user_name[:10], "password": NAME},
    )
    assert desk.status_code in {401, 422}


@pytest.mark.usefixtures("client")
async def test_g2_five_wrong_words_void_the_reset_and_the_old_password_stays_void(
    online: Online, ask: Asks, visits: Visits
) -> None:
    user_name = (await reset(ask, online))["user_name"]
    guesser = await visits(online)
    for word in ("Smith", "Jones", "Miller", "Brown", OWN):
        assert (await guesser.sign_in(user_name, word)).status == 401
    assert (await guesser.sign_in(user_name, NAME)).status == 401
    assert (await guesser.sign_in(f"ann {online.client_id}", OWN)).status == 401
    told = (await ask("GET", online.login)).json()
    assert (told["state"], told["tries_left"]) == ("void", None)
    assert sorted(await letters(ask, online)) == ["login_reset", "reset_void"]


async def test_g2_words_sent_at_once_are_no_more_than_the_tries_there_are(
    online: Online, ask: Asks, visits: Visits
) -> None:
    user_name = (await reset(ask, online))["user_name"]
    guesser = await visits(online)
    words = [f"Guess{number}" for number in range(8)]
    sent = (guesser.post("/sign-in", {"user_name": user_name, "password": word}) for word in words)
    assert {each.status_code for each in await asyncio.gather(*sent)} <= {401, 429}
    assert (await guesser.post("/sign-in", {"user_name": user_name, "password": NAME})).status_code == 401
    assert (await ask("GET", online.login)).json()["state"] == "void"


async def test_g3_what_came_of_a_reset_opens_once(
    online: Online, guest: Guest, ask: Asks, visits: Visits
) -> None:
    user_name = (await reset(ask, online))["user_name"]
    assert (await guest.sign_in(user_name, f" {NAME.lower()} ")).path == f"{online.path}/password"
    second = await visits(online)
    assert (await second.sign_in(user_name, NAME)).status == 401
    assert (await guest.open("/password")).status == 200


async def test_g3_and_not_after_a_day(online: Online, guest: Guest, ask: Asks) -> None:
    user_name = (await reset(ask, online))["user_name"]
    clock.hold(clock.now() + timedelta(hours=24, seconds=1))
    try:
        assert (await guest.sign_in(user_name, NAME)).status == 401
    finally:
        clock.hold(None)


async def test_g3_and_nothing_but_a_new_password(online: Online, guest: Guest, ask: Asks) -> None:
    user_name = (await reset(ask, online))["user_name"]
    await guest.sign_in(user_name, NAME)
    token = guest.page.reader.forms[f"{online.path}/password"]["form_token"][0]
    picture = f"/pictures/{online.pictures[0]}"
    for path in ("", picture, "/groups", "/details", f"?after={online.pictures[0]}"):
        page = await guest.open(path)
        assert page.status == 403
        assert "0401" not in page.answer.text
    for path in (f"{picture}/favourite", f"{picture}/yearbook", "/groups", "/details"):
        typed = {"form_token": token, "name": "Mine", "is_favourite": "yes", "email": "a@b.example"}
        assert (await guest.post(path, typed)).status_code == 403
    assert await online.studio.execute(
        "SELECT count(*) FROM picture_groups WHERE account_id = $1 AND session_id = $2", online.session_id
    ) == [(0,)]


@pytest.mark.parametrize(
    "new",
    [
        NAME,
        f"{NAME}2026!",
        "AnnFeatherstone",
        "enotsrehtaeF",
        "Midsummer portraits",
        "Midsummer Featherstone",
        "studio of a test",
        "short",
        "password1234",
    ],
)
async def test_g4_a_new_password_of_what_others_know_is_refused(
    online: Online, guest: Guest, ask: Asks, new: str
) -> None:
    user_name = (await reset(ask, online))["user_name"]
    await guest.sign_in(user_name, NAME)
    refused = await guest.send("/password", new_password=new)
    assert refused.status == 422
    assert (await guest.send("/password", new_password=user_name)).status == 422
    chosen = await guest.send("/password", new_password=OWN)
    assert (chosen.status, chosen.path) == (200, online.path)


async def test_g5_whoever_asks_for_a_new_login_is_answered_alike(
    online: Online, ask: Asks, visits: Visits
) -> None:
    user_name = (await reset(ask, online))["user_name"]
    guest = await visits(online, "198.51.100.31")
    evil = {"Host": "evil.example", "Origin": "https://evil.example"}
    answers = [
        await guest.post("/forgotten", {"user_name": name}, headers=evil)
        for name in ("nobody@there.example", user_name, user_name.upper(), *[user_name] * 3)
    ]
    assert {each.status_code for each in answers} == {202}
    assert len({each.text for each in answers}) == 1
    assert sorted(await letters(ask, online)) == ["login_forgotten"] * 3 + ["login_reset"]
    found = (await ask("GET", "/v1/portal-letters?limit=100")).text
    assert online.path in found
    assert "evil.example" not in found


async def test_g5_the_same_is_done_for_a_name_there_is_and_one_there_is_not(
    online: Online, ask: Asks, visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_name = (await reset(ask, online))["user_name"]
    guest = await visits(online, "198.51.100.32")
    asked = [await statements(guest, name, monkeypatch) for name in ("nobody@there.example", user_name)]
    assert asked[0] == asked[1]
    wholes = ("portal_letters", "portal_links", "INSERT INTO letters ")
    assert len([each for each in asked[0] if all(part in each for part in wholes)]) == 1
    sql = "SELECT count(*) AS many FROM portal_links WHERE account_id = $1 AND client_id = $2"
    assert [row["many"] for row in await online.studio.execute(sql, online.client_id)] == [1]


async def statements(guest: Guest, name: str, patch: pytest.MonkeyPatch) -> list[str]:
    """Return what the database is asked while somebody asks for a new login, without the values.

    Other processes are told of changes by a task of its own, when it has the time: that is no part of it.
    """
    said: list[str] = []

    def noting(usual: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def noted(connection: Any, sql: str, *values: Any, **others: Any) -> Any:
            if "pg_notify" not in sql:
                said.append(sql)
            return await usual(connection, sql, *values, **others)

        return noted

    with patch.context() as within:
        for each in ("execute", "fetch", "fetchrow", "fetchval"):
            within.setattr(asyncpg.Connection, each, noting(getattr(asyncpg.Connection, each)))
        assert (await guest.post("/forgotten", {"user_name": name})).status_code == 202
    return said


async def test_g6_an_address_cannot_be_guessed_and_whoever_tries_is_held_up(
    online: Online, visits: Visits
) -> None:
    assert len(online.address) >= 22, "128 random bits"
    guesser, other = await visits(online, "198.51.100.33"), await visits(online, "198.51.100.34")
    seen = set()
    for _ in range(10 * MISSES.most):
        guesser.online = replace(online, address=secrets.token_urlsafe(16))
        seen.add(((page := await guesser.open(follow=False)).status, page.text))
        guesser.online = online
        if (held_up := await guesser.open()).status == 429:
            break
    assert held_up.status == 429, "not even an address that there is is told of now"
    assert int(held_up.answer.headers["retry-after"]) > 0
    [missed] = [text for status, text in seen if status == 404]
    assert online.studio.account.company_name not in missed
    assert (await other.open()).path == f"{online.path}/sign-in"


async def test_g6_a_gallery_that_was_taken_down_is_no_gallery(online: Online, client: Guest) -> None:
    unknown = replace(client, online=replace(online, address=secrets.token_urlsafe(16)))
    sql = "UPDATE galleries SET taken_down_at = now() WHERE account_id = $1 AND id = $2"
    await online.studio.execute(sql + " RETURNING id", online.gallery_id)
    for path in ("", "/sign-in", "/forgotten", f"/pictures/{online.pictures[0]}"):
        assert (await client.open(path)).status == 404
        assert client.page.text == (await unknown.open(path)).text


@pytest.mark.parametrize("is_reset", [True, False])
async def test_whom_somebody_has_locked_out_the_studio_lets_in_again(
    online: Online, guest: Guest, ask: Asks, visits: Visits, is_reset: bool
) -> None:
    user_name = (await reset(ask, online))["user_name"]
    guesser = await visits(online, "198.51.100.35")
    guesses = [(await guesser.sign_in(user_name, f"Guess {each}")).status for each in range(11)]
    assert (guesses[0], guesses[-1]) == (401, 429)
    assert (await guest.sign_in(user_name, NAME)).status == 429
    if is_reset:
        await reset(ask, online)
        assert (await guest.sign_in(user_name, NAME)).path == f"{online.path}/password"
    else:
        assert (await ask("PUT", online.login, {"password": OWN})).status_code == 200
        assert (await guest.sign_in(user_name, OWN)).path == online.path


async def test_g7_a_reset_ends_every_sign_in(
    online: Online, client: Guest, ask: Asks, visits: Visits
) -> None:
    second = await visits(online)
    await second.sign_in(f"ann {online.client_id}", OWN)
    assert (await second.open()).status == 200
    await reset(ask, online)
    for each in (client, second):
        assert (await each.open()).path == f"{online.path}/sign-in"
        assert (await each.open(f"/pictures/{online.pictures[0]}")).path == f"{online.path}/sign-in"


async def test_g7_a_password_somebody_else_has_chosen_ends_what_a_reset_had_begun(
    online: Online, guest: Guest, ask: Asks
) -> None:
    user_name = (await reset(ask, online))["user_name"]
    await guest.sign_in(user_name, NAME)
    await ask("PUT", online.login, {"password": OWN})
    chosen = await guest.send("/password", new_password="seven swans a-swimming")
    assert chosen.path == f"{online.path}/sign-in"
    assert (await guest.sign_in(user_name, "seven swans a-swimming")).status == 401
    assert (await guest.sign_in(user_name, OWN)).path == online.path


async def test_a_reset_needs_a_session_online_and_a_client_one_may_see(
    studio: Studio, online: Online, ask: Asks
) -> None:
    sql = "UPDATE galleries SET taken_down_at = now() WHERE account_id = $1 AND id = $2 RETURNING id"
    await studio.execute(sql, online.gallery_id)
    assert (await ask("POST", f"{online.login}/reset")).json()["code"] == "no_gallery_online"
    nobody = await ask("POST", f"/v1/portal-logins/{uuid4()}/reset")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "portal_client_not_found")
