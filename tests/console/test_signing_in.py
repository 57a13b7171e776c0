"""Signing in to the console, staying so, and out again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus

import pytest

from app.console import devices
from app.core import clock
from tests.accounts.conftest import hold
from tests.accounts.studios import Studio
from tests.console.browser import Browser

__all__ = ["hold"]


async def test_who_has_signed_in_sees_their_studio(studio: Studio, nobody: Browser) -> None:
    page = await nobody.sign_in(studio)
    assert (page.status, page.path) == (200, "/console/")
    assert "Studio of a test" in page.text
    assert "Jo Doe" in page.text


async def test_who_has_not_is_asked_to_and_taken_where_they_were_going(
    studio: Studio, nobody: Browser
) -> None:
    page = await nobody.open("/devices")
    assert page.path == "/console/sign-in"
    page = await nobody.send(
        "/sign-in", account=studio.account.account_name, initials="jd", password="a long walk by the sea"
    )
    assert page.path == "/console/devices"


@pytest.mark.parametrize("wanted", ["https://evil.test/", "//evil.test", "/console/\\evil", "/v1/users"])
async def test_nobody_is_taken_elsewhere(studio: Studio, nobody: Browser, wanted: str) -> None:
    await nobody.open("/sign-in")
    words = {"account": studio.account.account_name, "initials": "JD", "password": "a long walk by the sea"}
    page = await nobody.send("/sign-in", **words, to=wanted)
    assert page.path == "/console/"


async def test_wrong_words_are_told_and_those_typed_are_still_there(studio: Studio, nobody: Browser) -> None:
    page = await nobody.sign_in(studio, password="not the password")
    assert (page.status, page.path) == (401, "/console/sign-in")
    assert "are not right" in page.text
    assert page.form("/sign-in")["account"] == [studio.account.account_name]
    assert "not the password" not in page.answer.text
    assert not nobody.client.cookies


async def test_an_empty_field_is_told_at_the_field(nobody: Browser) -> None:
    await nobody.open("/sign-in")
    page = await nobody.send("/sign-in", account="demo", initials="JD", password="")
    assert page.status == 422
    assert "Please fill this in." in page.text


async def test_who_must_choose_a_password_does_it_here(
    studio: Studio, administrator: Browser, nobody: Browser
) -> None:
    user = f"/users/{studio.photographer.user_id}"
    await administrator.open(f"{user}/password")
    await administrator.send(f"{user}/password", new_password="three ducks on a pond")
    page = await nobody.sign_in(studio, "PK", "three ducks on a pond")
    assert "Choose a new password" in page.text
    page = await nobody.send(
        "/reset", current_password="three ducks on a pond", new_password="four geese on a lake"
    )
    assert "Sign in with the new one" in page.text
    assert (await nobody.sign_in(studio, "PK", "four geese on a lake")).path == "/console/"


async def test_the_cookie_is_for_nobody_else(studio: Studio, nobody: Browser) -> None:
    await nobody.open("/sign-in")
    filled = {
        "account": [studio.account.account_name],
        "initials": ["JD"],
        "password": ["a long walk by the sea"],
    }
    kept = (await nobody.post("/sign-in", filled)).headers["set-cookie"]
    assert kept.startswith("__Host-console=")
    for word in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert word in kept
    assert "Domain" not in kept
    assert "eyJ" not in kept


async def test_who_follows_a_link_from_elsewhere_is_not_asked_to_sign_in_again(nobody: Browser) -> None:
    from_elsewhere = {"Sec-Fetch-Site": "cross-site"}
    answer = await nobody.client.get("/console/devices", headers=from_elsewhere)
    assert (answer.status_code, 'http-equiv="refresh"' in answer.text) == (200, True)
    answer = await nobody.client.get("/console/devices", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.headers["location"] == "/console/sign-in?to=/console/devices"


async def test_a_cookie_that_was_tampered_with_is_none(administrator: Browser) -> None:
    [(name, value)] = administrator.client.cookies.items()
    administrator.client.cookies.clear()
    other = value[:-8] + ("AAAA" if value[-8:-4] != "AAAA" else "BBBB") + value[-4:]
    administrator.client.cookies.set(name, other, domain="studio.test", path="/")
    assert (await administrator.open("/")).path == "/console/sign-in"


async def test_a_sign_in_goes_on_behind_the_page(
    administrator: Browser, hold: Callable[[datetime], None]
) -> None:
    before = administrator.client.cookies["__Host-console"]
    hold(clock.now() + timedelta(minutes=20))
    page = await administrator.open("/")
    assert page.path == "/console/"
    assert administrator.client.cookies["__Host-console"] != before


@pytest.mark.parametrize(
    ("path", "status"),
    [("/lists/nowhere", 404), ("/audit.csv?first=yesterday", 422), ("/devices", 500)],
)
async def test_a_sign_in_goes_on_behind_what_is_no_page(
    administrator: Browser,
    hold: Callable[[datetime], None],
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    status: int,
) -> None:
    hold(clock.now() + timedelta(minutes=20))
    with monkeypatch.context() as broken:
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            broken.setattr(devices, "_page", None)
        page = await administrator.open(path)
    assert page.status == status
    assert "default-src 'none'" in page.answer.headers["content-security-policy"]
    hold(clock.now() + timedelta(minutes=5))
    assert (await administrator.open("/")).path == "/console/"


async def test_two_pages_at_once_both_go_on(
    administrator: Browser, nobody: Browser, hold: Callable[[datetime], None]
) -> None:
    cookie = administrator.client.cookies["__Host-console"]
    nobody.client.cookies.set("__Host-console", cookie, domain="studio.test", path="/")
    hold(clock.now() + timedelta(minutes=20))
    assert (await administrator.open("/")).path == "/console/"
    assert (await nobody.open("/devices")).path == "/console/devices"
    hold(clock.now() + timedelta(minutes=20))
    assert (await administrator.open("/")).path == "/console/"


async def test_a_form_goes_on_after_the_tokens_were_renewed(
    studio: Studio, administrator: Browser, hold: Callable[[datetime], None]
) -> None:
    await administrator.open("/devices")
    hold(clock.now() + timedelta(minutes=20))
    page = await administrator.send("/devices", user_id=str(studio.photographer.user_id))
    assert "may sign in now" in page.text


async def test_signing_out_ends_it_for_a_copied_cookie_too(administrator: Browser, nobody: Browser) -> None:
    cookie = administrator.client.cookies["__Host-console"]
    page = await administrator.send("/sign-out")
    assert "You have signed out." in page.text
    assert (await administrator.open("/")).path == "/console/sign-in"
    nobody.client.cookies.set("__Host-console", cookie, domain="studio.test", path="/")
    page = await nobody.open("/")
    assert (page.path, "has ended" in page.text) == ("/console/sign-in", True)


async def test_signing_out_late_ends_it_for_a_copied_cookie_too(
    administrator: Browser, nobody: Browser, hold: Callable[[datetime], None]
) -> None:
    cookie = administrator.client.cookies["__Host-console"]
    hold(clock.now() + timedelta(minutes=20))
    page = await administrator.send("/sign-out")
    assert "You have signed out." in page.text
    assert not administrator.client.cookies
    nobody.client.cookies.set("__Host-console", cookie, domain="studio.test", path="/")
    assert (await nobody.open("/")).path == "/console/sign-in"


@pytest.mark.parametrize("minutes", [0, 20])
@pytest.mark.parametrize(
    ("shut_out", "let_in", "told"),
    [
        (
            "UPDATE accounts SET subscription_state = 'cancelled' WHERE account_id = $1",
            "UPDATE accounts SET subscription_state = 'active' WHERE account_id = $1",
            "subscription of this account is not active",
        ),
        (
            "UPDATE users SET is_active = false WHERE account_id = $1",
            "UPDATE users SET is_active = true WHERE account_id = $1",
            "has been made inactive",
        ),
    ],
    ids=["lapsed", "inactive"],
)
async def test_who_is_not_let_in_any_more_can_sign_out_all_the_same(
    studio: Studio,
    administrator: Browser,
    hold: Callable[[datetime], None],
    *,
    shut_out: str,
    let_in: str,
    told: str,
    minutes: int,
) -> None:
    hold(clock.now() + timedelta(minutes=minutes))
    await studio.execute(shut_out)
    page = await administrator.open("/")
    assert (page.status, told in page.text) == (403, True)
    page = await administrator.send("/sign-out")
    assert (page.path, "You have signed out." in page.text) == ("/console/sign-in", True)
    await studio.execute(let_in)
    assert (await administrator.open("/")).path == "/console/sign-in"


async def test_one_s_own_password_is_changed_with_the_current_one(
    studio: Studio, administrator: Browser, nobody: Browser
) -> None:
    await administrator.open("/password")
    page = await administrator.send(
        "/password", current_password="wrong", new_password="three ducks on a pond"
    )
    assert (page.status, "This is not your password until now." in page.text) == (401, True)
    page = await administrator.send(
        "/password", current_password="a long walk by the sea", new_password="short"
    )
    assert "at least 12 characters" in page.text
    page = await administrator.send(
        "/password", current_password="a long walk by the sea", new_password="three ducks on a pond"
    )
    assert "Your password was changed" in page.text
    assert (await nobody.sign_in(studio, password="three ducks on a pond")).path == "/console/"
