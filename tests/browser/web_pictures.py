"""Pictures of the web client on a phone, taken anew by `make screenshots`."""

import asyncio
import json
import re
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from playwright.async_api import Page, Route, ViewportSize, expect

from tests.browser.chromium import program, started
from tests.serving import demo_studio

CLIENTS = 150
PHONE: ViewportSize = {"width": 360, "height": 720}
_PAGES_BEFORE_THE_PICTURE, _ROWS = 1, 150


class Line:
    """What the browser pulls comes in small pages, held back behind some until it is let through."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self.pages = 0
        self.is_free = asyncio.Event()

    async def pass_on(self, route: Route) -> None:
        """Let one question through."""
        self.pages += 1
        if self.pages > _PAGES_BEFORE_THE_PICTURE:
            await self.is_free.wait()
        asked = json.loads(route.request.post_data or "{}")
        await route.continue_(post_data=json.dumps({**asked, "max_rows": _ROWS}))


class Desk:
    """Somebody at a desk of the studio."""

    def __init__(self, studio: dict[str, Any]) -> None:
        """Sign in."""
        who = studio["users"][0]
        self.words = {
            "account": studio["account"],
            "initials": who["initials"],
            "password": who["password"],
        }
        self.client = httpx.Client(base_url=studio["base_url"])
        token = self.ask("POST", "/auth/login", self.words)["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Ask the API."""
        answer = self.client.request(method, f"/v1{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    def edit(self, client: dict[str, Any], **fields: Any) -> None:
        """Change a client."""
        self.ask("PATCH", f"/clients/{client['id']}", fields, **{"If-Match": f'"{client["revision"]}"'})


async def take_all(studio: dict[str, Any], folder: Path) -> None:
    """Take a first sync, a day, a client edited without a connection, and what came of that."""
    executable = program()
    assert executable is not None, "There is no Chromium: install the package `chromium`."
    async with started(executable) as browser:
        context = await browser.new_context(
            locale="en-GB", viewport=PHONE, device_scale_factor=2, reduced_motion="reduce"
        )
        async with context:
            page, line = await context.new_page(), Line()
            await page.route("**/v1/sync/pull", line.pass_on)
            desk = Desk(studio)
            await page.goto(f"{studio['base_url']}/app")
            for label, name in (
                ("Account name", "account"),
                ("User initials", "initials"),
                ("Password", "password"),
            ):
                await page.get_by_label(label).fill(desk.words[name])
            await page.get_by_role("button", name="Sign in").click()
            await expect(page.get_by_role("heading", name="Fetching your studio")).to_be_visible()
            await expect(page.get_by_text(re.compile(r"\d of \d"))).to_be_visible()
            await page.screenshot(path=folder / "sync.png")
            line.is_free.set()
            await expect(page.get_by_role("heading", level=1, name="Today")).to_be_visible()
            await expect(page.locator(".state")).to_contain_text("Synced")
            sessions = desk.ask("GET", "/sessions")["records"]
            [(day, _)] = Counter(each["date"] for each in sessions if each["date"]).most_common(1)
            await page.goto(f"{studio['base_url']}/app/#/today/{day}")
            await expect(page.locator(".is-session").first).to_be_visible()
            await page.screenshot(path=folder / "today.png")
            booked = {each["client_id"] for each in sessions}
            await _edit_in_an_aeroplane(page, desk, folder, booked)


async def _edit_in_an_aeroplane(page: Page, desk: Desk, folder: Path, booked: set[str]) -> None:
    client = next(
        each
        for each in desk.ask("GET", "/clients")["records"]
        if each["email"] and each["first_name"] and each["id"] in booked
    )
    at_home = f"{client['first_name'].lower()}@home.example"
    await page.context.set_offline(offline=True)
    await page.goto(page.url.split("#")[0] + f"#/clients/{client['id']}/edit")
    await page.get_by_label("E-mail").fill(at_home)
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".state")).to_contain_text("Offline")
    await page.screenshot(path=folder / "client.png")
    desk.edit(client, email=f"{client['first_name'].lower()}@office.example")
    await page.context.set_offline(offline=False)
    await page.get_by_role("navigation").get_by_role("link", name="Conflicts").click()
    await page.locator(".rows").get_by_role("link").first.click()
    await expect(page.get_by_role("button", name="Do as chosen")).to_be_visible()
    await expect(page.get_by_role("status")).to_be_empty()
    await page.screenshot(path=folder / "conflict.png")


def main(folder: Path) -> None:
    """Make a studio, and take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as place, demo_studio(Path(place), CLIENTS):
        asyncio.run(take_all(json.loads(Path(place, "demo.json").read_text()), folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
