"""One gallery from upload to take-down in two browsers: Jo at the studio's console, Laura with her phone."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Locator, expect

from app.core import clock
from app.galleries.tending import Tending
from app.simulator.process import Started
from clients.python.tests.serving import Desk, House
from tests.browser.conftest import Opens
from tests.browser.selling import MERCHANT, POOR, VISA, type_card
from tests.browser.visitors import Visitor
from tests.galleries.showing import photograph
from tests.portal.galleries import OWN, switch_on
from tests.serving import BASE_URL

pytestmark = pytest.mark.slow

Json = dict[str, Any]
_FAULTS = Path(__file__).with_name("faults.js").read_text()
_PHONE = {"width": 390, "height": 844}
_PRICES = "Portraits online"
_RECOUNT = """
SELECT count(DISTINCT s.id) FILTER (WHERE s.gallery_state = 'online'),
    count(DISTINCT s.id) FILTER (WHERE s.gallery_state = 'expired'),
    count(p.id) FILTER (WHERE p.is_online AND p.state = 'ready' AND s.gallery_state IN ('online', 'expired'))
FROM sessions s LEFT JOIN pictures p ON p.account_id = $1 AND p.session_id = s.id WHERE s.account_id = $1
"""


@dataclass
class Studio:
    """Jo at the console, and what the house does beside."""

    house: House
    desk: Desk
    jo: Visitor
    headers: dict[str, str]
    session: str

    @property
    def here(self) -> str:
        return f"/galleries/{self.session}"

    def ask(self, method: str, path: str, body: Any = None, if_match: str | None = None) -> Json:
        """Ask the API as the studio's desk."""
        headers = self.headers | ({"If-Match": if_match} if if_match else {})
        with httpx.Client(transport=self.desk.door, base_url=BASE_URL) as client:
            answer = client.request(method, f"/v1/{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def look_after_pictures(self) -> None:
        """Do about pictures what is done by itself: make them smaller, remove their files."""
        tending = Tending(self.house.database, self.house.app.state.files, workers=1)
        self.desk.portal.call(tending.look_after, self.desk.studio.account.account_id)

    async def link(self, name: str) -> None:
        """Follow a link."""
        await self.jo.page.get_by_role("link", name=name, exact=True).first.click()

    async def counts(self, tile: str, figure: int) -> None:
        """See a figure of the Services panel."""
        place = self.jo.page.locator(".tile").filter(has_text=tile)
        await expect(place.locator(".tile-figure")).to_have_text(str(figure))

    async def counts_as_a_recount(self) -> None:
        """See that the figures of the Services panel are what there is."""
        await self.jo.open("/galleries")
        [[active, expired, images]] = self.desk.execute(_RECOUNT)
        await self.counts("Active sessions", active)
        await self.counts("Sessions set to expire", expired)
        await self.counts("Images hosted", images)

    async def send(self, *files: Path) -> None:
        """Send files, and see all arrive but those that are no pictures; they are made smaller beside."""
        await self.jo.open(self.here)
        await self.jo.page.get_by_label("Choose pictures").set_input_files(files)
        bad = sum(each.name.startswith("notes") for each in files)
        arrived = f"{len(files) - bad} of {len(files)} file"
        await expect(self.jo.page.get_by_role("status").filter(has_text=arrived)).to_be_visible()
        self.look_after_pictures()

    async def do_with(self, act: str, *numbers: str) -> None:
        """Do something to some of the pictures."""
        page = self.jo.page
        for number in numbers:
            await page.get_by_label(f"Choose {number}").check()
        await page.get_by_label("With the chosen pictures").select_option(label=act)
        await self.jo.press("Do it")

    async def publish(self, price_list: str | None = None, day: str = "") -> str:
        """Publish, and return where the gallery is."""
        await self.jo.open(f"{self.here}/publish")
        if price_list:
            await self.jo.page.get_by_label("Price list").select_option(price_list)
        for group in await self.jo.page.get_by_label("Ceremony").all():
            await group.check()
        await self.jo.page.get_by_label("Expires on").fill(day)
        await self.jo.press("Publish")
        await self.jo.is_told("The gallery is online.")
        address = await self.jo.page.get_by_label("Address of the gallery").input_value()
        return address.partition("/portal")[2]


@pytest.fixture
def studio(house: House, desk: Desk, administrator: Visitor) -> Studio:
    """Make a studio that charges cards, and Laura's session at her school."""
    house.portal.call(lambda: switch_on(desk.studio, card_processor="tsys"))
    laura = desk.write("clients", first_name="Laura", last_name="Hartley", email="laura@hartley.example")
    school = desk.write("session_types", description="School", is_for_organizations=True, days_online=30)
    about: Json = {"description": "Graduation", "session_type_id": school, "events": [], "status_notes": None}
    chosen: Json = dict.fromkeys(("yearbook_image", "yearbook_image_secondary", "yearbook_status"))
    session = desk.write("sessions", client_id=laura, web_price_list=None, **about, **chosen)
    headers = house.portal.call(desk.studio.administrator)
    made = Studio(house, desk, administrator, headers, session)
    made.ask("PUT", "card-merchant", MERCHANT, '"0"')
    return made


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Make five pictures, and something that is called one."""
    pictures = [tmp_path / f"{number}.jpg" for number in ("0401", "0402", "0403", "0404", "0405")]
    for nth, each in enumerate(pictures):
        each.write_bytes(photograph(600, 400, shade=nth * 60))
    notes = tmp_path / "notes.jpg"
    notes.write_text("Call Laura back")
    return [*pictures, notes]


async def test_a_gallery_from_upload_to_take_down(
    studio: Studio, opens: Opens, processor: Started, files: list[Path]
) -> None:
    await sell(studio)
    await want_a_task(studio)
    await upload_rate_and_group(studio, files)
    day = clock.today(studio.desk.studio.account.time_zone) + timedelta(days=40)
    address = await studio.publish(_PRICES, str(day))
    await studio.counts_as_a_recount()
    user_name = await reset_login(studio)

    laura = await opens("/portal", viewport=_PHONE)
    laura.processor = processor.url
    await come_in(laura, address, user_name)
    await look_and_choose(laura)
    later = await order_and_pay_later(laura)
    now = await order_and_pay_by_card(laura)
    await move_house(laura)

    await download(studio, later, now)
    await see_what_was_chosen(studio)
    await extend_and_expire(studio)
    links = await links_of(laura, address)
    assert [await status(laura, each) for each in links] == [200] * len(links)
    await take_down(studio)
    await laura.page.get_by_role("link", name="Favourites").click()
    await expect(
        laura.page.get_by_text("There is no gallery here, or it is no longer online.")
    ).to_be_visible()
    assert [await status(laura, each) for each in links] == [404] * len(links)
    studio.look_after_pictures()
    assert [each for each in kept(studio) if each.is_file()] == []
    await studio.counts_as_a_recount()

    await studio.send(files[0])
    anew = await studio.publish()
    assert anew != address
    await laura.open(address)
    await expect(laura.page.get_by_text("There is no gallery here")).to_be_visible()
    await laura.open(anew)
    await expect(laura.page.get_by_role("heading", name="Your pictures are here")).to_be_visible()
    await studio.counts_as_a_recount()


async def sell(studio: Studio) -> None:
    """Make a price list with a print and a voucher."""
    page = studio.jo.page
    await studio.jo.go("Online galleries")
    await studio.link("Price lists")
    await studio.link("New price list")
    await page.get_by_label("Name").fill(_PRICES)
    await page.get_by_label("Shipping").fill("9.95")
    await studio.jo.press("Make the price list")
    await studio.jo.is_told("The price list was made.")
    offered = (("Portrait print", "PR-0810", "45.50", "8.875", 1), ("Voucher", "GV", "50", "0", 0))
    for name, item, price, tax, images in offered:
        await studio.link("New product")
        for label, words in (("Name", name), ("Item", item), ("Price", price), ("Tax", tax)):
            await page.get_by_label(label).fill(words)
        await page.get_by_label("Images").fill(str(images))
        await page.get_by_label("It is shipped").set_checked(images > 0)
        await studio.jo.press("Put on the list")
        await studio.jo.is_told("The product was saved.")


async def want_a_task(studio: Studio) -> None:
    """Have a task begin once an image for the yearbook is chosen."""
    await studio.jo.open("/galleries/settings")
    yearbook = studio.jo.page.get_by_role(
        "group", name="Once a client has chosen all images for the yearbook"
    )
    await yearbook.get_by_label("Make a task").check()
    await yearbook.get_by_label("Due within business days").fill("2")
    await studio.jo.press("Save the tasks")
    await studio.jo.is_told("Saved.")


async def upload_rate_and_group(studio: Studio, files: list[Path]) -> None:
    """Send pictures of which one is none, put one aside, and two into a group."""
    page = studio.jo.page
    await studio.send(*files)
    bad = page.get_by_role("list", name="Files").get_by_role("listitem").filter(has_text="notes.jpg")
    await expect(bad).to_contain_text("This is no JPEG, PNG or WebP picture, whatever it is called.")
    assert all("422 for" in each for each in studio.jo.troubles)
    studio.jo.troubles.clear()
    await expect(page.get_by_role("img", name="Picture 0405")).to_have_js_property("naturalWidth", 400)
    await studio.do_with("Rate: Not selected", "0405")
    await studio.jo.is_told("The pictures were rated.")
    await studio.link("Groups")
    await page.get_by_label("Name of the new group").fill("Ceremony")
    await studio.jo.press("Make the group")
    await studio.jo.is_told("The group was made.")
    await studio.link("Pictures")
    await studio.do_with("Put into Ceremony", "0401", "0402")
    await studio.jo.is_told("The group was changed.")


async def reset_login(studio: Studio) -> str:
    """Reset Laura's login, and return her user name as Jo is told it."""
    await studio.jo.open(studio.here)
    await studio.link("Client login")
    await studio.link("Reset Login…")
    await studio.jo.page.get_by_role("dialog").get_by_role("button", name="Reset Login").click()
    await studio.jo.is_told("The login was reset.")
    return await studio.jo.page.get_by_role("definition").first.inner_text()


async def come_in(laura: Visitor, address: str, user_name: str) -> None:
    """Come by the last name, which opens no more than the choice of a password."""
    await laura.open(address)
    await laura.page.get_by_label("User name").fill(user_name)
    await laura.page.get_by_label("Password").fill("Hartley")
    await laura.press("Sign in")
    await laura.page.get_by_label("New password").fill(OWN)
    await laura.press("Keep this password")
    await laura.is_told("Your password was changed.")


async def look_and_choose(laura: Visitor) -> None:
    """Mark favourites, make a group, look at a picture and choose it for the yearbook."""
    page = laura.page
    await expect(page.get_by_text("4 pictures, online until")).to_be_visible()
    await expect(page.get_by_role("link", name="Picture 0405")).to_have_count(0)
    await page.get_by_role("link", name="Ceremony").click()
    await expect(page.get_by_role("link", name="Picture 04")).to_have_count(2)
    await page.get_by_role("link", name="All", exact=True).click()
    for number in ("0401", "0403"):
        heart = page.get_by_role("button", name=f"Favourite: picture {number}")
        await heart.click()
        await expect(heart).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("link", name="Groups").click()
    await page.get_by_label("Name", exact=True).last.fill("For grandmother")
    await laura.press("Make a group")
    await laura.is_told("The group was made.")
    await page.get_by_role("link", name="Pictures", exact=True).click()
    await page.get_by_role("link", name="Picture 0403").click()
    await expect(page.get_by_role("img", name="Picture 0403")).to_have_js_property("naturalWidth", 600)
    assert await page.evaluate(_FAULTS) == []
    await page.get_by_label("For grandmother").check()
    await laura.press("Save")
    await laura.is_told("Saved.")
    await laura.press("Choose for the yearbook")
    await laura.is_told("Your yearbook image was chosen.")


async def order_and_pay_later(laura: Visitor) -> str:
    """Order two prints and a voucher, to be paid later, and return the order's number."""
    page = laura.page
    await put_print(laura, "0402", 2)
    await page.get_by_role("link", name="Shop", exact=True).click()
    await page.get_by_role("link", name="Voucher").click()
    await laura.press("Add to cart")
    await laura.is_told("It is in your cart.")
    await to_checkout(laura)
    await laura.press("Order now, pay later")
    return await number_of(laura)


async def order_and_pay_by_card(laura: Visitor) -> str:
    """Order a print; one card is declined, another one pays; return the order's number."""
    await put_print(laura, "0404", 1)
    for number, heading in ((POOR, "Your card was declined"), (VISA, "Thank you")):
        await to_checkout(laura)
        await laura.press("Pay now by card")
        await type_card(laura, number)
        await expect(laura.page.get_by_role("heading", level=1, name=heading)).to_be_visible()
    await expect(laura.page.get_by_text("Paid by card: $59.49")).to_be_visible()
    return await number_of(laura)


async def put_print(laura: Visitor, number: str, quantity: int) -> None:
    page = laura.page
    await page.get_by_role("navigation").get_by_role("link", name="Pictures", exact=True).click()
    await page.get_by_role("link", name=f"Picture {number}").click()
    await page.get_by_label("What").select_option(label="Portrait print · $45.50")
    await page.get_by_label("How many").fill(str(quantity))
    await laura.press("Add to cart")
    await laura.is_told("It is in your cart.")


async def to_checkout(laura: Visitor) -> None:
    await laura.page.get_by_role("link", name="Cart").first.click()
    await laura.page.get_by_role("link", name="Go to the checkout").click()


async def number_of(laura: Visitor) -> str:
    """See that an order was placed, and return its number."""
    await expect(laura.page.get_by_role("heading", level=1, name="Thank you")).to_be_visible()
    return await laura.page.locator("p.number").inner_text()


async def move_house(laura: Visitor) -> None:
    """Tell the studio another address."""
    await laura.page.get_by_role("link", name="My details").click()
    await laura.page.get_by_label("Street and number").fill("8 Mill Lane")
    await laura.press("Save my details")
    await laura.is_told("Your details were saved.")
    await laura.page.get_by_role("link", name="Pictures", exact=True).click()


async def download(studio: Studio, later: str, now: str) -> None:
    """See what is ready at home, and make invoices of it: each order is one, with all it was ordered as."""
    await studio.link("Home")
    await studio.jo.page.get_by_role("link", name="2 web orders ready to download").click()
    await studio.jo.press("Data Sync")
    await studio.jo.is_told("The data sync has run.")
    await studio.link("Web orders")
    for number in (later, now):
        await expect(studio.jo.row(number).get_by_text("Downloaded")).to_be_visible()
    invoices = {each["web_order_number"]: each for each in studio.ask("GET", "invoices")["records"]}
    assert {number: _sold(each) for number, each in invoices.items()} == {
        later: ([("PR-0810", 2, 9100, ["0402"]), ("GV", 1, 5000, [])], 995, 808, 15903, 15903),
        now: ([("PR-0810", 1, 4550, ["0404"])], 995, 404, 5949, 0),
    }
    payments = studio.ask("GET", "payments")["records"]
    told = sorted((each["amount"], each["state"]) for each in payments)
    assert told == [(5949, "approved"), (5949, "declined"), (15903, "pending")]


def _sold(invoice: Json) -> tuple[Any, ...]:
    lines = [
        (each["item"], each["quantity"], each["extended_price"], each["images"]) for each in invoice["lines"]
    ]
    sums = (invoice[name] for name in ("shipping", "tax", "total", "balance_due"))
    return lines, *sums


async def see_what_was_chosen(studio: Studio) -> None:
    """See favourites and the yearbook image at the session, her task and her new address."""
    await studio.jo.open(studio.here)
    gallery = studio.jo.page.get_by_role("region", name="Gallery")
    await expect(gallery.get_by_role("definition").filter(has_text="0403")).to_be_visible()
    await studio.link("Groups")
    for name, many in (("Favourites", 2), ("For grandmother", 1)):
        card = studio.jo.page.get_by_role("listitem").filter(has_text=name)
        await expect(card).to_contain_text(f"Made by the client. {many} picture")
    await studio.link("Look at its pictures of Favourites")
    for number in ("0401", "0403"):
        await expect(studio.jo.page.get_by_role("img", name=f"Picture {number}")).to_be_visible()
    [task] = studio.ask("GET", "tasks")["records"]
    assert (task["session_id"], "0403" in task["description"]) == (studio.session, True)
    client = studio.ask("GET", f"sessions/{studio.session}")["client_id"]
    assert studio.ask("GET", f"clients/{client}")["address"]["line_1"] == "8 Mill Lane"


async def extend_and_expire(studio: Studio) -> None:
    """Give Laura more time, and think better of it."""
    await studio.jo.open(studio.here)
    await studio.jo.page.get_by_label("New expire date").fill("2999-03-04")
    await studio.jo.press("Extend")
    await studio.jo.is_told("The gallery expires on another day now.")
    await expect(studio.jo.page.get_by_text("4 March 2999")).to_be_visible()
    await studio.jo.press("Expire now")
    await studio.jo.is_told("The gallery has expired. It stays open until it is taken down")
    await studio.counts_as_a_recount()


async def take_down(studio: Studio) -> None:
    """Take the gallery down from the list of those that have expired."""
    await studio.jo.page.get_by_label("Take down Laura Hartley").check()
    await studio.jo.press("Take down the ticked ones…")
    await expect(studio.jo.page.get_by_role("heading", name="Take down 1 gallery?")).to_be_visible()
    await studio.jo.press("Take down")
    await studio.jo.is_told("The galleries are closed")


async def links_of(laura: Visitor, address: str) -> list[str]:
    """Return the links of all images Laura has before her eyes, and of a large one."""
    await laura.open(address)
    shown = laura.page.get_by_role("img", name="Picture 04")
    await expect(shown).to_have_count(4)
    links = [await source(each) for each in await shown.all()]
    await laura.page.get_by_role("link", name="Picture 0402").click()
    await expect(laura.page.get_by_role("heading", level=1, name="Picture 0402")).to_be_visible()
    links.append(await source(laura.page.get_by_role("img", name="Picture 0402")))
    await laura.page.get_by_role("link", name="All pictures").click()
    return links


async def source(image: Locator) -> str:
    return str(await image.get_attribute("src"))


async def status(laura: Visitor, link: str) -> int:
    """Return what a link is answered with that is asked for anew."""
    return (await laura.context.request.get(f"{laura.address}{link}")).status


def kept(studio: Studio) -> list[Path]:
    """Return what is kept of the studio's pictures."""
    folder = studio.house.app.state.files.folder
    return list((folder / str(studio.desk.studio.account.account_id)).rglob("*"))
