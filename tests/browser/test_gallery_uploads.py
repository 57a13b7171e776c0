"""Pictures are sent from a session's page: a bad file says why, one that was cut goes on."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.async_api import Route, expect

from app.galleries.tending import Tending
from clients.python.tests.serving import Desk, House
from tests.browser.visitors import Visitor
from tests.galleries.showing import photograph
from tests.portal.galleries import switch_on

PIECE = 1024 * 1024
UPLOADS = "**/galleries/uploads/*"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Make a picture of several pieces, a small one, and something that is called one."""
    found = {name: tmp_path / name for name in ("large.png", "small.jpg", "script.jpg")}
    Image.effect_noise((1_700, 1_100), 100).save(found["large.png"])
    assert found["large.png"].stat().st_size > PIECE
    found["small.jpg"].write_bytes(photograph())
    found["script.jpg"].write_text("#!/bin/sh\necho no picture\n")
    return found


@pytest.fixture
def session(house: House, desk: Desk) -> str:
    """Make a session of a studio that has galleries."""
    house.portal.call(switch_on, desk.studio)
    return desk.write("sessions", client_id=desk.write("clients", first_name="Laura", last_name="Hartley"))


def told(house: House, desk: Desk, path: str) -> dict[str, Any]:
    """Ask the API as the studio's desk."""

    async def asked() -> httpx.Response:
        return await desk.studio.client.get(f"/v1/{path}", headers=await desk.studio.administrator())

    answer = house.portal.call(asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_of_three_files_one_is_refused_one_is_cut_and_two_are_published(
    house: House, desk: Desk, administrator: Visitor, session: str, files: dict[str, Path]
) -> None:
    page = administrator.page
    cut: list[str] = []

    async def cut_once(route: Route) -> None:
        is_second = route.request.method == "PATCH" and route.request.headers["upload-offset"] != "0"
        if is_second and not cut:
            cut.append(route.request.headers["upload-offset"])
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await page.route(UPLOADS, cut_once)
    await administrator.open(f"/galleries/{session}")
    await page.get_by_label("Choose pictures").set_input_files(list(files.values()))
    await expect(page.get_by_text("2 of 3 files have arrived, 1 was refused.")).to_be_visible()
    assert cut == [str(PIECE)]
    bad = page.get_by_role("list", name="Files").get_by_role("listitem").filter(has_text="script.jpg")
    await expect(bad).to_contain_text("This is no JPEG, PNG or WebP picture, whatever it is called.")
    pictures = told(house, desk, f"sessions/{session}/pictures")["pictures"]
    sums = {each["name"]: each["sha256"] for each in pictures}
    wanted = {name: sha256(files[name].read_bytes()).hexdigest() for name in ("large.png", "small.jpg")}
    assert sums == wanted
    tending = Tending(house.database, house.app.state.files, workers=1)
    house.portal.call(tending.look_after, desk.studio.account.account_id)
    await expect(page.get_by_role("img", name="Picture small")).to_have_js_property("naturalWidth", 60)
    await page.get_by_role("link", name="Publish", exact=True).click()
    await administrator.press("Publish")
    await administrator.is_told("The gallery is online.")
    address = told(house, desk, f"galleries/{session}")["address"]
    shown = page.get_by_label("Address of the gallery")
    await expect(shown).to_have_value(f"{administrator.address}/portal/{address}")
    await page.get_by_role("link", name="Take down…").click()
    await page.get_by_role("dialog").get_by_role("button", name="Take down").click()
    await administrator.is_told("The gallery is closed")
    await expect(page.get_by_text("No pictures yet")).to_be_visible()
    # What is refused has its status, and what was cut has none.
    assert all("422 for" in each or "ERR_CONNECTION_RESET" in each for each in administrator.troubles)
    administrator.troubles.clear()


async def test_what_was_stopped_goes_on_when_the_file_is_chosen_again(
    house: House, desk: Desk, administrator: Visitor, session: str, files: dict[str, Path]
) -> None:
    page = administrator.page
    offsets: list[str | None] = []

    async def hold_back(route: Route) -> None:
        is_second = route.request.method == "PATCH" and route.request.headers["upload-offset"] != "0"
        await (route.abort("internetdisconnected") if is_second else route.continue_())

    async def note(route: Route) -> None:
        offsets.append(route.request.headers.get("upload-offset"))
        await route.continue_()

    await page.route(UPLOADS, hold_back)
    await administrator.open(f"/galleries/{session}")
    await page.get_by_label("Choose pictures").set_input_files(files["large.png"])
    await expect(page.get_by_text("Interrupted. It goes on by itself…")).to_be_visible()
    await administrator.press("Stop")
    await expect(page.get_by_text("Stopped: choose the same files again to go on.")).to_be_visible()
    await page.unroute(UPLOADS)
    await page.route(UPLOADS, note)
    await page.get_by_label("Choose pictures").set_input_files(files["large.png"])
    await expect(page.get_by_text("1 of 1 file has arrived.")).to_be_visible()
    assert next(each for each in offsets if each) == str(PIECE)
    [picture] = told(house, desk, f"sessions/{session}/pictures")["pictures"]
    assert picture["sha256"] == sha256(files["large.png"].read_bytes()).hexdigest()
    assert all("ERR_INTERNET_DISCONNECTED" in each for each in administrator.troubles)
    administrator.troubles.clear()
