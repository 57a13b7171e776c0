"""A client orders in a real browser, and types a card in where the processor's own script has it typed in."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import expect

from app.galleries.files import Files, Place, Size
from app.simulator.process import Started
from app.sync.store import Write
from clients.python.tests.serving import Desk, House
from tests.browser.conftest import Opens
from tests.browser.selling import MERCHANT, POOR, VISA, type_card
from tests.browser.visitors import Visitor
from tests.galleries.orders.shops import ALBUM, PRINT, product, products
from tests.galleries.showing import photograph
from tests.portal.galleries import OWN, Online, assigned, put_online, switch_on, written

_FAULTS = Path(__file__).with_name("faults.js").read_text()
_REACHES = (
    "() => { try { return parent.document.title + document.cookie } catch { return 'nothing of ours' } }"
)
_PHONE = {"width": 390, "height": 844}
_DESK = {"width": 1280, "height": 800}
LONG = "Featherstonehaugh-Cholmondeley Donaudampfschifffahrtsgesellschaftskapitaensportrait"


@pytest.fixture
def gallery(house: House, desk: Desk) -> Online:
    """Put a session online that sells, and have the studio charge cards."""
    files: Files = house.app.state.files
    account_id = desk.studio.account.account_id

    async def made() -> Online:
        await switch_on(desk.studio)
        await written(desk.studio, Write("companies", account_id, {"card_processor": "tsys"}))
        headers, client = await desk.studio.administrator(), desk.studio.client
        offered = [*products(), product(uuid4(), "PR-LONG", 2500, name=LONG)]
        body: dict[str, Any] = {"name": "Portraits online", "shipping": 995, "products": offered}
        for path, sent in ((f"web-price-lists/{uuid4()}", body), ("card-merchant", MERCHANT)):
            answer = await client.put(f"/v1/{path}", json=sent, headers={**headers, "If-Match": '"0"'})
            assert answer.is_success, answer.text
        online = await put_online(desk.studio, pictures=4)
        await assigned(online, user_name="ann", password=OWN)
        for shade, picture in enumerate(online.pictures):
            place = Place(account_id, online.session_id, picture)
            for size in (Size.WEB, Size.THUMBNAIL):
                await files.keep(place, size, photograph(600, 400, shade=shade * 80))
        return online

    return house.portal.call(made)


async def at_home(opens: Opens, gallery: Online, processor: Started, **chosen: Any) -> Visitor:
    """Open the gallery's address and sign in as a person does."""
    visitor = await opens("/portal", **chosen)
    visitor.processor = processor.url
    await visitor.open(f"/{gallery.address}")
    await visitor.page.get_by_label("User name").fill("ann")
    await visitor.page.get_by_label("Password").fill(OWN)
    await visitor.press("Sign in")
    await expect(visitor.page.get_by_role("link", name="Shop")).to_be_visible()
    return visitor


async def test_a_card_is_declined_on_a_phone_and_another_one_pays(
    gallery: Online, opens: Opens, processor: Started
) -> None:
    visitor = await at_home(opens, gallery, processor, viewport=_PHONE)
    page = visitor.page
    await page.get_by_role("link", name="Picture 0402").click()
    await page.get_by_label("How many").fill("2")
    await visitor.press("Add to cart")
    await visitor.is_told("It is in your cart.")
    for number, heading in ((POOR, "Your card was declined"), (VISA, "Thank you")):
        await page.get_by_role("link", name="Cart").first.click()
        await page.get_by_role("link", name="Go to the checkout").click()
        await visitor.press("Pay now by card")
        await expect(page.get_by_role("heading", level=1, name="Pay $109.03 by card")).to_be_visible()
        assert await page.evaluate(_FAULTS) == []
        assert [await each.evaluate(_REACHES) for each in page.frames[1:]] == ["nothing of ours"]
        known = await page.frames[1].evaluate("location.href + document.referrer")
        assert ("/portal/card/" in known, gallery.address in known) == (True, False)
        await type_card(visitor, number)
        await expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
        assert await page.evaluate(_FAULTS) == []
    await expect(page.get_by_text("Paid by card: $109.03")).to_be_visible()
    await visitor.open(f"/{gallery.address}/pictures/{gallery.pictures[0]}")
    await page.get_by_label("What").select_option(label=f"{LONG} · $25.00")
    await visitor.press("Add to cart")
    await visitor.is_told("It is in your cart.")
    for path in ("shop", f"shop/{PRINT}", f"shop/{ALBUM}", "cart", "checkout", "orders"):
        await visitor.open(f"/{gallery.address}/{path}")
        assert await page.evaluate(_FAULTS) == [], path


async def test_an_album_takes_no_more_pictures_than_it_has(
    gallery: Online, opens: Opens, processor: Started
) -> None:
    visitor = await at_home(opens, gallery, processor, viewport=_DESK)
    page = visitor.page
    await page.get_by_role("link", name="Shop").click()
    await page.get_by_role("link", name="A AL-2").click()
    for number in ("0401", "0403"):
        await page.get_by_label(number).check()
    await expect(page.get_by_text("2 of 2 chosen")).to_be_visible()
    await expect(page.get_by_label("0402")).to_be_disabled()
    await visitor.press("Go on")
    await visitor.press("Add to cart")
    await page.get_by_role("link", name="Cart").click()
    await expect(page.get_by_text("Pictures 0401, 0403")).to_be_visible()
    await page.get_by_role("link", name="Go to the checkout").click()
    assert await page.evaluate(_FAULTS) == []
    await visitor.press("Order now, pay later")
    await expect(page.get_by_role("heading", level=1, name="Thank you")).to_be_visible()
