"""Orders paid by card at once: charged once or not at all, whatever is repeated, lost or closed meanwhile."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.cards import charging
from app.core import clock
from app.portal.web.shop.counter import CHARGES
from app.sync.store import Write
from tests.accounts.studios import Studio
from tests.cards.conftest import house, http, shop, simulator
from tests.cards.paying import POOR, VISA, Shop, amount
from tests.console.browser import Page
from tests.galleries.orders.shops import VOUCHER, product
from tests.portal.conftest import Asks
from tests.portal.galleries import Guest, Online, switch_on
from tests.samples import sample

__all__ = ["house", "http", "shop", "simulator"]
_FRAME = re.compile(r'<iframe [^>]*src="(/portal/card/[^"]+)" referrerpolicy="no-referrer"')
_SCRIPT = re.compile(r'src="(http://[^"]+/jsView/[^"?]+)\?([0-9a-f]+)"')


@pytest.fixture(scope="module")
async def studio(shop: Shop) -> Studio:
    """Have a studio that charges cards show galleries."""
    await switch_on(shop.studio)
    return shop.studio


_LIST = str(uuid4())


@pytest.fixture
async def _passing(shop: Shop) -> AsyncIterator[None]:
    """Have the clock run on behind a test that lets time pass; who signed in meanwhile does so anew."""
    yield
    clock.hold(None)
    await shop.sign_in()


@pytest.fixture
async def total(ask: Asks) -> int:
    """Sell a voucher at a price nothing else has: the processor takes what is alike for one."""
    price = amount()
    version = (await ask("GET", f"/v1/web-price-lists/{_LIST}")).json().get("version", 0)
    offered = [product(VOUCHER, "GV", price, images=0, is_shipped=False)]
    body = {"name": "Portraits online", "products": offered}
    answer = await ask("PUT", f"/v1/web-price-lists/{_LIST}", body, {"If-Match": f'"{version}"'})
    assert answer.status_code == 200, answer.text
    return price


async def at_checkout(client: Guest) -> dict[str, Any]:
    """Put a voucher into the cart, go on to the checkout, and return the form there that pays by card."""
    await client.open(f"/shop/{VOUCHER}")
    await client.send("/cart", quantity="1")
    page = await client.open("/checkout")
    return {**page.reader.forms[f"{client.online.path}/checkout"], "pay": "now"}


async def begun(client: Guest) -> Page:
    """Go on to where a card is typed in."""
    await at_checkout(client)
    return await client.send("/checkout", pay="now")


async def reserved(online: Online) -> int:
    """Return how many card payments of the client there are, in whatever state."""
    sql = "SELECT count(*) FROM card_intents WHERE account_id = $1 AND client_id = $2"
    [row] = await online.studio.execute(sql, online.client_id)
    return int(row["count"])


async def typed_in(shop: Shop, client: Guest, number: str = VISA) -> str:
    """Type a card in where the page in the frame has the processor's script do it, and return the token."""
    [path] = _FRAME.findall(client.page.answer.text)
    assert client.online.address not in path
    field = await client.client.get(path, headers={"Cookie": ""})
    [(script, manifest)] = _SCRIPT.findall(field.text)
    processor = script.partition("/transit-tsep-web")[0]
    assert processor in field.headers["content-security-policy"]
    assert "sandbox allow-scripts" in field.headers["content-security-policy"]
    return await shop.token({"manifest": manifest}, number)


def pays(client: Guest, token: str) -> tuple[str, dict[str, Any]]:
    """Return the form that charges a card on the open page."""
    path = client.page.path.removeprefix(client.online.path)
    filled = dict(client.page.reader.forms[client.page.path])
    return path, {**filled, "token": token, "expiry": "08/2031"}


async def orders(online: Online) -> list[Any]:
    """Return the orders there are, as the server keeps them."""
    sql = "SELECT * FROM web_orders WHERE account_id = $1 AND gallery_id = $2 ORDER BY placed_at"
    return list(await online.studio.execute(sql, online.gallery_id))


async def taken_down(online: Online) -> None:
    """Close a gallery."""
    down = "UPDATE galleries SET taken_down_at = now() WHERE account_id = $1 AND id = $2 RETURNING id"
    await online.studio.execute(down, online.gallery_id)


async def test_a_card_is_charged_once_whatever_is_sent_again(
    shop: Shop, online: Online, client: Guest, total: int
) -> None:
    place = uuid4()
    await online.write(
        Write("studios", place, sample("studios")),
        Write("sessions", online.session_id, {"studio_id": str(place)}),
    )
    ordered = await at_checkout(client)
    assert len({(await client.post("/checkout", ordered)).headers["location"] for _ in range(2)}) == 1
    [order] = await orders(online)
    pay = await client.open(f"/orders/{order['id']}/pay")
    assert (pay.path.endswith("/pay"), f"${total / 100:.2f}" in pay.text) == (True, True)
    tokens = [await typed_in(shop, client) for _ in range(2)]
    path, filled = pays(client, tokens[0])
    sent = [client.post(path, {**filled, "token": each}, follow=True) for each in (*tokens, tokens[0])]
    answers = await asyncio.gather(*sent)
    [order] = await orders(online)
    assert (order["state"], order["total"]) == ("ready", total)
    assert await shop.booked(str(order["payment_id"])) == total
    assert len(await shop.sales(str(order["payment_id"]))) == 1
    assert all(order["number"] in each.text for each in answers)
    done = await client.open(f"/orders/{order['id']}")
    assert f"Paid by card: ${total / 100:.2f}" in done.text
    # Who goes back to the page of the card is told the same, and nothing is charged.
    assert (await client.open(f"/orders/{order['id']}/pay")).path == done.path
    payment = await shop.record("payments", order["payment_id"])
    wanted = {"client_id": str(online.client_id), "state": "approved", "studio_id": str(place)}
    assert {name: payment[name] for name in wanted} == wanted
    assert await reserved(online) == 1
    await shop.told("POST", "web-orders/data-sync")
    invoice = await shop.record("invoices", order["id"])
    assert (invoice["web_order_number"], invoice["balance_due"]) == (order["number"], 0)
    shown = await shop.record("clients", online.client_id)
    assert [each for each in shown["saved_cards"] if each["last_four"] == "1111"] == []


async def test_a_declined_card_fills_the_cart_again_to_be_paid_later(
    shop: Shop, online: Online, client: Guest, total: int
) -> None:
    await begun(client)
    path, filled = pays(client, await typed_in(shop, client, POOR))
    told = await client.post(path, filled, follow=True)
    assert "Your card was declined" in told.text
    [declined] = await orders(online)
    assert (declined["state"], await shop.booked(str(declined["payment_id"]))) == ("cancelled", 0)
    await client.open("/checkout")
    done = await client.send("/checkout", pay="later")
    [placed] = [each for each in await orders(online) if each["state"] == "ready"]
    assert (placed["number"] in done.text, placed["total"], placed["payment_id"]) == (True, total, None)
    # The form of before is of the order of before.
    again = await client.post(path, filled, follow=True)
    assert ("Your card was declined" in again.text, len(await orders(online))) == (True, 2)


@pytest.mark.usefixtures("total")
async def test_an_order_whose_payment_the_studio_takes_back_says_so(
    shop: Shop, online: Online, client: Guest
) -> None:
    await begun(client)
    path, filled = pays(client, await typed_in(shop, client))
    assert "Paid by card" in (await client.post(path, filled, follow=True)).text
    [order] = await orders(online)
    await shop.told("POST", f"card-payments/{order['payment_id']}/void")
    assert "payment of this order was taken back" in (await client.open(f"/orders/{order['id']}")).text
    assert (await orders(online))[0]["state"] == "ready"


@pytest.mark.usefixtures("total", "_passing")
async def test_an_answer_that_is_lost_is_found_out_and_never_charged_again(
    shop: Shop, online: Online, client: Guest
) -> None:
    await begun(client)
    path, filled = pays(client, await typed_in(shop, client))
    await shop.behave("book_then_hang", "Sale")
    told = await client.post(path, filled, follow=True)
    assert "still being found out" in told.text
    again = await client.post(path, filled, follow=True)
    assert "do not pay again" in again.text
    [order] = await orders(online)
    assert len(await shop.sales(str(order["payment_id"]))) == 1
    await client.open("/cart")
    assert "An order waits" in client.page.text
    await shop.controlled("release")
    await shop.later(minutes=2)
    assert (await orders(online))[0]["state"] == "ready"


@pytest.mark.usefixtures("total")
async def test_what_never_reached_the_processor_may_be_tried_again_or_put_back(
    shop: Shop, online: Online, client: Guest
) -> None:
    await begun(client)
    waiting = client.page.path.removeprefix(online.path).removesuffix("/pay")
    assert (await client.send(f"{waiting}/pay")).status == 422, "no card was typed in"
    assert "waits for its payment" in (await client.open(waiting)).text
    back = await client.send(f"{waiting}/cart")
    assert ("Nothing was charged" in back.text, "A GV" in back.text) == (True, True)
    [order] = await orders(online)
    assert (order["state"], (await shop.state(str(order["payment_id"])))["state"]) == (
        "cancelled",
        "cancelled",
    )


@pytest.mark.usefixtures("total")
async def test_what_is_put_back_is_in_the_cart_of_whoever_the_client_was_merged_into(
    shop: Shop, online: Online, client: Guest
) -> None:
    await begun(client)
    stays = uuid4()
    await shop.put("clients", stays, last_name="Featherstone", client_type="consumer")
    await shop.done(f"clients/{online.client_id}", "merge", into=str(stays))
    waiting = client.page.path.removeprefix(online.path).removesuffix("/pay")
    assert "waits for its payment" in (await client.open(waiting)).text
    back = await client.send(f"{waiting}/cart")
    assert ("Nothing was charged" in back.text, "A GV" in back.text) == (True, True)
    [order] = await orders(online)
    assert (order["state"], order["ordered_by_id"]) == ("cancelled", stays)


@pytest.mark.usefixtures("total")
async def test_no_card_is_charged_in_a_gallery_taken_down_meanwhile(
    shop: Shop, online: Online, client: Guest
) -> None:
    await begun(client)
    path, filled = pays(client, await typed_in(shop, client))
    await taken_down(online)
    assert (await client.post(path, filled)).status_code == 404
    [order] = await orders(online)
    assert (order["state"], await shop.sales(str(order["payment_id"]))) == ("unpaid", [])


@pytest.mark.usefixtures("total")
@pytest.mark.parametrize("how", ["closed", "signed_out"])
async def test_no_card_is_charged_for_whom_may_not_come_in_just_as_it_would_be(
    shop: Shop, online: Online, client: Guest, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    await begun(client)
    path, filled = pays(client, await typed_in(shop, client))
    charge = charging.charge

    async def charge_too_late(*asked: Any) -> None:
        if how == "closed":
            await taken_down(online)
        else:
            ended = "DELETE FROM portal_sessions WHERE account_id = $1 AND client_id = $2 RETURNING client_id"
            await online.studio.execute(ended, online.client_id)
        await charge(*asked)

    monkeypatch.setattr(charging, "charge", charge_too_late)
    refused = await client.post(path, filled, follow=True)
    told = {"closed": (404, path), "signed_out": (200, "/sign-in")}[how]
    assert (refused.status_code, refused.url.path) == (told[0], f"{online.path}{told[1]}")
    [order] = await orders(online)
    assert (order["state"], await shop.sales(str(order["payment_id"]))) == ("unpaid", [])


@pytest.mark.usefixtures("total")
async def test_what_is_not_ordered_reserves_nothing(online: Online, client: Guest) -> None:
    filled = await at_checkout(client)
    assert (await client.post("/checkout", {**filled, "tag": "another"})).status_code == 409
    await online.write(Write("sessions", online.session_id, {"web_price_list": "None"}))
    assert (await client.post("/checkout", filled)).status_code == 409
    assert (await orders(online), await reserved(online)) == ([], 0)


@pytest.mark.usefixtures("total")
async def test_who_pays_while_the_gallery_is_closed_is_told_what_became_of_it(
    shop: Shop, online: Online, client: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begun(client)
    path, filled = pays(client, await typed_in(shop, client))
    charge = charging.charge

    async def charge_as_it_closes(*asked: Any) -> None:
        await charge(*asked)
        await taken_down(online)

    monkeypatch.setattr(charging, "charge", charge_as_it_closes)
    told = await client.post(path, filled)
    [order] = await orders(online)
    assert (told.status_code, f"Order {order['number']} was placed and is paid" in told.text) == (200, True)


@pytest.mark.usefixtures("total")
async def test_a_card_is_not_offered_where_none_is_charged_and_not_taken_from_a_forged_form(
    shop: Shop, online: Online, client: Guest
) -> None:
    await client.open(f"/shop/{VOUCHER}")
    await client.send("/cart", quantity="1")
    await shop.put("companies", shop.account_id, card_processor=None)
    try:
        assert "Pay now" not in (await client.open("/checkout")).text
        told = await client.send("/checkout", pay="now")
        assert (told.status, "cannot be paid by card" in told.text) == (409, True)
        assert await orders(online) == []
        assert "A GV" in (await client.open("/cart")).text
    finally:
        await shop.put("companies", shop.account_id, card_processor="tsys")


@pytest.mark.usefixtures("total")
async def test_who_tries_many_cards_is_held_up(
    house: FastAPI, shop: Shop, online: Online, client: Guest
) -> None:
    await begun(client)
    path, filled = pays(client, await typed_in(shop, client))
    limits, (own, _) = house.state.limits, CHARGES
    for _ in range(own.most):
        limits.count(own, f"{online.gallery_id} {online.client_id}")
    held = await client.post(path, filled)
    [order] = await orders(online)
    assert (held.status_code, await shop.sales(str(order["payment_id"]))) == (429, [])


@pytest.mark.usefixtures("total", "_passing")
async def test_the_frame_of_a_card_ends_and_cannot_be_made_up(client: Guest) -> None:
    pay = await begun(client)
    [path] = _FRAME.findall(pay.answer.text)
    other = f"{path[:-1]}{'A' if path[-1] != 'A' else 'Q'}"
    signed = f"/portal/card/{'A' * 22}{path.removeprefix('/portal/card/')[22:]}"
    answers = [(await client.client.get(each)).status_code for each in (path, other[:-4], signed)]
    assert answers == [200, 404, 404]
    clock.hold(clock.now() + timedelta(minutes=31))
    assert (await client.client.get(path)).status_code == 404


async def test_the_processor_is_let_in_to_the_page_of_the_card_alone(client: Guest, total: int) -> None:
    del total
    pay = await begun(client)
    policy = pay.answer.headers["content-security-policy"]
    assert ("frame-src 'self'" in policy, "http" in policy) == (True, False)
    shop = await client.open("/shop")
    assert "frame-src" not in shop.answer.headers["content-security-policy"]
    assert shop.answer.headers["x-frame-options"] == "DENY"
