"""Galleries at the console: pictures are published, orders downloaded, and what is refused says why."""

from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from app.accounts.features import features
from app.console.galleries import marking
from app.console.galleries.site import DONE
from app.core import clock
from app.core.db import Database
from app.core.principal import Level
from app.http.forms import TOKEN
from tests.accounts.conftest import hold
from tests.accounts.people import give, secured
from tests.accounts.studios import Studio
from tests.console.browser import HERE, Browser
from tests.contract.desks import at_a_desk
from tests.galleries.orders.shops import PRINT, Shop, opened
from tests.galleries.showing import OCTETS, TUS, Showing, new_showing, photograph
from tests.portal.galleries import assigned, put_online

__all__ = ["hold"]
OWN = {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
async def showing(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Showing:
    """Make a studio that shows pictures online, for all tests of this module."""
    return await new_showing(database, house, http)


@pytest.fixture
async def browser(house: FastAPI, showing: Showing) -> AsyncIterator[Browser]:
    """Sign its administrator in."""
    transport = httpx.ASGITransport(app=house, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        browser = Browser(client)
        await browser.sign_in(showing.studio)
        yield browser


async def filled(showing: Showing, *names: str) -> tuple[str, list[str]]:
    """Make a session with pictures that can be shown."""
    session = await showing.session()
    ids = [await showing.sent(session, name, photograph()) for name in names]
    await showing.look_after()
    return session, ids


async def read(showing: Showing, session: str) -> dict[str, object]:
    """Return a session as a desk reads it."""
    return dict((await showing.ask("GET", f"/v1/sessions/{session}")).json())


async def test_a_gallery_is_published_extended_expired_and_taken_down(
    showing: Showing, browser: Browser
) -> None:
    session, ids = await filled(showing, "one.jpg", "two.jpg")
    here = f"/galleries/{session}"
    page = await browser.open(here)
    assert "2 ready, 0 marked to be shown" in page.text
    page = await browser.send(f"{here}/pictures", picture=[ids[1]], act="rate.not_selected")
    assert "The pictures were rated." in page.text
    page = await browser.open(f"{here}/publish")
    assert "nobody can come in until one is assigned" in page.text
    page = await browser.send(f"{here}/publish", which="usual", web_expire_date="2999-01-02")
    assert "The gallery is online. Nobody can come in yet: the client has no login." in page.text
    assert page.links.count(f"{here}/login") == 2, "the tab, and the word about it"
    assert (await read(showing, session))["gallery_images"] == 1, "one is rated Not selected"
    told = (await showing.ask("GET", f"/v1/galleries/{session}")).json()
    assert f"{HERE}/portal/{told['address']}" in page.answer.text
    page = await browser.send(f"{here}/extend", web_expire_date="2999-03-04")
    assert "4 March 2999" in page.text
    page = await browser.send(f"{here}/extend", is_now="yes")
    assert "The gallery has expired." in page.text
    assert "/galleries#expired" in (await browser.open("/")).links
    page = await browser.open("/galleries")
    page = await browser.send("/galleries/take-down", session=[session])
    assert "Take down 1 gallery?" in page.text
    assert (await read(showing, session))["gallery_state"] == "expired", "it is asked once more"
    await showing.ask(
        "POST", f"/v1/sessions/{session}/extend_gallery", json={"web_expire_date": "2999-05-06"}
    )
    page = await browser.send("/galleries/take-down")
    assert (page.status, "Somebody else has changed this meanwhile." in page.text) == (409, True)
    await showing.ask(
        "POST", f"/v1/sessions/{session}/extend_gallery", json={"web_expire_date": "2020-01-01"}
    )
    await browser.open("/galleries")
    await browser.send("/galleries/take-down", session=[session])
    page = await browser.send("/galleries/take-down")
    assert "The galleries are closed" in page.text
    assert (await read(showing, session))["gallery_state"] == "taken_down"


async def test_what_is_done_to_many_pictures_is_asked_of_all_that_are_listed_or_those_ticked(
    showing: Showing, browser: Browser
) -> None:
    session, ids = await filled(showing, "a.jpg", "b.jpg", "c.jpg")
    here = f"/galleries/{session}"
    await browser.open(here)
    page = await browser.send(f"{here}/pictures", act="show")
    assert "No picture was chosen" in page.text
    await browser.open(f"{here}/groups")
    await browser.send(f"{here}/groups", name="Ceremony")
    [group] = (await showing.ask("GET", f"/v1/sessions/{session}/picture-groups")).json()["groups"]
    page = await browser.open(here)
    page = await browser.send(f"{here}/pictures", picture=ids[:2], act=f"put.{group['id']}")
    assert "The group was changed." in page.text
    await browser.open(f"{here}?group={group['id']}")
    query = f"{here}/pictures?group={group['id']}"
    await browser.send(query, scope="listed", act="show")
    shown = await showing.pictures(session, is_online=True)
    assert [each["name"] for each in shown] == ["a.jpg", "b.jpg"]
    await browser.open(f"{here}/publish")
    await browser.send(f"{here}/publish", which="marked")
    await browser.open(here)
    page = await browser.send(f"{here}/pictures", picture=ids, act="delete")
    assert "Delete 3 pictures?" in page.text
    page = await browser.send(f"{here}/pictures/delete")
    assert "The open gallery shows some of them. Nothing was deleted" in page.text
    await browser.send(f"{here}/pictures", picture=[ids[2]], act="delete")
    page = await browser.send(f"{here}/pictures/delete")
    assert "The pictures were deleted." in page.text
    assert [each["id"] for each in await showing.pictures(session)] == ids[:2]


async def test_no_more_is_deleted_than_was_asked_about_and_what_is_gone_is_told(
    showing: Showing, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, [first, second] = await filled(showing, "a.jpg", "b.jpg")
    here = f"/galleries/{session}"
    await browser.open(here)
    page = await browser.send(f"{here}/pictures", scope="listed", act="delete")
    assert "Delete 2 pictures?" in page.text
    third = await showing.sent(session, "c.jpg", photograph())
    page = await browser.send(f"{here}/pictures/delete")
    assert (page.status, "Delete 3 pictures?" in page.text) == (409, True)
    assert len(await showing.pictures(session)) == 3
    await showing.look_after()
    await browser.open(here)
    await browser.send(f"{here}/pictures", picture=[second, third], act="show")
    await browser.open(f"{here}/publish")
    await browser.send(f"{here}/publish", which="marked")
    await browser.open(here)
    await browser.send(f"{here}/pictures", scope="listed", act="delete")
    monkeypatch.setattr(marking, "_AT_ONCE", 1)
    page = await browser.send(f"{here}/pictures/delete")
    assert "1 of 3 pictures were deleted. Of the others: The open gallery shows some" in page.text
    assert first not in {each["id"] for each in await showing.pictures(session)}


async def test_a_file_is_sent_to_the_consoles_own_address_from_its_own_page_alone(
    showing: Showing, browser: Browser, hold: Callable[[datetime], None]
) -> None:
    session, content = await showing.session(), photograph()
    page = await browser.open(f"/galleries/{session}")
    place = f"/console/galleries/{session}/uploads"
    filename = f"filename {b64encode(b'sent.jpg').decode()}"
    about = {**TUS, "Upload-Length": str(len(content)), "Upload-Metadata": filename}
    word = {"X-Form-Token": page.form("/sign-out")[TOKEN][0]}
    for headers in (
        {**OWN, **about},
        {**about, **word},
        {**OWN, "Origin": "https://x.test", **about, **word},
    ):
        assert (await browser.client.post(place, headers=headers)).status_code == 403
    begun = await browser.client.post(place, headers={**OWN, **about, **word})
    assert begun.status_code == 201, begun.text
    upload = begun.headers["location"]
    assert upload.startswith("/console/galleries/uploads/")
    piece = {**OWN, **TUS, **word, "Content-Type": OCTETS}

    async def send(offset: int, end: int) -> httpx.Response:
        headers = {**piece, "Upload-Offset": str(offset)}
        return await browser.client.patch(upload, headers=headers, content=content[offset:end])

    assert (await send(0, 100)).headers["upload-offset"] == "100"
    hold(clock.now() + timedelta(minutes=20))
    assert (await send(100, len(content))).status_code == 401, "no piece renews a sign-in"
    listed = await browser.client.get(place)
    assert (listed.status_code, listed.json()["uploads"][0]["received"]) == (200, 100)
    assert (await send(100, len(content))).status_code == 204
    read = await browser.client.get(upload)
    assert read.json()["received"] == len(content)
    browser.client.cookies.clear()
    assert (await browser.client.get(upload)).json()["code"] == "signed_out"


async def test_a_client_is_told_how_to_sign_in(showing: Showing, browser: Browser) -> None:
    online = await put_online(showing.studio, last_name="Hartley")
    here = f"/galleries/{online.session_id}/login"
    assert "no login yet" in (await browser.open(here)).text
    await browser.open(f"{here}/reset")
    page = await browser.send(f"{here}/reset")
    assert "The login was reset." in page.text
    assert "Last name, once, until" in page.text
    assert f"{HERE}{online.path}" in page.answer.text
    assert "Nobody can come in" not in (await browser.open(f"/galleries/{online.session_id}")).text
    await browser.open(here)
    page = await browser.send(here)
    assert (page.status, "Type a user name, a password, or both." in page.text) == (422, True)
    page = await browser.send(here, password="hartley hartley")
    assert (page.status, "This is made of names that are known here" in page.text) == (422, True)
    page = await browser.open("/galleries/letters")
    [letter] = [each for each in page.reader.forms if "/letters/" in each]
    page = await browser.send(letter.removeprefix("/console"))
    assert "Nobody waits to be told" in page.text


async def test_a_price_list_is_made_with_products_and_amounts_are_typed_as_people_write_them(
    showing: Showing, browser: Browser
) -> None:
    await browser.open("/galleries/price-lists/new")
    page = await browser.send("/galleries/price-lists/new", name="Weddings", shipping="nine")
    assert "such as 45.50" in page.text
    page = await browser.send("/galleries/price-lists/new", shipping="9,95")
    here = page.path.removeprefix("/console")
    await browser.open(f"{here}/products/new")
    page = await browser.send(
        f"{here}/products/new", name="Print", item="PR", price="45.50", tax_rate="8.875", images="1"
    )
    assert "45.50 USD" in page.text
    path = f"/v1/web-price-lists/{here.rpartition('/')[2]}"
    kept = (await showing.ask("GET", path)).json()
    [product] = kept["products"]
    assert (kept["shipping"], product["price"], product["tax_rate"]) == (995, 4550, 8875)
    product_page = f"{here}/products/{product['id']}"
    await browser.open(product_page)
    body = {name: kept[name] for name in ("shipping", "is_active", "products")}
    again = {"If-Match": f'"{kept["version"]}"'}
    await showing.ask("PUT", path, headers=again, json={**body, "name": "Weddings, new"})
    page = await browser.send(product_page, price="50")
    assert (page.status, "Somebody else has changed this meanwhile." in page.text) == (412, True)
    page = await browser.send(product_page, price="1,000")
    assert "such as 45.50" in page.text, "that would be a thousand to some, and one to others"
    page = await browser.send(product_page, price="50")
    assert "50.00 USD" in page.text


async def test_settings_hold_from_then_on(showing: Showing, browser: Browser) -> None:
    await browser.open("/galleries/settings")
    settings = "/galleries/settings"
    await browser.send(f"{settings}/watermark", watermark="Harbor Light")
    await browser.send(f"{settings}/logins", user_name_from="client_number")
    tasks = {"web_order": "yes", "web_order.due_days": "2", "yearbook_choice.due_days": "5"}
    page = await browser.send(f"{settings}/tasks", **tasks)
    assert page.form(f"{settings}/tasks")["web_order.due_days"] == ["2"]
    kept = [(await showing.ask("GET", f"/v1/{each}-settings")).json() for each in ("picture", "portal")]
    assert kept[0]["watermark"] == "Harbor Light"
    assert kept[1] == {"user_name_from": "client_number", "password_from": "last_name"}
    made = (await showing.ask("GET", "/v1/gallery-tasks")).json()
    assert (made["web_order"]["due_days"], made["yearbook_choice"]) == (2, None), "only what is ticked"
    await browser.send(f"{settings}/logins", user_name_from="client_email")


async def test_an_order_that_is_held_says_why_and_is_given_to_another_client(
    showing: Showing, browser: Browser
) -> None:
    shop: Shop = await opened(showing.studio, showing.desk)
    gone, living = await shop.room(), await shop.room()
    order = await shop.ordered(gone)
    await shop.forget("sessions", gone.session_id)
    await browser.open("/galleries")
    page = await browser.send("/galleries/data-sync")
    assert f"{order.number}: The session was deleted." in page.text
    assert "/galleries/orders?state=held" in (await browser.open("/")).links
    here = f"/galleries/orders/{order.id}"
    page = await browser.open(f"{here}?words=hartley")
    assert "Give it to a session of the client" in page.text
    page = await browser.send(here, client=str(living.visit.client_id), session=str(living.session_id))
    assert "The order is an invoice." in page.text
    assert (await shop.invoice(order))["session_id"] == str(living.session_id)


async def test_who_may_only_look_is_offered_nothing_and_refused_whatever_form_they_send(
    studio: Studio, administrator: Browser, photographer: Browser
) -> None:
    page = await administrator.open("/galleries")
    assert (page.status, "Online galleries are switched off." in page.text) == (403, True)
    shop = await opened(studio, await at_a_desk(studio))
    online, room = await put_online(studio), await shop.room()
    order = await shop.ordered(room)
    await assigned(online, is_reset=True)
    await secured(studio)
    await give(studio, **{each.key: Level.VIEW_ONLY for each in features()})
    page = await photographer.open(f"/galleries/{online.session_id}")
    assert "3 ready" in page.text
    assert 'alt="Picture 0401"' in page.answer.text
    for offered in ("Add pictures", "Publish", "Take down", "With the chosen pictures"):
        assert offered not in page.text
    letter = (await shop.desk.ask("GET", "portal-letters")).json()["letters"][0]["id"]
    group = await shop.desk.ask("POST", f"sessions/{online.session_id}/picture-groups", {"name": "Ceremony"})
    [price_list] = (await shop.desk.ask("GET", "web-price-lists")).json()["price_lists"]
    known = {
        "session_id": online.session_id,
        "group_id": group.json()["id"],
        "order_id": order.id,
        "letter_id": letter,
        "list_id": price_list["id"],
        "product_id": PRINT,
    }
    typed = {
        **dict.fromkeys(("id", "session", "picture"), str(online.session_id)),
        **dict.fromkeys(("version", "revision", "images"), "1"),
        **dict.fromkeys(("user_name_from", "password_from"), "last_name"),
        **dict.fromkeys(("name", "item", "watermark"), "Somewhat different"),
        "act": "show",
        "way": "down",
        "password": "three ducks on a pond",
        "price": "1",
        "web_expire_date": "2999-01-01",
    }
    filled = {name: [each] for name, each in typed.items()} | {TOKEN: page.form("/sign-out")[TOKEN]}
    taken: dict[str, tuple[int, str]] = {}
    for path in DONE:
        answer = await photographer.post(path.replace(":uuid", "").format(**known), filled)
        is_refused = answer.status_code == 403 and "You do not have the right to do this." in answer.text
        taken |= {} if is_refused else {path: (answer.status_code, answer.text)}
    assert taken == {}
