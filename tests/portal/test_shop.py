"""Clients put together and order what their gallery sells: once, as it was shown, and nothing half done."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.http.limits import Limit
from app.portal.web import visits as portal_visits
from app.portal.web.gallery import PAGE
from app.portal.web.shop.counter import ORDERS
from app.sync.store import Write
from tests.accounts.studios import Studio
from tests.console.browser import Page
from tests.galleries.orders.shops import ALBUM, PRINT, VOUCHER, product, products
from tests.portal.conftest import Asks, Visits
from tests.portal.galleries import OWN, Guest, Online, put_online

_NUMBER = re.compile(r"W-[2-9A-Z]{4}-[2-9A-Z]{4}")


@dataclass
class Prices:
    """The studio's price list."""

    ask: Asks
    list_id: str

    async def sell(self, offered: list[dict[str, Any]], **more: Any) -> None:
        """Set it."""
        answer = await self.ask("GET", f"/v1/web-price-lists/{self.list_id}")
        version = answer.json()["version"] if answer.status_code == 200 else 0
        body = {"name": "Portraits online", "shipping": 995, "products": offered, **more}
        answer = await self.ask(
            "PUT", f"/v1/web-price-lists/{self.list_id}", body, {"If-Match": f'"{version}"'}
        )
        assert answer.status_code == 200, answer.text


_LIST = str(uuid4())


@pytest.fixture(autouse=True)
async def prices(ask: Asks) -> Prices:
    """Sell a print of one image, an album of two, and a voucher of none."""
    found = Prices(ask, _LIST)
    await found.sell(products())
    return found


def forms(page: Page, online: Online, below: str) -> list[str]:
    """Return where the forms of a page lead, below an address."""
    return [
        each.removeprefix(online.path) for each in page.reader.forms if each.startswith(online.path + below)
    ]


async def order_print(guest: Guest, place: int = 0, quantity: str = "1") -> Page:
    """Order a print from a picture's page."""
    await guest.open(f"/pictures/{guest.online.pictures[place]}")
    return await guest.send("/cart", product=str(PRINT), quantity=quantity)


async def orders(online: Online) -> list[Any]:
    """Return the orders there are, as the server keeps them."""
    sql = "SELECT * FROM web_orders WHERE account_id = $1 AND gallery_id = $2 ORDER BY placed_at"
    return list(await online.studio.execute(sql, online.gallery_id))


async def test_who_has_no_address_is_told_so_and_orders_all_the_same(online: Online, client: Guest) -> None:
    await online.write(Write("clients", online.client_id, {"address": None}))
    await order_print(client)
    page = await client.open("/checkout")
    assert (page.status, "The studio has no address of yours yet." in page.text) == (200, True)
    page = await client.send("/checkout", pay="later")
    assert "Thank you" in page.text
    assert len(await orders(online)) == 1


async def test_a_picture_and_a_voucher_are_ordered_and_the_order_is_told_by_its_number(
    online: Online, client: Guest
) -> None:
    page = await order_print(client, quantity="2")
    assert (page.path, "in your cart" in page.text) == (f"{online.path}/pictures/{online.pictures[0]}", True)
    shop = await client.open("/shop")
    assert "A GV $50.00" in shop.text
    await client.open(f"/shop/{VOUCHER}")
    await client.send("/cart", quantity="1")
    cart = await client.open("/cart")
    for told in ("Picture 0401", "$45.50 each", "$141.00", "Shipping $9.95", "Tax $8.08", "Total $159.03"):
        assert told in cart.text
    checkout = await client.open("/checkout")
    assert "pay later" in checkout.text
    assert "Pay now" not in checkout.text, "the studio takes no cards"
    filled = dict(checkout.reader.forms[f"{online.path}/checkout"])
    done = await client.send("/checkout", pay="later")
    [order] = await orders(online)
    assert (order["number"] in done.text, order["total"], order["state"]) == (True, 15903, "ready")
    assert "Nothing in the cart" in (await client.open("/cart")).text
    # Once more, as after going back, or by an answer that was lost.
    again = await client.post("/checkout", {**filled, "pay": "later"}, follow=True)
    assert order["number"] in again.text
    # Or in another way, from the same page.
    other = await client.post("/checkout", {**filled, "pay": "now"}, follow=True)
    assert ("ordered before" in other.text, order["number"] in other.text) == (True, True)
    assert len(await orders(online)) == 1
    listed = await client.open("/orders")
    assert _NUMBER.findall(listed.text) == [order["number"]]
    assert "$159.03" in listed.text


async def test_two_tabs_order_once(online: Online, client: Guest) -> None:
    await order_print(client)
    tabs = [dict((await client.open("/checkout")).reader.forms[f"{online.path}/checkout"]) for _ in range(2)]
    answers = [await client.post("/checkout", {**each, "pay": "later"}, follow=True) for each in tabs]
    assert [each.status_code for each in answers] == [200, 409]
    assert "just ordered" in answers[1].text
    assert len(await orders(online)) == 1


async def test_an_album_is_made_from_pictures_of_several_pages(
    studio: Studio, visits: Visits, ask: Asks
) -> None:
    online = await put_online(studio, pictures=PAGE + 2)
    guest = await visits(online)
    name = f"client of {online.gallery_id}"
    assert (await ask("PUT", online.login, {"user_name": name, "password": OWN})).status_code == 200
    await guest.sign_in(name, OWN)
    first = await guest.open(f"/shop/{ALBUM}?image=0401")
    assert first.reader.forms[f"{online.path}/shop/{ALBUM}"]["image"] == ["0401"]
    second = await guest.open(f"/shop/{ALBUM}?image=0401&after={online.pictures[PAGE - 1]}")
    assert second.reader.forms[f"{online.path}/shop/{ALBUM}"]["image"] == ["0401"]
    too_few = await guest.open(f"/shop/{ALBUM}?image=0401&review=yes")
    assert "Please choose 2 pictures" in too_few.text
    await guest.open(f"/shop/{ALBUM}?image=0401&image=0461&review=yes")
    await guest.send("/cart", quantity="1")
    assert "Pictures 0401, 0461" in (await guest.open("/cart")).text


async def test_a_line_is_changed_and_taken_out(online: Online, client: Guest) -> None:
    await order_print(client)
    [line] = [
        each for each in forms(await client.open("/cart"), online, "/cart/") if not each.endswith("/take")
    ]
    for typed in ("0", "100000", "-1", "2.5", "", "4111 1111"):
        refused = await client.send(line, quantity=typed)
        assert (refused.status, "from 1 to 999" in refused.text) == (409, True), typed
    assert "4,550.00" not in (await client.send(line, quantity="999")).text
    assert "Subtotal $45,454.50" in client.page.text
    await client.send(f"{line}/take")
    assert "Nothing in the cart" in client.page.text


async def test_what_is_sent_twice_from_one_page_is_one_line_and_something_else_is_another(
    online: Online, client: Guest, prices: Prices
) -> None:
    small = uuid4()
    await prices.sell([*products(), product(small, "PR-0507", 2500)])
    page = await client.open(f"/pictures/{online.pictures[0]}")
    filled = dict(page.reader.forms[f"{online.path}/cart"])
    for wanted in (PRINT, PRINT, small):
        await client.post("/cart", {**filled, "product": str(wanted), "quantity": "1"})
    assert len([each for each in forms(await client.open("/cart"), online, "/cart/") if "take" in each]) == 2


async def test_a_price_that_has_changed_is_shown_before_anything_is_ordered(
    online: Online, client: Guest, prices: Prices
) -> None:
    await order_print(client)
    await client.open("/checkout")
    await prices.sell([product(PRINT, "PR-0810", 9900)])
    told = await client.send("/checkout", pay="later")
    assert (told.status, "has changed" in told.text, "$99.00" in told.text) == (409, True, True)
    assert await orders(online) == []
    await client.send("/checkout", pay="later")
    [order] = await orders(online)
    assert order["total"] == 9900 + 995


async def test_what_is_no_longer_there_is_told_and_taken_out(
    online: Online, client: Guest, prices: Prices
) -> None:
    await order_print(client, 0)
    await order_print(client, 1)
    await client.open("/checkout")
    hide = "UPDATE pictures SET is_online = false WHERE account_id = $1 AND id = $2 RETURNING id"
    await online.studio.execute(hide, online.pictures[0])
    told = await client.send("/checkout", pay="later")
    assert (told.status, "Picture 0401 is no longer shown" in told.text) == (409, True)
    [gone, *_] = [each for each in forms(told, online, "/cart/") if each.endswith("/take")]
    assert "Picture 0401" not in (await client.send(gone)).text
    await client.open(f"/pictures/{online.pictures[1]}")
    await prices.sell([])
    told = await client.send("/cart", product=str(PRINT), quantity="1")
    assert (told.status, "This is no longer offered. Look at the shop" in told.text) == (409, True)
    assert "no longer offered. Take it out" in (await client.open("/checkout")).text
    assert await orders(online) == []
    picture = await client.open(f"/pictures/{online.pictures[1]}")
    assert "Order this picture" not in picture.text
    assert (await client.open(f"/shop/{PRINT}")).status == 404


async def test_a_gallery_taken_down_meanwhile_takes_no_order(online: Online, client: Guest) -> None:
    await order_print(client)
    await client.open("/checkout")
    down = "UPDATE galleries SET taken_down_at = now() WHERE account_id = $1 AND id = $2 RETURNING id"
    await online.studio.execute(down, online.gallery_id)
    assert (await client.send("/checkout", pay="later")).status == 404
    assert await orders(online) == []


async def test_nobody_sees_or_touches_what_another_client_orders(
    studio: Studio, online: Online, client: Guest, visits: Visits, ask: Asks
) -> None:
    await order_print(client)
    await client.open("/checkout")
    await client.send("/checkout", pay="later")
    [order] = await orders(online)
    theirs = await put_online(studio)
    other = await visits(theirs)
    assert (await ask("PUT", theirs.login, {"user_name": "other", "password": OWN})).status_code == 200
    await other.sign_in("other", OWN)
    assert (await other.open(f"/orders/{order['id']}")).status == 404
    token = (await other.open("/details")).reader.forms[f"{theirs.path}/details"]["form_token"]
    for path in ("/pay", "/cart"):
        sent = {"form_token": token, "token": "T4x1cQ0mAa8rZ2pW"}
        assert (await other.post(f"/orders/{order['id']}{path}", sent)).status_code == 404
    stranger = await visits(online)
    for path in ("/shop", "/cart", "/checkout", "/orders", f"/orders/{order['id']}/pay"):
        assert (await stranger.open(path)).path == f"{online.path}/sign-in"


async def test_the_number_of_a_card_is_refused_wherever_it_is_typed(online: Online, client: Guest) -> None:
    page = await client.open(f"/pictures/{online.pictures[0]}")
    filled = dict(page.reader.forms[f"{online.path}/cart"])
    sent = {**filled, "product": str(PRINT), "quantity": "4111111111111111"}
    answer = await client.post("/cart", sent)
    assert (answer.status_code, "number of a card" in answer.text) == (422, True)
    assert "Nothing in the cart" in (await client.open("/cart")).text
    # A picture may be called what would be the number of a card.
    named = await client.post("/cart", {**filled, "product": str(PRINT), "image": "4111111111111111"})
    assert (named.status_code, "is no longer shown" in named.text) == (409, True)


async def test_odd_input_changes_nothing_and_is_no_defect(online: Online, client: Guest) -> None:
    page = await client.open(f"/pictures/{online.pictures[0]}")
    line = {**page.reader.forms[f"{online.path}/cart"], "product": str(PRINT), "quantity": "1"}
    for name, typed in (
        ("image", "a\nb"),
        ("image", "9" * 101),
        ("image", ["0401"] * 101),
        ("image", "\x00"),
        ("line", "none"),
        ("product", "none"),
        ("picture", "none"),
        ("quantity", "\u0661"),
    ):
        refused = await client.post("/cart", {**line, name: typed})
        assert 400 <= refused.status_code < 500, (name, typed)
    for query in ("image=%00", "image=%ED%A0%80", f"image={'9' * 3_000}", "image=0401&image=0401"):
        assert (await client.open(f"/shop/{ALBUM}?{query}&review=yes")).status == 422
    assert (await client.open(f"/shop/{ALBUM}?group=none")).status == 404
    assert (await client.open("/cart")).text.count("Nothing in the cart") == 1
    await order_print(client)
    filled = {**(await client.open("/checkout")).reader.forms[f"{online.path}/checkout"], "pay": "later"}
    for name, typed in (("key", ""), ("key", "k" * 101), ("tag", "t" * 101), ("tag", "")):
        assert 400 <= (await client.post("/checkout", {**filled, name: typed})).status_code < 500
    assert await orders(online) == []


async def test_orders_of_one_client_are_held_up_after_so_many(online: Online, client: Guest) -> None:
    await order_print(client)
    filled = dict((await client.open("/checkout")).reader.forms[f"{online.path}/checkout"])
    stale = {**filled, "pay": "later", "tag": "another"}
    for _ in range(ORDERS[0].most):
        assert (await client.post("/checkout", stale)).status_code == 409
    held = await client.post("/checkout", {**filled, "pay": "later"})
    assert (held.status_code, "too many" in held.text) == (429, True)
    assert await orders(online) == []


async def test_forms_of_one_client_are_held_up_after_so_many_and_pages_are_not(
    online: Online, client: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portal_visits, "WRITES", Limit("few portal writes", 2, 3_600))
    page = await client.open()
    path = f"/pictures/{online.pictures[0]}/favourite"
    filled = dict(page.reader.forms[online.path + path])
    answers = [await client.post(path, filled) for _ in range(3)]
    assert [each.status_code for each in answers] == [303, 303, 429]
    assert "retry-after" in answers[-1].headers
    assert (await client.open()).status == 200


async def test_orders_from_one_network_are_held_up_after_so_many_whoever_sends_them(
    house: FastAPI, studio: Studio, visits: Visits, ask: Asks
) -> None:
    online = await put_online(studio)
    guest = await visits(online, "203.0.113.7")
    name = f"client of {online.gallery_id}"
    assert (await ask("PUT", online.login, {"user_name": name, "password": OWN})).status_code == 200
    await guest.sign_in(name, OWN)
    await order_print(guest)
    filled = {**(await guest.open("/checkout")).reader.forms[f"{online.path}/checkout"], "pay": "later"}
    for _ in range(ORDERS[1].most):
        house.state.limits.count(ORDERS[1], "203.0.113.7")
    assert (await guest.post("/checkout", filled)).status_code == 429
    assert await orders(online) == []


async def test_a_gallery_without_a_price_list_has_no_shop(online: Online, client: Guest) -> None:
    await online.write(Write("sessions", online.session_id, {"web_price_list": None}))
    page = await client.open()
    assert not [each for each in page.reader.links if each.endswith(("/shop", "/cart"))]
    assert "Nothing is sold here" in (await client.open("/shop")).text


async def merge(ask: Asks, gone: Online, stays: Any) -> None:
    """Merge the client of a gallery into another."""
    done = await ask("POST", f"/v1/clients/{gone.client_id}/merge", {"into": str(stays)}, {"If-Match": "*"})
    assert done.status_code in {200, 204}, done.text


async def test_who_is_merged_finds_orders_cart_and_login_as_before(
    studio: Studio, online: Online, client: Guest, ask: Asks
) -> None:
    await order_print(client)
    await client.open("/checkout")
    await client.send("/checkout", pay="later")
    [order] = await orders(online)
    await order_print(client, place=1)
    stays = (await put_online(studio)).client_id
    await merge(ask, online, stays)
    assert order["number"] in (await client.open("/orders")).text, "still signed in"
    assert "Picture 0402" in (await client.open("/cart")).text
    assert (await client.sign_in(f"ann {online.client_id}", OWN)).path == online.path
    told = (await ask("GET", f"/v1/portal-logins/{stays}")).json()
    assert (told["user_name"], told["state"]) == (f"ann {online.client_id}", "own")
    await client.open("/checkout")
    await client.send("/checkout", pay="later")
    assert [each["ordered_by_id"] for each in await orders(online)] == [stays, stays]


async def test_whoever_stays_keeps_their_login_and_has_what_was_in_both_carts(
    studio: Studio, online: Online, client: Guest, ask: Asks, visits: Visits
) -> None:
    await order_print(client)
    stays = await put_online(studio)
    await online.write(Write("sessions", online.session_id, {"client_id": str(stays.client_id)}))
    own = f"bee {stays.client_id}"
    assert (await ask("PUT", stays.login, {"user_name": own, "password": OWN})).status_code == 200
    other = await visits(online)
    assert (await other.sign_in(own, OWN)).path == online.path
    await order_print(other, place=1)
    await merge(ask, online, stays.client_id)
    cart = (await other.open("/cart")).text
    assert ("Picture 0401" in cart, "Picture 0402" in cart) == (True, True)
    assert (await client.sign_in(f"ann {online.client_id}", OWN)).status == 401
