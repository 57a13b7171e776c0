"""The client's pages in a real browser: on a phone and at a desk, by keyboard, and without a complaint."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from app.core import clock
from app.galleries.files import Files, Place, Size
from app.outbox.unsubscribing import Links, key_from
from app.portal.links import new_link
from app.portal.models import PortalLink
from app.sync.store import Write
from clients.python.tests.serving import Desk, House
from tests.browser.conftest import Opens
from tests.browser.visitors import Visitor
from tests.galleries.showing import photograph
from tests.portal.galleries import OWN, Online, assigned, put_online, switch_on, written
from tests.samples import sample

_FAULTS = Path(__file__).with_name("faults.js").read_text()
_FOCUSED = "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"
_PHONE = {"width": 390, "height": 844}
_DESK = {"width": 1280, "height": 800}
_SIZES = pytest.mark.parametrize("size", [_PHONE, _DESK], ids=["phone", "desk"])
_INVOICE, _LINE = uuid4(), uuid4()
LONG = "Featherstonehaugh-Cholmondeley Donaudampfschifffahrtsgesellschaft"


@pytest.fixture
def gallery(house: House, desk: Desk) -> Online:
    """Put a school's session online, with a client who has a password."""
    kind = uuid4()
    files: Files = house.app.state.files

    async def made() -> Online:
        await switch_on(desk.studio)
        school = Write("session_types", kind, sample("session_types", is_for_organizations=True))
        await written(desk.studio, school)
        online = await put_online(desk.studio, session_type_id=str(kind), first_name=LONG)
        await assigned(online, user_name="ann", password=OWN)
        await written(desk.studio, Write("invoices", _INVOICE, sample("invoices", **_prepaid(online))))
        for picture in online.pictures:
            place = Place(desk.studio.account.account_id, online.session_id, picture)
            for size in (Size.WEB, Size.THUMBNAIL):
                await files.keep(place, size, photograph())
        return online

    return house.portal.call(made)


def _prepaid(online: Online) -> dict[str, Any]:
    of = {"client_id": str(online.client_id), "bill_to_client_id": None, "session_id": str(online.session_id)}
    sold = {"id": str(_LINE), "item": "PR-0810", "description": LONG, "quantity": 2, "unit_price": 4500}
    state = {"is_prepaid_online": True, "prepaid_upload_state": "uploaded", "web_order_number": None}
    return {**of, **state, "lines": [{**sold, "images": ["0401"]}], "invoice_type": "initial_order"}


async def at_home(opens: Opens, gallery: Online, **chosen: Any) -> Visitor:
    """Open the gallery's address and sign in as a person does."""
    visitor = await opens("/portal", **chosen)
    page = visitor.page
    await visitor.open(f"/{gallery.address}")
    await page.get_by_label("User name").fill("Ann")
    await page.get_by_label("Password").fill(OWN)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1, name="Midsummer portraits")).to_be_visible()
    return visitor


@_SIZES
async def test_a_client_signs_in_marks_a_favourite_and_finds_it_again(
    gallery: Online, opens: Opens, size: dict[str, int]
) -> None:
    visitor = await at_home(opens, gallery, viewport=size)
    page = visitor.page
    await expect(page.get_by_role("img", name="Picture 0402")).to_have_js_property("naturalWidth", 60)
    heart = page.get_by_role("button", name="Favourite: picture 0402")
    await heart.click()
    await expect(heart).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("link", name="Favourites").click()
    await expect(page.get_by_role("link", name="Picture 0402")).to_be_visible()
    await expect(page.get_by_role("link", name="Picture 0401")).to_have_count(0)
    await visitor.open(f"/{gallery.address}/groups")
    await page.get_by_label("Name", exact=True).fill("W" * 100)
    await visitor.press("Make a group")
    await visitor.is_told("The group was made.")
    pictures = f"/pictures/{gallery.pictures[1]}", f"/prepaid/{_INVOICE}/{_LINE}"
    for path in ("", *pictures, "/prepaid", "/groups", "/yearbook", "/details", "/password"):
        await visitor.open(f"/{gallery.address}{path}")
        assert await page.evaluate(_FAULTS) == [], path


@_SIZES
async def test_a_yearbook_image_is_chosen_from_its_page(
    gallery: Online, opens: Opens, size: dict[str, int]
) -> None:
    visitor = await at_home(opens, gallery, viewport=size)
    page = visitor.page
    await page.get_by_role("link", name="Picture 0401").click()
    await expect(page.get_by_role("heading", level=1, name="Picture 0401")).to_be_visible()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("heading", level=1, name="Picture 0402")).to_be_visible()
    await visitor.press("Choose for the yearbook")
    await visitor.is_told("Your yearbook image was chosen.")
    await expect(page.get_by_role("definition").first).to_have_text("0402")


async def test_who_came_by_a_last_name_chooses_a_password_with_the_keyboard_alone(
    house: House, gallery: Online, opens: Opens
) -> None:
    told = house.portal.call(partial(assigned, gallery, is_reset=True))
    visitor = await opens("/portal", viewport=_PHONE)
    page, keyboard = visitor.page, visitor.page.keyboard
    await visitor.open(f"/{gallery.address}")
    assert await page.evaluate(_FAULTS) == []
    await expect(page.get_by_label("User name")).to_be_focused()
    for words, key in ((told["user_name"], "Tab"), ("featherstone", "Enter")):
        await keyboard.type(words)
        await keyboard.press(key)
    await expect(page.get_by_label("New password")).to_be_focused()
    await keyboard.type("featherstone1")
    await keyboard.press("Enter")
    await visitor.is_told("please look at the marked fields")
    await expect(page.get_by_label("New password")).to_be_focused()
    assert await page.evaluate(_FAULTS) == []
    await keyboard.type("seven swans a-swimming")
    await keyboard.press("Enter")
    await visitor.is_told("Your password was changed.")
    await _tab_to(page, "Favourite: picture 0401")
    await keyboard.press("Enter")
    heart = page.get_by_role("button", name="Favourite: picture 0401")
    await expect(heart).to_have_attribute("aria-pressed", "true")


async def test_who_came_by_a_link_chooses_a_password_on_a_phone_and_goes_no_more_by_it(
    house: House, desk: Desk, gallery: Online, opens: Opens
) -> None:
    secret, token_hash = new_link()
    link = PortalLink(
        account_id=desk.studio.account.account_id,
        token_hash=token_hash,
        client_id=gallery.client_id,
        gallery_id=gallery.gallery_id,
        letter_id=uuid4(),
        ends_at=clock.now() + timedelta(hours=1),
    )

    async def linked() -> None:
        async with desk.studio.database.writing(link.account_id) as session:
            session.add(link)

    house.portal.call(linked)
    visitor = await opens("/portal", viewport=_PHONE)
    page, path = visitor.page, f"/{gallery.address}/link/{secret}"
    await visitor.open(path)
    assert await page.evaluate(_FAULTS) == []
    await visitor.press("Choose a new password")
    await page.get_by_label("New password").fill("seven swans a-swimming")
    await visitor.press("Keep this password")
    await visitor.is_told("Your password was changed.")
    await visitor.open(path)
    await expect(page.get_by_role("heading", level=1)).to_have_text("This link opens nothing any more")
    assert await page.evaluate(_FAULTS) == []


async def test_who_wants_no_more_letters_says_so_on_a_phone(house: House, desk: Desk, opens: Opens) -> None:
    account_id = desk.studio.account.account_id
    link = Links(key_from(house.app.state.keys), "").link(
        account_id, f"{LONG}@there.example".replace(" ", "-")
    )
    visitor = await opens("", viewport=_PHONE)
    await visitor.open(link)
    assert await visitor.page.evaluate(_FAULTS) == []
    await visitor.press("Unsubscribe")
    await expect(visitor.page.get_by_role("heading", level=1)).to_have_text("You are unsubscribed")
    assert await visitor.page.evaluate(_FAULTS) == []


async def _tab_to(page: Page, words: str) -> None:
    for _ in range(40):
        if await page.evaluate(_FOCUSED) == words:
            return
        await page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to “{words}”")
