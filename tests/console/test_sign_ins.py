"""Sign-ins: whoever is at the console is told what was unusual, and says whether it was them."""

from fastapi import FastAPI

from tests.accounts.studios import PASSWORD, Studio
from tests.console.browser import Browser, Page
from tests.notices.happenings import OTHER, assign, guess, network, sign_in_from

NOTHING = "Nothing waits for you"


def answers(page: Page) -> list[str]:
    """Return where answers to notices are sent."""
    return [each.removeprefix("/console") for each in page.reader.forms if "/sign-ins/" in each]


async def one(browser: Browser) -> str:
    """Open the page and return where the answer to its one notice is sent."""
    [path] = answers(await browser.open("/sign-ins"))
    return path


async def test_an_odd_sign_in_waits_on_home_until_it_is_answered(
    studio: Studio, administrator: Browser
) -> None:
    assert NOTHING in (await administrator.open("/")).text
    await studio.signed_in()
    page = await administrator.open("/")
    assert "1 unusual thing about sign-ins" in page.text
    assert "/sign-ins" in page.links
    page = await administrator.open("/sign-ins")
    for word in ("Signed in", "On a phone that had never signed in before.", "Pat Kerr", "Pat's phone"):
        assert word in page.text
    page = await administrator.send(await one(administrator), answer="seen")
    assert "It no longer waits for you." in page.text
    assert NOTHING in page.text
    assert NOTHING in (await administrator.open("/")).text
    assert "Jo Doe has looked at it." in (await administrator.open("/sign-ins?state=all")).text


async def test_who_says_that_it_was_not_them_changes_the_password_and_administrators_see_it(
    studio: Studio, administrator: Browser, photographer: Browser
) -> None:
    phone = await studio.signed_in()
    assert "Was this you?" in (await photographer.open("/sign-ins")).text
    page = await photographer.send(await one(photographer), answer="no")
    assert (page.path, "The administrators are told" in page.text) == ("/console/password", True)
    await photographer.send("/password", current_password=PASSWORD, new_password=OTHER)
    body = {"refresh_token": phone["refresh_token"]}
    answer = await studio.client.post("/v1/auth/refresh", json=body)
    assert answer.json()["code"] == "invalid_token", "the phone is signed out"
    assert NOTHING in (await photographer.open("/sign-ins")).text
    page = await administrator.open("/sign-ins")
    assert "Pat Kerr says: this was not me." in page.text
    assert f"/users/{studio.photographer.user_id}/password" in page.links


async def test_who_says_that_it_was_them_leaves_it_to_the_administrator(
    studio: Studio, administrator: Browser, photographer: Browser
) -> None:
    await studio.signed_in()
    page = await photographer.send(await one(photographer), answer="yes")
    assert NOTHING in page.text
    assert "Pat Kerr says that it is as it should be." in (await administrator.open("/sign-ins")).text


async def test_guesses_are_told_in_words_and_where_they_came_from(
    studio: Studio, house: FastAPI, administrator: Browser
) -> None:
    place = network()
    for _ in range(10):
        await sign_in_from(house, place, studio.words(password=OTHER, device=None))
    await guess(studio, initials="ZZ")
    page = await administrator.open("/sign-ins")
    assert "10 wrong passwords" in page.text
    for word in ("Pat Kerr", place, "Initials that nobody has"):
        assert word in page.text


async def test_a_password_that_was_set_by_somebody_else_is_asked_about(
    studio: Studio, administrator: Browser, nobody: Browser
) -> None:
    await assign(studio, await studio.administrator())
    await nobody.sign_in(studio, "PK", OTHER)
    page = await nobody.open("/sign-ins")
    for word in ("The password was set by Jo Doe", "Did you know of it?"):
        assert word in page.text
    assert NOTHING in (await administrator.open("/sign-ins")).text


async def test_nobody_sees_or_answers_what_concerns_others(
    studio: Studio, house: FastAPI, administrator: Browser, photographer: Browser
) -> None:
    home, away = network(), network()
    for place in (home, away):
        await sign_in_from(house, place, studio.words(initials="JD", device=None))
    path = await one(administrator)
    assert NOTHING in (await photographer.open("/sign-ins")).text
    token = photographer.page.form("/sign-out")["form_token"]
    answer = await photographer.post(path, {"form_token": token, "answer": ["yes"]})
    assert (answer.status_code, "This is no longer there" in answer.text) == (404, True)
    assert "1 unusual thing" in (await administrator.open("/")).text


async def test_what_no_form_of_ours_could_ask_is_answered_with_the_page(administrator: Browser) -> None:
    for asked in ("?state=none", "?page=7"):
        page = await administrator.open(f"/sign-ins{asked}")
        assert (page.status, NOTHING in page.text) == (422, True)
