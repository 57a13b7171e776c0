"""Pictures of the console, taken anew by `make screenshots`."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, expect

from studio_sync_client import Client, Device, DeviceWiped
from tests.browser.chromium import program, started
from tests.browser.visitors import Visitor
from tests.serving import demo_studio

CLIENTS = 150
DESK = {"width": 1280, "height": 760}
PHONE = {"width": 390, "height": 780}
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

Studio = dict[str, Any]


@contextmanager
def a_studio() -> Iterator[Studio]:
    """Serve a demo studio on which phones have been at work."""
    with TemporaryDirectory() as place, demo_studio(Path(place), CLIENTS):
        studio = json.loads(Path(place, "demo.json").read_text())
        _live_in(studio, Path(place))
        yield studio


def _live_in(studio: Studio, place: Path) -> None:
    """Have phones sign in, part ways with a desk, and get lost."""
    with ExitStack() as phones:

        def phone(user: int, name: str, model: str, platform: str) -> Client:
            device = Device(name, model, platform, "1.4.0")
            made = phones.enter_context(Client(place / f"{name}.db", studio["base_url"], device))
            who = studio["users"][user]
            made.sign_in(studio["account"], who["initials"], who["password"])
            made.sync()
            return made

        lost = phone(0, _LOST, "iPhone 13", "ios")
        jo = phone(0, "Jo's phone", "iPhone 16", "ios")
        second = phone(1, "Studio phone", "Pixel 9", "android")
        _part_ways(second, jo)
        _look_after(studio)
        with pytest.raises(DeviceWiped):
            lost.sync()


def _look_after(studio: Studio) -> None:
    """Hire somebody, let a phone of theirs in, and have a lost one cleared."""
    who = studio["users"][0]
    words = {"account": studio["account"], "initials": who["initials"], "password": who["password"]}
    with httpx.Client(base_url=studio["base_url"]) as desk:

        def ask(method: str, path: str, body: Any = None, headers: Any = None) -> Any:
            answer = desk.request(method, f"/v1{path}", json=body, headers=headers)
            assert answer.is_success, answer.text
            return answer.json()

        desk.headers["Authorization"] = f"Bearer {ask('POST', '/auth/login', words)['access_token']}"
        ask("POST", "/security-groups", _SEASONAL)
        ask("POST", "/devices", {"user_id": ask("POST", "/users", _ASSISTANT)["id"]})
        [lost] = [each for each in ask("GET", "/devices")["devices"] if each["name"] == _LOST]
        if_match = {"If-Match": f'"{lost["version"]}"'}
        ask("PATCH", f"/devices/{lost['id']}", {"is_inactive": True, "wipe": True}, if_match)


_LOST = "Jo's old phone"
_SEASONAL = {
    "name": "Seasonal staff",
    "levels": {"clients": "view_only", "invoices": "no_access", "payments": "no_access"},
}
_ASSISTANT = {
    "initials": "MR",
    "first_name": "Mia",
    "last_name": "Reyes",
    "email": "mia@harborlight.example",
    "password": "an autumn of long exposures",
    "must_reset": True,
}


def _part_ways(phone: Client, desk: Client) -> None:
    client = phone.where("clients", "last_name")[0]
    phone.patch("clients", client["id"], {"last_name": "Hartley-Stone", "email": "laura@hartley.example"})
    desk.patch("clients", client["id"], {"last_name": "Stone", "email": "hello@stone.example"})
    desk.sync()
    phone.sync()


class Camera:
    """Takes pictures of a studio's console."""

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
        await visitor.page.screenshot(path=self.folder / f"{name}.png")

    async def at_a_desk(self) -> None:
        """Take the pages as they are on a large screen."""
        async with self.visiting(viewport=DESK) as visitor:
            for name, path in _PAGES.items():
                await visitor.open(path)
                await self.take(visitor, name)
            await self._questions(visitor)
            await self._sliders(visitor)
            await visitor.press("Sign out")
            await self.take(visitor, "sign-in")

    async def _questions(self, visitor: Visitor) -> None:
        await visitor.open("/devices")
        await visitor.row("Studio phone").get_by_role("link", name="Deactivate and clear").click()
        await expect(visitor.page.get_by_role("dialog")).to_be_visible()
        await self.take(visitor, "deactivate")
        await visitor.open("/inbox")
        await visitor.page.locator("tbody a").first.click()
        await expect(visitor.page.get_by_role("button", name="Do as chosen")).to_be_visible()
        await self.take(visitor, "inbox-entry")
        await visitor.open("/users")
        await visitor.page.get_by_role("link", name="Mia Reyes").click()
        await expect(visitor.page.get_by_role("heading", level=1, name="Mia Reyes")).to_be_visible()
        await self.take(visitor, "user")
        await visitor.open("/groups")
        await visitor.page.get_by_role("link", name="Seasonal staff").click()
        await expect(visitor.page.get_by_role("heading", level=1, name="Seasonal staff")).to_be_visible()
        await self.take(visitor, "group")

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
        await page.get_by_role("region", name="Schedule").evaluate("(each) => each.scrollIntoView()")

    async def on_a_phone(self) -> None:
        """Take some of them as they are on a phone."""
        async with self.visiting(viewport=PHONE, device_scale_factor=2) as visitor:
            for name in ("home", "devices"):
                await visitor.open(_PAGES[name])
                await self.take(visitor, f"{name}-phone")
            await visitor.open("/preferences")
            await self._move_sliders(visitor)
            await self.take(visitor, "preferences-phone")

    async def at_night(self) -> None:
        """Take one as it is where people have chosen dark colours."""
        async with self.visiting(viewport=DESK, color_scheme="dark") as visitor:
            await visitor.open("/preferences")
            await self._move_sliders(visitor)
            await self.take(visitor, "preferences-dark")


async def take_all(studio: Studio, folder: Path) -> None:
    """Take every picture."""
    executable = program()
    assert executable is not None, "There is no Chromium: install the package `chromium`."
    async with started(executable) as browser:
        camera = Camera(browser, studio, folder)
        await camera.at_a_desk()
        await camera.on_a_phone()
        await camera.at_night()


def main(folder: Path) -> None:
    """Make a studio, and take the pictures of it."""
    folder.mkdir(parents=True, exist_ok=True)
    with a_studio() as studio:
        asyncio.run(take_all(studio, folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
