"""Pictures of the console and of a client's gallery, taken anew by `make screenshots`."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, ViewportSize, expect

from app.accounts.lifecycle import change_account
from app.accounts.store import find_account
from app.core.db import Database, WriteSession
from app.core.embedded import Embedded
from app.core.principal import Principal
from studio_sync_client import Client, Device, DeviceWiped
from tests.browser.chromium import program, started
from tests.browser.visitors import Visitor
from tests.serving import demo_studio

CLIENTS = 150
DESK = {"width": 1280, "height": 760}
_HEIGHTS = {"devices": 1_270}
"""Pages that have more to show than fits on a large screen."""
PHONE: ViewportSize = {"width": 390, "height": 780}
_PAGES = {
    "home": "/",
    "devices": "/devices",
    "health": "/health",
    "inbox": "/inbox",
    "users": "/users",
    "groups": "/groups",
    "company": "/company",
    "lists": "/lists",
    "list": "/lists/session_statuses",
    "audit": "/audit",
}
_STEPS = {"Sessions back": 4, "Appointments back": 3, "Emails back": 1, "Paid invoices back": 5}
"""How far from their left ends sliders are moved."""

_TO_THE_TOP = "(each) => each.scrollIntoView()"

Studio = dict[str, Any]
LICENCES, LICENCES_LEFT = 3, 2
"""What was bought until all places were taken, and what is left of it since."""


@contextmanager
def a_studio() -> Iterator[Studio]:
    """Serve a demo studio on which phones have been at work for months."""
    with TemporaryDirectory() as place, demo_studio(Path(place), CLIENTS):
        studio = json.loads(Path(place, "demo.json").read_text())
        studio["place"] = Path(place)
        buy(studio, LICENCES)
        _live_in(studio, Path(place))
        _change(studio, _grow_older)
        yield studio


def buy(studio: Studio, licences: int) -> None:
    """Let a studio have so many licences from now on."""

    async def bought(session: WriteSession, who: Principal) -> None:
        await change_account(session, who, licences=licences)

    _change(studio, bought)


def _change(studio: Studio, doing: Callable[[WriteSession, Principal], Awaitable[None]]) -> None:
    """Do something to a studio that only time or its operator can."""

    async def done(url: str) -> None:
        database = Database(url)
        try:
            async with database.directory() as connection:
                account_id = await find_account(connection, studio["account"])
            assert account_id is not None
            async with database.writing(account_id) as session:
                await doing(session, Principal.system(account_id))
        finally:
            await database.close()

    with Embedded.start(studio["place"]) as server:
        asyncio.run(done(server.url))


async def _grow_older(session: WriteSession, who: Principal) -> None:
    """Move what has just been done to where it belongs in the months before."""
    for statement in (_PEOPLE_OF_OLD, _PLACES_OF_OLD):
        await session.raw.execute(statement, who.account_id)
    for name, (synced, queued, since) in _LAST_SEEN.items():
        given = (who.account_id, name, synced, queued, since)
        await session.raw.execute(_SEEN, *given)
    for name, (told, obeyed) in _TOLD_TO_CLEAR.items():
        await session.raw.execute(_TOLD, who.account_id, name, told, obeyed)


_PEOPLE_OF_OLD = """
    UPDATE users
    SET created_at = created_at - interval '200 days', changed_at = changed_at - interval '33 days'
    WHERE account_id = $1"""
_PLACES_OF_OLD = """
    UPDATE devices SET authorized_at = authorized_at - CASE
        WHEN device_uid IS NULL THEN interval '1 day' ELSE interval '120 days' END
    WHERE account_id = $1"""
_SEEN = """
    UPDATE devices SET last_sync = last_sync - $3::interval, bound_at = bound_at - interval '110 days',
        queued = $4, oldest_queued_at = last_sync - $5::interval
    WHERE account_id = $1 AND name = $2"""
_TOLD = """
    UPDATE devices SET deactivated_at = deactivated_at - $3::interval,
        wipe_ordered_at = wipe_ordered_at - $3::interval, wiped_at = wiped_at - $4::interval
    WHERE account_id = $1 AND name = $2"""
_LOST, _GIVEN_BACK, _BEHIND = "Jo's old phone", "Ben's tablet", "Mia's phone"
_LAST_SEEN: dict[str, tuple[timedelta, int | None, timedelta | None]] = {
    "Jo's phone": (timedelta(minutes=4), 0, None),
    "Jo's tablet": (timedelta(days=2), 0, None),
    "Studio phone": (timedelta(minutes=21), 2, timedelta(minutes=50)),
    "Front desk phone": (timedelta(hours=5), 0, None),
    _BEHIND: (timedelta(days=12), 7, timedelta(days=13)),
    _GIVEN_BACK: (timedelta(days=6), 3, timedelta(days=6)),
    _LOST: (timedelta(days=41), None, None),
}
"""How long ago phones last synced, what they then had not sent, and since when."""
_TOLD_TO_CLEAR = {
    _GIVEN_BACK: (timedelta(days=3), timedelta()),
    _LOST: (timedelta(days=40), timedelta(days=39)),
}


def _live_in(studio: Studio, place: Path) -> None:
    """Have phones sign in, part ways with a desk, and get lost."""
    with ExitStack() as phones, _at_a_desk(studio) as ask:

        def phone(who: Studio, name: str, model: str, platform: str) -> Client:
            device = Device(name, model, platform, "1.4.0")
            made = phones.enter_context(Client(place / f"{name}.db", studio["base_url"], device))
            made.sign_in(studio["account"], who["initials"], who["password"])
            made.sync()
            return made

        jo, mira = studio["users"]
        lost = phone(jo, _LOST, "iPhone 13", "ios")
        _part_ways(
            phone(mira, "Studio phone", "Pixel 9", "android"), phone(jo, "Jo's phone", "iPhone 16", "ios")
        )
        _shut_out(ask, _LOST)
        with pytest.raises(DeviceWiped):
            lost.sync()
        group = ask("POST", "/security-groups", _SEASONAL)
        ids = {each["initials"]: each["id"] for each in ask("GET", "/users")["users"]}
        mia, ben, tara = (
            ask("POST", "/users", {**each, "security_group_id": group["id"]})["id"] for each in _HIRED
        )
        for user_id in (ids["JD"], ids["MK"], mia, ben):
            ask("POST", "/devices", {"user_id": user_id})
        phone(jo, "Jo's tablet", "iPad Air", "ipados")
        phone(mira, "Front desk phone", "Pixel 8a", "android")
        phone(_HIRED[0], _BEHIND, "Galaxy S24", "android")
        phone(_HIRED[1], _GIVEN_BACK, "iPad mini", "ipados")
        _shut_out(ask, _GIVEN_BACK)
        ask("POST", "/devices", {"user_id": tara})


@contextmanager
def _at_a_desk(studio: Studio) -> Iterator[Callable[..., Any]]:
    """Sign the administrator in, to ask the API whatever is needed."""
    who = studio["users"][0]
    words = {"account": studio["account"], "initials": who["initials"], "password": who["password"]}
    with httpx.Client(base_url=studio["base_url"]) as desk:

        def ask(method: str, path: str, body: Any = None, version: int | None = None) -> Any:
            headers = {} if version is None else {"If-Match": f'"{version}"'}
            answer = desk.request(method, f"/v1{path}", json=body, headers=headers)
            assert answer.is_success, answer.text
            return answer.json()

        desk.headers["Authorization"] = f"Bearer {ask('POST', '/auth/login', words)['access_token']}"
        yield ask


def _shut_out(ask: Callable[..., Any], name: str) -> None:
    """Deactivate a phone, and have it cleared."""
    [phone] = [each for each in ask("GET", "/devices")["devices"] if each["name"] == name]
    ask("PATCH", f"/devices/{phone['id']}", {"is_inactive": True, "wipe": True}, phone["version"])


_SEASONAL = {
    "name": "Seasonal staff",
    "levels": {"clients": "view_only", "invoices": "no_access", "payments": "no_access"},
}


def _hired(initials: str, first_name: str, last_name: str, *lists: str, **more: Any) -> Studio:
    address = f"{first_name.lower()}@harborlight.example"
    named = {"initials": initials, "first_name": first_name, "last_name": last_name, "email": address}
    return {**named, "password": "an autumn of long exposures", "must_reset": False, "lists": lists, **more}


_HIRED = (
    _hired("MR", "Mia", "Reyes", "assistant", levels={"clients": "add_modify", "sessions": "view_only"}),
    _hired("BO", "Ben", "Okafor", "retoucher"),
    _hired("TL", "Tara", "Lind", "sales_rep", "receptionist", must_reset=True),
)


def _part_ways(phone: Client, desk: Client) -> None:
    """Have a client marry in two places at once; her address says her name as it does everywhere here."""
    client = next(
        each for each in phone.where("clients", "last_name") if (each["first_name"] or "").isascii()
    )
    first = client["first_name"].lower()
    for each, name in ((phone, "Hartley-Stone"), (desk, "Stone")):
        address = f"{first}.{name.lower()}@example.com"
        each.patch("clients", client["id"], {"last_name": name, "email": address})
    desk.sync()
    phone.sync()


class Camera:
    """Takes pictures of a studio's pages, into a folder for each of its sites."""

    def __init__(self, browser: Browser, studio: Studio, folder: Path) -> None:
        self.browser = browser
        self.studio = studio
        self.folder = folder

    @asynccontextmanager
    async def visiting(self, **chosen: Any) -> AsyncIterator[Visitor]:
        """Sign the administrator in to a browser."""
        context = await self.browser.new_context(locale="en-GB", reduced_motion="reduce", **chosen)
        async with context:
            visitor = await Visitor.opening(context, self.studio["base_url"])
            who = self.studio["users"][0]
            await visitor.sign_in(self.studio["account"], who["initials"], who["password"])
            yield visitor

    async def take(self, visitor: Visitor, name: str) -> None:
        """Take a picture of what is to be seen now."""
        assert not visitor.troubles, visitor.troubles
        await visitor.page.screenshot(path=self.folder / visitor.base.strip("/") / f"{name}.png")

    async def at_a_desk(self) -> None:
        """Take the pages as they are on a large screen."""
        async with self.visiting(viewport=DESK) as visitor:
            for name, path in _PAGES.items():
                height = _HEIGHTS.get(name, DESK["height"])
                await visitor.page.set_viewport_size({"width": DESK["width"], "height": height})
                await visitor.open(path)
                await self.take(visitor, name)
            await self._galleries(visitor)
            await self._questions(visitor)
            await self._people(visitor)
            await self._sliders(visitor)
            await visitor.press("Sign out")
            await self.take(visitor, "sign-in")

    async def _galleries(self, visitor: Visitor) -> None:
        """Take how galleries stand, and the one of the client who can sign in."""
        await visitor.open("/galleries")
        await self.take(visitor, "galleries")
        await visitor.open("/galleries?state=online")
        await visitor.page.get_by_role("link", name=self.studio["client"]["name"]).first.click()
        await expect(visitor.page.get_by_role("img", name="Picture 0001")).to_be_visible()
        await visitor.page.get_by_role("region", name="Add pictures").evaluate(_TO_THE_TOP)
        await visitor.page.wait_for_load_state("networkidle")
        await self.take(visitor, "gallery")

    async def _questions(self, visitor: Visitor) -> None:
        await visitor.open("/devices")
        await visitor.row("Studio phone").get_by_role("link", name="Deactivate and clear").click()
        await expect(visitor.page.get_by_role("dialog")).to_be_visible()
        await self.take(visitor, "deactivate")
        await visitor.open("/inbox")
        await visitor.page.locator("tbody a").first.click()
        await expect(visitor.page.get_by_role("button", name="Do as chosen")).to_be_visible()
        await self.take(visitor, "inbox-entry")

    async def _people(self, visitor: Visitor) -> None:
        page = visitor.page
        await visitor.open("/users")
        await page.get_by_role("link", name="Mia Reyes").click()
        await expect(page.get_by_role("heading", level=1, name="Mia Reyes")).to_be_visible()
        await self.take(visitor, "user")
        await page.get_by_role("heading", name="Rights", exact=True).evaluate(_TO_THE_TOP)
        await self.take(visitor, "user-rights")
        await page.get_by_role("link", name="Make inactive").click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        await self.take(visitor, "user-deactivate")
        await page.get_by_role("link", name="Leave it as it is").click()
        await self._two_at_once(visitor)
        await visitor.open("/groups")
        await visitor.page.get_by_role("link", name="Seasonal staff").click()
        await expect(visitor.page.get_by_role("heading", level=1, name="Seasonal staff")).to_be_visible()
        await self.take(visitor, "group")

    async def _two_at_once(self, visitor: Visitor) -> None:
        """Have somebody else save the user that is on the page, and save it too."""
        async with self.visiting() as colleague:
            await colleague.page.goto(visitor.page.url)
            await colleague.page.get_by_label("Last name").fill("Reyes-Lund")
            await colleague.press("Save")
            await colleague.is_told("The user was saved.")
        await visitor.page.get_by_label("Last name").fill("Reyes Lund")
        await visitor.page.get_by_label("E-mail").fill("mia.lund@harborlight.example")
        await visitor.press("Save")
        await visitor.is_told("Somebody else has changed this meanwhile.")
        await self.take(visitor, "two-at-once")

    async def with_all_places_taken(self) -> None:
        """Take the page that says why nobody can have another phone."""
        async with self.visiting(viewport=DESK) as visitor:
            await visitor.open("/devices")
            await visitor.page.get_by_label("User", exact=True).select_option("Ben Okafor (BO)")
            await visitor.press("Authorize")
            await visitor.is_told("places are taken")
            await self.take(visitor, "devices-full")

    async def _sliders(self, visitor: Visitor) -> None:
        await visitor.open("/preferences")
        await self._move_sliders(visitor)
        await self.take(visitor, "preferences")

    async def _move_sliders(self, visitor: Visitor) -> None:
        page = visitor.page
        for name, steps in _STEPS.items():
            await page.get_by_role("slider", name=name, exact=True).focus()
            for key in ("Home", *["ArrowRight"] * steps):
                await page.keyboard.press(key)
        await expect(page.get_by_text("less than now")).to_be_visible()
        await page.wait_for_load_state("networkidle")
        await page.evaluate("document.activeElement.blur()")
        await page.get_by_role("region", name="Schedule").evaluate(_TO_THE_TOP)

    async def on_a_phone(self) -> None:
        """Take some of them as they are on a phone."""
        async with self.visiting(viewport=PHONE, device_scale_factor=2) as visitor:
            for name in ("home", "devices"):
                await visitor.open(_PAGES[name])
                await self.take(visitor, f"{name}-phone")
            await visitor.open("/preferences")
            await self._move_sliders(visitor)
            await self.take(visitor, "preferences-phone")

    async def in_a_gallery(self) -> None:
        """Take what a client sees on a phone: the pictures, one of them, and the cart."""
        client = self.studio["client"]
        context = await self.browser.new_context(locale="en-GB", viewport=PHONE, reduced_motion="reduce")
        async with context:
            visitor = await Visitor.opening(context, self.studio["base_url"], "/portal")
            page, here = visitor.page, client["path"].removeprefix("/portal")
            await visitor.open(here)
            await page.get_by_label("User name").fill(client["user_name"])
            await page.get_by_label("Password").fill(client["password"])
            await visitor.press("Sign in")
            for number in ("0001", "0003"):
                heart = page.get_by_role("button", name=f"Favourite: picture {number}")
                await heart.click()
                await expect(heart).to_have_attribute("aria-pressed", "true")
            await page.evaluate("scrollTo(0, 0)")
            await page.wait_for_load_state("networkidle")
            await self.take(visitor, "pictures-phone")
            await page.get_by_role("link", name="Picture 0003").click()
            await page.wait_for_load_state("networkidle")
            await self.take(visitor, "picture-phone")
            await page.get_by_label("How many").fill("2")
            await visitor.press("Add to cart")
            await visitor.is_told("It is in your cart.")
            await page.get_by_role("link", name="Cart").first.click()
            await page.get_by_role("link", name="Go to the checkout").wait_for()
            await page.wait_for_load_state("networkidle")
            await self.take(visitor, "cart-phone")

    async def at_night(self) -> None:
        """Take one as it is where people have chosen dark colours."""
        async with self.visiting(viewport=DESK, color_scheme="dark") as visitor:
            await visitor.open("/preferences")
            await self._move_sliders(visitor)
            await self.take(visitor, "preferences-dark")


async def take_all(studio: Studio, folder: Path) -> None:
    """Take every picture; between the first and the others licences are given back."""
    executable = program()
    assert executable is not None, "There is no Chromium: install the package `chromium`."
    async with started(executable) as browser:
        camera = Camera(browser, studio, folder)
        await camera.with_all_places_taken()
        await asyncio.to_thread(buy, studio, LICENCES_LEFT)
        await camera.at_a_desk()
        await camera.on_a_phone()
        await camera.in_a_gallery()
        await camera.at_night()


def main(folder: Path) -> None:
    """Make a studio, and take the pictures of it."""
    for site in ("console", "portal"):
        (folder / site).mkdir(parents=True, exist_ok=True)
    with a_studio() as studio:
        asyncio.run(take_all(studio, folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
